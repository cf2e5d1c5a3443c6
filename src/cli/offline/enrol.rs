//! `airlock enrol` on the offline side.

use crate::audit::entry::{Actor, Side};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::decision::{DecisionOptions, Taken};
use crate::cli::dialogue::type_rows;
use crate::cli::enrol::{Accept, Approve, Confirm, Enrol, Export, Import};
use crate::cli::terminal::Terminal;
use crate::desk::second::second;
use crate::exchange::draw::Sharing;
use crate::exchange::enrolment::facts::Fact;
use crate::exchange::enrolment::peers::Pinned;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::enrol;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::report::sheet::facts::Contents;

pub(in crate::cli) fn run(verb: Enrol, call: &Call) -> Result<Answer, Refused> {
    let mut room = Room::open(call.offline()?, call.senses())?;
    match verb {
        Enrol::Export(options) => export(&mut room, options),
        Enrol::Import(options) => import(&mut room, &options),
        Enrol::Confirm(options) => confirm(&mut room, &options),
        Enrol::Accept(Accept { trace, person }) => approve(&mut room, &trace, &DecisionOptions::of(person)),
        Enrol::Approve(Approve { trace, how }) => approve(&mut room, &trace, &how),
        Enrol::List => Ok(list(&room).into()),
        Enrol::AllowedSigners => Ok(enrol::allowed_signers(&room).into()),
    }
}

fn export(room: &mut Room, options: Export) -> Result<Answer, Refused> {
    let tray = options.sheet.tray(room.desk(), room.config().sheet(), &options.media)?;
    let stick = options.reinsert.before(room.desk(), &options.media)?;
    let token = room.login(options.pin.pin()?)?;
    let sent = enrol::export(room, &token, &options.to, &options.media);
    let closed = room.logout(token);
    let sent = sent?;
    closed?;
    stick.read_again(room.desk(), &room.desk().kept(&sent.statement.id())?)?;
    let wish = options.sheet.wish(room.desk().label_of_stick(&options.media));
    room.desk_mut().print(&Actor::system(), &sent.statement, &Contents::from(&sent.record), &wish, tray)?;
    let report = Report::new(ReportKind::Enrol)
        .subject(&sent.statement)
        .fact("epoch", "Epoch", sent.record.epoch())
        .fact("sheet", "Sheet", options.sheet.shown());
    Ok(report.entry(sent.entry).into())
}

fn import(room: &mut Room, options: &Import) -> Result<Answer, Refused> {
    let arrived = enrol::import(room, &options.media)?;
    let statement = arrived.closed.statement();
    let report = Report::new(ReportKind::Receive).subject(statement).entry(arrived.entry);
    let lines = statement.lines();
    let report = match arrived.is_second {
        // Whoever is told to stop is told of no next step.
        true => report.fact("alarm", "Alarm", second(Side::Offline, lines.kind.as_str())),
        false => report.next(&format!("airlock enrol confirm {} --officer ID --key FILE", lines.trace)),
    };
    Ok(report.into())
}

fn confirm(room: &mut Room, options: &Confirm) -> Result<Answer, Refused> {
    let statement = enrol::statement(room, &options.trace)?;
    let persons = room.roster().persons().to_vec();
    let person = options.person.identify(room.desk_mut(), &persons, &[PersonRole::Officer])?;
    type_rows(room.desk_mut(), &mut Terminal::open()?, &statement, &person, Sharing::Whole)?;
    let report = Report::new(ReportKind::Confirm).subject(&statement);
    let next = |verb: &str| format!("airlock enrol {verb} {} --officer ID --key FILE", options.trace);
    let report = match enrol::review(room, &options.trace) {
        Ok(reviewed) => {
            let lines: Vec<_> = reviewed.facts().iter().map(line).collect();
            report.fact("record", "Record", &lines[..]).next(&next("approve"))
        }
        // A second person types them next; before that there is nothing to approve.
        Err(_) => report.next(&next("confirm")),
    };
    Ok(report.into())
}

/// One person decides on the record; with the last decision the cluster is enrolled.
fn approve(room: &mut Room, trace: &Trace, how: &DecisionOptions) -> Result<Answer, Refused> {
    let reviewed = enrol::review(room, trace)?;
    let lines: Vec<_> = reviewed.facts().iter().map(line).collect();
    let subject = enrol::propose(room, &Actor::system(), &reviewed)?;
    let entry = match how.take_again(room, &subject)? {
        Taken::Text(text) => return Ok(text.into()),
        Taken::Entry(entry) => entry,
    };
    let report = Report::new(ReportKind::Enrol).trace(trace).fact("record", "Record", &lines[..]);
    let report = how.told(room, &subject, report);
    let (state, entry) = match room.agreed(&subject) {
        _ if room.is_no(entry) => ("rejected", entry),
        Ok(_) => ("enrolled", enrol::accept(room, reviewed)?),
        Err(_) => ("before people", entry),
    };
    Ok(report.fact("state", "State", state).entry(entry).into())
}

fn list(room: &Room) -> Report {
    let line = |(pinned, record): (&Pinned, &EnrolmentRecord)| {
        let key = record.statement_key().fingerprint();
        format!("{}  epoch {}  {key}  since entry {}", record.party(), record.epoch(), pinned.entry)
    };
    let peers: Vec<_> = room.in_force().peers().map(line).collect();
    Report::new(ReportKind::Enrol).fact("peers", "Peers", &peers[..])
}

fn line(fact: &Fact) -> String {
    let Fact { name, old, new } = fact;
    match (old, new) {
        (Some(old), Some(new)) if old == new => format!("{name}: {new}"),
        (Some(old), Some(new)) => format!("{name}: {new} (was {old})"),
        (None, Some(new)) => format!("{name}: {new}"),
        (old, None) => format!("{name}: none (was {})", old.as_deref().unwrap_or_default()),
    }
}
