//! A transfer that is locked away, and the people who let it out.

use std::path::Path;

use super::elsewhere;
use crate::audit::entry::Actor;
use crate::desk::quarantine::{Locked, list, trace_of};
use crate::exchange::approval::operation::{Decision, Operation};
use crate::exchange::approval::subject::Subject;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::exchange::trace::Trace;
use crate::offline::decide::Ask;
use crate::offline::quarantine::{self, QuarantineFault};
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::tui::effect::Credentials;
use crate::tui::hands::fault::EffectError;
use crate::tui::hands::seat::identify;
use crate::tui::told::{Deciding, LockFacts, Told};
use crate::wire::digest::Digest;

/// What locks `trace` away, and who let it out by now.
pub(super) fn told(room: &Room, trace: &Trace) -> Result<Told, Refused> {
    let Some(locked) = of(room, trace)? else { return Ok(Told::Locked(None)) };
    let Locked::Statement(statement, since) = locked else { return Ok(Told::Locked(None)) };
    let before = match matter(room, &statement)? {
        Some(object) => {
            let subject = room.subject(Operation::QuarantineClear, &object)?;
            let tally = room.tally(&subject)?;
            Some(Deciding {
                rule: subject.rule.to_string(),
                officers: tally.officers.into_iter().collect(),
                auditors: tally.auditors.into_iter().collect(),
            })
        }
        None => None,
    };
    Ok(Told::Locked(Some(Box::new(LockFacts { since, before }))))
}

/// Puts before people that it is let out.
pub(super) fn clear(room: &mut Room, trace: &Trace) -> Result<(), Refused> {
    let locked = of(room, trace)?.ok_or(QuarantineFault::NotLocked)?;
    quarantine::propose(room, &Actor::system(), &locked).map(drop)
}

/// A person decides; with the last decision it is out.
pub(super) fn release(room: &mut Room, trace: &Trace, who: Credentials, no: Option<String>) -> Result<(), Refused> {
    let ask = asked(room, trace, &who.id, no)?;
    let subject = ask.subject.clone();
    let persons = room.roster().persons().to_vec();
    let present = identify(room.desk_mut(), &persons, &[PersonRole::Officer, PersonRole::Auditor], who)?;
    let person = ask.person.clone();
    let entry = room.decide(ask, &present).or_else(|refused| room.again(&subject, &person, refused))?;
    carry_out(room, &subject, entry)
}

/// As [`release`], by a signature that was made elsewhere.
pub(super) fn bring(room: &mut Room, trace: &Trace, id: &str, signature: &Path) -> Result<(), Refused> {
    let subject = subject(room, trace)?;
    let person: PersonId = id.parse().map_err(|_| EffectError::Person)?;
    let brought = elsewhere::bring(room, &subject, id, signature);
    let entry = brought.or_else(|refused| room.again(&subject, &person, refused))?;
    carry_out(room, &subject, entry)
}

/// What is asked of the person `id`; he rejects it for the reason `no`.
pub(super) fn asked(room: &Room, trace: &Trace, id: &str, no: Option<String>) -> Result<Ask, Refused> {
    let person: PersonId = id.parse().map_err(|_| EffectError::Person)?;
    let subject = subject(room, trace)?;
    let is_auditor = room.roster().person(&person).is_some_and(|known| known.role == PersonRole::Auditor);
    let decision = match no {
        Some(_) => Decision::Reject,
        None if is_auditor => Decision::Witness,
        None => Decision::Approve,
    };
    Ok(Ask { subject, person, decision, diligence: None, reason: no })
}

/// Lets it out where the decision of this entry was the last that it took; a no lets nothing out.
fn carry_out(room: &mut Room, subject: &Subject, entry: u64) -> Result<(), Refused> {
    if !room.is_no(entry) {
        room.carry_out(subject)?;
    }
    Ok(())
}

/// What is before people about the transfer of `trace` that is locked away.
fn subject(room: &Room, trace: &Trace) -> Result<Subject, Refused> {
    let Some(Locked::Statement(statement, _)) = of(room, trace)? else { return Err(QuarantineFault::NotLocked.into()) };
    let object = matter(room, &statement)?.ok_or(QuarantineFault::NotLocked)?;
    room.subject(Operation::QuarantineClear, &object)
}

/// The statement of `trace` that is locked away; none where none is.
fn of(room: &Room, trace: &Trace) -> Result<Option<Locked>, Refused> {
    let is_of_trace = |statement: &Digest| trace_of(room.desk(), statement).is_some_and(|of| of == trace.as_str());
    let mut all = list(room.desk())?.into_iter();
    Ok(all.find(|locked| matches!(locked, Locked::Statement(statement, _) if is_of_trace(statement))))
}

/// What is before people about `statement`.
fn matter(room: &Room, statement: &Digest) -> Result<Option<Digest>, Refused> {
    let open = room.open_matters(Operation::QuarantineClear)?;
    for (object, _) in open.into_iter().rev() {
        if quarantine::is_about(room, &object, statement)? {
            return Ok(Some(object));
        }
    }
    Ok(None)
}
