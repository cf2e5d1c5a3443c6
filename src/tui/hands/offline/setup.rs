//! What was set up at a CA host: its clock, CAs and lists, sticks, people, policy and peers, and what is before people.

use crate::desk::host::Desk;
use crate::exchange::approval::operation::Operation;
use crate::offline::holdings::Holding;
use crate::offline::room::{ATTESTED_FOR_S, Room};
use crate::pki::crl::Crl;
use crate::refusal::Refused;
use crate::report::mark::Mark;
use crate::tui::hands::setup::Page;
use crate::tui::language::{Both, fill as filled};
use crate::wire::time::Timestamp;

/// Fills the page of this host.
pub(in crate::tui::hands) fn fill(page: &mut Page, room: &Room) -> Result<(), Refused> {
    clock(page, room)?;
    authorities(page, room)?;
    page.sticks(room.desk());
    page.commands(&["airlock media admit DEV --officer ID --key FILE --second ID --second-key FILE"]);
    people(page, room);
    enrolments(page, room);
    before_people(page, room)
}

fn clock(page: &mut Page, room: &Room) -> Result<(), Refused> {
    page.head("Clock", "时钟");
    match room.attested_now() {
        Ok(attested) => {
            let until = since(room.desk(), attested.entry).map(|from| from.plus(ATTESTED_FOR_S));
            let until = until.map_or_else(|| "-".to_owned(), |until| until.to_string());
            let told = Both::new(
                filled("attested until {} and the next start of this host", [&until]),
                filled("确认有效至 {}，主机重启即失效", [&until]),
            );
            page.marked(Mark::Ok, &told);
        }
        Err(_) => page.marked(Mark::Warn, &Both::new("not attested now: K on S00", "当前未确认：在 S00 按 K")),
    }
    page.clock(room.desk());
    page.commands(&["airlock clock attest --officer ID --key FILE --second ID --second-key FILE"]);
    page.line(&Both::new("only where the clock is wrong:", "仅当时钟错误时："));
    page.commands(&["airlock clock set MINUTE", "airlock clock approve --officer ID --key FILE"]);
    Ok(())
}

/// When the entry `seq` was written.
fn since(desk: &Desk, seq: u64) -> Option<Timestamp> {
    usize::try_from(seq).ok().and_then(|at| desk.entries().get(at)).map(|entry| entry.time)
}

/// The CAs of each cluster and their newest lists.
fn authorities(page: &mut Page, room: &Room) -> Result<(), Refused> {
    let now = room.desk().now()?;
    page.head("CAs and their revocation lists", "CA 及其吊销列表");
    if room.holdings().all().next().is_none() {
        page.none();
    }
    for (cluster, holding) in room.holdings().all() {
        page.line(&Both::same(&cluster.to_string()));
        roots(page, holding);
        holding.crls().iter().for_each(|(_, crl)| list(page, crl, now));
    }
    page.commands(&[
        "airlock offline ca show",
        "airlock offline ca init | next --cluster PARTY --generation NAME",
        "airlock offline ca cross --cluster PARTY",
        "airlock offline crl --cluster PARTY [--revoke SERIAL=REASON]",
        "airlock offline ca approve TRACE --officer ID --key FILE",
        "airlock offline ca sign TRACE",
    ]);
    Ok(())
}

fn roots(page: &mut Page, holding: &Holding) {
    for root in holding.roots() {
        let certificate = &root.certificate;
        let (subject, until) = (certificate.subject().safe(), certificate.validity().not_after());
        let (domain, status, sha256) = (root.domain, root.status, certificate.fingerprint().short());
        page.below(&Both::same(&subject));
        page.below(&Both::new(
            filled("{} {}, until {}, sha256 {}..", [&domain, &status, &until, &sha256]),
            filled("{} {}，至 {}，sha256 {}..", [&domain, &status, &until, &sha256]),
        ));
    }
}

/// A list that was not renewed in time leaves who checks it without an answer.
fn list(page: &mut Page, crl: &Crl, now: Timestamp) {
    let fields = crl.tbs().fields();
    let (issuer, number, revoked) = (fields.issuer.safe(), fields.number, fields.revoked.len());
    let (this, next) = (fields.this_update, fields.next_update);
    let mark = if next < now { Mark::Warn } else { Mark::Ok };
    page.marked(
        mark,
        &Both::new(
            filled("list of {}, number {}, revoked {}", [&issuer, &number, &revoked]),
            filled("{} 的列表，编号 {}，吊销 {}", [&issuer, &number, &revoked]),
        ),
    );
    page.below(&Both::new(
        filled("this update {}, next update {}", [&this, &next]),
        filled("本次更新 {}，下次更新 {}", [&this, &next]),
    ));
}

fn people(page: &mut Page, room: &Room) {
    page.head("People", "人员");
    let epoch = room.roster().epoch();
    page.line(&Both::new(filled("roster epoch {}", [&epoch]), filled("名册版本 {}", [&epoch])));
    page.people(room.roster().persons());
    page.commands(&[
        "airlock officer add ID --name NAME --role ROLE --public-key FILE",
        "airlock officer revoke ID [--fingerprint SHA256:...]",
        "airlock officer approve --officer ID --key FILE",
    ]);
    page.head("Policy", "策略");
    page.line(&Both::same(&room.policy().name().to_string()));
    page.commands(&[
        "airlock policy show | check FILE | diff FILE",
        "airlock policy propose FILE",
        "airlock policy approve --officer ID --key FILE",
    ]);
}

fn enrolments(page: &mut Page, room: &Room) {
    page.head("Enrolments", "登记");
    if room.in_force().peers().next().is_none() {
        page.none();
    }
    for (pinned, record) in room.in_force().peers() {
        let (party, epoch, key) = (record.party(), record.epoch(), record.statement_key().fingerprint());
        page.line(&Both::new(
            filled("{}, epoch {}, {}, since entry {}", [&party, &epoch, &key, &pinned.entry]),
            filled("{}，版本 {}，{}，自记录 {}", [&party, &epoch, &key, &pinned.entry]),
        ));
    }
    page.commands(&[
        "airlock enrol export --to PARTY --media DEV|DIR --sheet FILE",
        "airlock enrol import --media DEV|DIR",
        "airlock enrol confirm | approve TRACE --officer ID --key FILE",
    ]);
}

/// What waits for decisions, beside the plans that have a screen.
fn before_people(page: &mut Page, room: &Room) -> Result<(), Refused> {
    page.head("Before people now", "待决事项");
    let mut is_none = true;
    for operation in Operation::ALL {
        for (object, matter) in room.open_matters(operation)? {
            is_none = false;
            let short = object.short();
            page.line(&Both::new(
                filled("{} {}.., until {}", [&operation, &short, &matter.until]),
                filled("{} {}..，至 {}", [&operation, &short, &matter.until]),
            ));
        }
    }
    if is_none {
        page.none();
    }
    Ok(())
}
