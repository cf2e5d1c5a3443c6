//! What was set up at a host of the cluster admin: its clock, sticks, people and peers.

use crate::online::enrol;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::tui::hands::setup::Page;
use crate::tui::language::{Both, fill as filled};

/// Fills the page of this host.
pub(in crate::tui::hands) fn fill(page: &mut Page, room: &Room) -> Result<(), Refused> {
    page.head("Clock (two people compare it where the log once stood ahead)", "时钟（日志时间曾超前时由两人核对）");
    page.clock(room.desk());
    page.commands(&["airlock clock attest --person ID --key FILE --second ID --second-key FILE"]);
    page.sticks(room.desk());
    page.head("People", "人员");
    page.people(room.people());
    page.commands(&["airlock init --people FILE"]);
    page.head("Enrolments", "登记");
    let peers = enrol::peers(room)?;
    if peers.is_empty() {
        page.none();
    }
    for peer in &peers {
        let (party, epoch) = (peer.record.party(), peer.record.epoch());
        page.line(&Both::new(
            filled("{}, epoch {}, since {}, log entry {}", [&party, &epoch, &peer.time, &peer.entry]),
            filled("{}，版本 {}，自 {}，日志记录 {}", [&party, &epoch, &peer.time, &peer.entry]),
        ));
    }
    page.commands(&[
        "airlock enrol export --to PARTY --media DEV|DIR",
        "airlock enrol import --media DEV|DIR",
        "airlock enrol confirm | accept TRACE --person ID --key FILE",
    ]);
    page.head("Rotation, on the command line of each node", "轮换（在各节点命令行执行）");
    page.commands(&[
        "airlock online preflight",
        "airlock online rotate | agree | rollback | reclaim | status TRACE",
        "airlock online split TRACE --to DIR",
        "airlock online node init; airlock online node accept FILE",
        "airlock online metrics --out FILE",
        "airlock online report TRACE",
    ]);
    Ok(())
}
