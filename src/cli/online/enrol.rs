//! `airlock enrol` on this side.

use crate::audit::entry::{Actor, Side};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::dialogue::type_rows;
use crate::cli::enrol::{Accept, Confirm, Enrol, Export, Import};
use crate::cli::terminal::Terminal;
#[cfg(feature = "offline")]
use crate::config::host::HostConfigError;
use crate::config::online::OnlineConfig;
use crate::desk::second::second;
use crate::exchange::draw::Sharing;
use crate::exchange::enrolment::facts::Fact;
use crate::exchange::people::person::PersonRole;
use crate::online::enrol::{self, Asked};
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::report::sheet::facts::Contents;

pub(in crate::cli) fn run(verb: Enrol, call: &Call, config: OnlineConfig) -> Result<Answer, Refused> {
    let mut room = Room::open(config, call.senses())?;
    match verb {
        Enrol::Export(verb) => export(&mut room, &verb),
        Enrol::Import(verb) => import(&mut room, &verb),
        Enrol::Confirm(verb) => confirm(&mut room, &verb),
        Enrol::Accept(verb) => accept(&mut room, &verb),
        #[cfg(feature = "offline")]
        Enrol::Approve(_) => Err(HostConfigError::Side("online").into()),
        Enrol::List => list(&room),
        Enrol::AllowedSigners => Ok(enrol::allowed_signers(&room)?.into()),
    }
}

fn export(room: &mut Room, verb: &Export) -> Result<Answer, Refused> {
    let tray = verb.sheet.tray(room.desk(), room.config().sheet(), &verb.media)?;
    let stick = verb.reinsert.before(room.desk(), &verb.media)?;
    let nodes: Vec<_> =
        room.config().nodes().iter().map(|(node, root)| NodeRoot { node: node.clone(), root: root.clone() }).collect();
    let keys = room.unlock(&verb.host.read()?)?;
    let sent = enrol::export(room, &Asked { to: &verb.to, keys: &keys, nodes: &nodes, medium: &verb.media })?;
    stick.read_again(room.desk(), &room.desk().kept(&sent.statement.id())?)?;
    let label = room.desk().label_of(&verb.media);
    let contents = Contents::from(&sent.record);
    room.desk_mut().print(&Actor::system(), &sent.statement, &contents, &verb.sheet.wish(label), tray)?;
    room.sign_head(&keys)?;
    let files: Vec<_> = sent.files.iter().map(|(name, bytes)| format!("{name}  {bytes} B")).collect();
    let report = Report::new(ReportKind::Enrol).subject(&sent.statement).fact("files", "Files", &files[..]);
    let report = facts(report, &sent.record.facts(None));
    Ok(report.entry(sent.entry).next("carry the sheet in person").into())
}

fn import(room: &mut Room, verb: &Import) -> Result<Answer, Refused> {
    let arrived = enrol::import(room, &verb.media)?;
    let statement = arrived.closed.statement();
    let (lines, report) = (statement.lines(), Report::new(ReportKind::Enrol).subject(statement).entry(arrived.entry));
    let report = match arrived.is_second {
        // Whoever is told to stop is told of no next step.
        true => report.fact("alarm", "Alarm", second(Side::Online, lines.kind.as_str())),
        false => report.next(&format!("airlock enrol confirm {} --person ID --key FILE, by two people", lines.trace)),
    };
    Ok(report.into())
}

fn confirm(room: &mut Room, verb: &Confirm) -> Result<Answer, Refused> {
    let statement = enrol::statement(room, &verb.trace)?;
    let (desk, people) = room.desk_and_people();
    let person = verb.person.identify(desk, people, &[PersonRole::Requester])?;
    type_rows(desk, &mut Terminal::open()?, &statement, &person, Sharing::Whole)?;
    let report = Report::new(ReportKind::Confirm).subject(&statement);
    Ok(match enrol::review(room, &verb.trace) {
        Ok(reviewed) => {
            let next = format!("airlock enrol accept {} --person ID --key FILE", verb.trace);
            facts(report, reviewed.facts()).next(&next)
        }
        Err(_) => report.next(&format!("airlock enrol confirm {}, by a second person", verb.trace)),
    }
    .into())
}

fn accept(room: &mut Room, verb: &Accept) -> Result<Answer, Refused> {
    let (desk, people) = room.desk_and_people();
    let person = verb.person.identify(desk, people, &[PersonRole::Requester])?;
    let reviewed = enrol::review(room, &verb.trace)?;
    let report = facts(Report::new(ReportKind::Enrol).subject(reviewed.statement()), reviewed.facts());
    let entry = enrol::accept(room, reviewed, &person)?;
    Ok(report.entry(entry).next("airlock online scan").into())
}

fn list(room: &Room) -> Result<Answer, Refused> {
    let peers = enrol::peers(room)?;
    let line = |peer: &enrol::Peer| {
        let (record, time) = (&peer.record, peer.time);
        format!("{}  epoch {}  since {time}  log entry {}", record.party(), record.epoch(), peer.entry)
    };
    let lines: Vec<_> = peers.iter().map(line).collect();
    Ok(Report::new(ReportKind::Enrol).fact("peers", "Peers", &lines[..]).into())
}

/// Every line of a record, and the one before where they differ.
fn facts(report: Report, facts: &[Fact]) -> Report {
    let lines: Vec<_> = facts.iter().map(line).collect();
    report.fact("record", "Record", &lines[..])
}

fn line(fact: &Fact) -> String {
    let (name, gone) = (&fact.name, "-".to_owned());
    let new = fact.new.as_ref().unwrap_or(&gone);
    match &fact.old {
        Some(old) if !fact.is_same() => format!("{name}: {new}   before: {old}"),
        _ => format!("{name}: {new}"),
    }
}
