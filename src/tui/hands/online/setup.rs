//! What was set up at a host of the cluster admin or at a node: its clock, sticks, people, peers and nodes.

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::online::enrol;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::tui::hands::setup::Page;
use crate::tui::language::{Both, fill as filled};
use crate::wire::text;

/// The longest recipient that is shown, in columns.
const MOST: usize = 120;

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
        "airlock enrol export --to PARTY --media DEV|DIR --sheet FILE",
        "airlock enrol import --media DEV|DIR",
        "airlock enrol confirm | accept TRACE --person ID --key FILE",
    ]);
    nodes(page, room);
    page.head("Rotation, on the command line of each node", "轮换（在各节点命令行执行）");
    page.commands(&[
        "airlock online preflight",
        "airlock online status",
        "airlock online rotate | agree | reclaim TRACE",
        "airlock online rollback TRACE --to STATE",
        "airlock online metrics --out FILE",
        "airlock online report TRACE",
    ]);
    Ok(())
}

/// Whom packages of nodes are encrypted to, and what was cut for them last; at a node, what it is and what it took.
fn nodes(page: &mut Page, room: &Room) {
    page.head("Nodes that stage for themselves", "自行暂存的节点");
    let entries = room.desk().entries();
    let recipients = room.config().recipients();
    for (node, recipient) in recipients {
        page.line(&Both::same(&filled("{}: {}", [node, recipient])));
        page.below(&cut_for(entries, node));
    }
    match (room.config().node(), recipients.is_empty()) {
        (Some(node), _) => own(page, entries, &node.party().to_string()),
        (None, true) => page.none(),
        (None, false) => {}
    }
    page.commands(&[
        "airlock online node init; airlock online node accept FILE",
        "airlock online split TRACE --to DIR",
    ]);
}

fn cut_for(entries: &[Entry], node: &str) -> Both {
    let cut = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Split(split) => split.files.iter().find(|file| file.node == node).map(|file| (entry, file)),
        _ => None,
    });
    let Some((entry, file)) = cut else { return Both::new("nothing was cut for it yet", "尚未为其拆分") };
    let (certificates, keys) = (file.certificates, file.keys);
    Both::new(
        filled(
            "cut {}: {} certificate{s}, {} private key{s}, log entry {}",
            [&entry.time, &certificates, &keys, &entry.seq],
        ),
        filled("{} 拆分：{} 张证书，{} 个私钥，日志记录 {}", [&entry.time, &certificates, &keys, &entry.seq]),
    )
}

fn own(page: &mut Page, entries: &[Entry], party: &str) {
    let made = entries.iter().find_map(|entry| match &entry.event {
        Event::NodeMade(made) => Some((entry, text::clip(&made.recipient, MOST))),
        _ => None,
    });
    if let Some((entry, recipient)) = made {
        page.line(&Both::new(
            filled("this host is {}, made {}: {}", [&party, &entry.time, &recipient]),
            filled("本机为 {}，创建于 {}：{}", [&party, &entry.time, &recipient]),
        ));
    }
    let took = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::NodePackageAccepted(took) => Some((entry, took.package_seq)),
        _ => None,
    });
    page.below(&match took {
        Some((entry, seq)) => Both::new(
            filled("took what was cut from package {}, {}, log entry {}", [&seq, &entry.time, &entry.seq]),
            filled("已接收自证书包 {} 拆分的内容，{}，日志记录 {}", [&seq, &entry.time, &entry.seq]),
        ),
        None => Both::new("took no package yet", "尚未接收证书包"),
    });
}
