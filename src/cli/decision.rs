//! A person decides on something that was put before people: with a key he shows, or with a signature he brings.

use std::path::{Path, PathBuf};

use clap::Args;
use thiserror::Error;

use super::answer::Answer;
use super::call::Call;
use super::person::PersonOptions;
use super::secrets::PassphraseOptions;
use crate::devices::store::{Links, read_file};
use crate::exchange::approval::operation::{Decision, Operation};
use crate::exchange::approval::subject::Subject;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::exchange::signature::MAX_BYTES;
use crate::offline::decide::Ask;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::digest::Digest;

/// Who decides, and how. With --key he signs here. Without, the text to be signed is written out; it is signed with
/// `ssh-keygen -Y sign -n approval@airlock.v1` (`rejection@airlock.v1`) and brought back with --signature.
#[derive(Debug, Clone, Args)]
pub(super) struct DecisionOptions {
    /// Who decides, as the roster names him; an auditor witnesses
    #[arg(long = "officer", visible_alias = "person", value_name = "ID")]
    id: PersonId,
    /// His encrypted OpenSSH key file
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseOptions,
    /// The signature that he made elsewhere over the text that was written out
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Reject it, for this reason; it is closed then
    #[arg(long, value_name = "REASON", conflicts_with = "signature")]
    reject: Option<String>,
}

/// What became of it.
pub(super) enum Taken {
    /// It stands in this entry of the log.
    Entry(u64),
    /// This text is to be signed.
    Text(String),
}

/// A decision on what was put before people without a plan.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The digest of what was put before people; may be left out where only one thing was
    object: Option<Digest>,
    #[command(flatten)]
    how: DecisionOptions,
}

/// It is not clear what is decided.
#[derive(Debug, Error, PartialEq, Eq)]
enum ObjectError {
    /// Nothing is open.
    #[error("nothing of this kind is before people")]
    Nothing,
    /// Several things are.
    #[error("{0} things of this kind are before people")]
    Several(usize),
}

impl DecisionOptions {
    /// Signs here.
    pub(super) fn of(person: PersonOptions) -> Self {
        let PersonOptions { id, key, passphrase } = person;
        Self { id, key: Some(key), passphrase, signature: None, reject: None }
    }

    /// Takes the decision, or the text of it.
    ///
    /// # Errors
    /// What the room says.
    pub(super) fn take(&self, room: &mut Room, subject: &Subject) -> Result<Taken, Refused> {
        if let Some(file) = &self.signature {
            let armored = read_file(file, MAX_BYTES as u64, Links::Follow)?;
            return room.decide_detached(subject, &self.id, &armored).map(Taken::Entry);
        }
        let is_auditor = room.roster().person(&self.id).is_some_and(|person| person.role == PersonRole::Auditor);
        let decision = match &self.reject {
            Some(_) => Decision::Reject,
            None if is_auditor => Decision::Witness,
            None => Decision::Approve,
        };
        let (subject, person, reason) = (subject.clone(), self.id.clone(), self.reject.clone());
        let ask = Ask { subject, person, decision, diligence: None, reason };
        match &self.key {
            Some(key) => self.here(room, ask, key).map(Taken::Entry),
            None => Ok(Taken::Text(room.ask(ask)?.text())),
        }
    }

    /// As [`Self::take`], of something that is done with the last decision; see [`Room::again`].
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(super) fn take_again(&self, room: &mut Room, subject: &Subject) -> Result<Taken, Refused> {
        // Whoever only asks for the text has shown nothing.
        let is_shown = self.key.is_some() || self.signature.is_some();
        match self.take(room, subject) {
            Err(refused) if is_shown => room.again(subject, &self.id, refused).map(Taken::Entry),
            taken => taken,
        }
    }

    fn here(&self, room: &mut Room, ask: Ask, key: &Path) -> Result<u64, Refused> {
        let (id, passphrase) = (self.id.clone(), self.passphrase.clone());
        let options = PersonOptions { id, key: key.to_owned(), passphrase };
        let persons = room.roster().persons().to_vec();
        let roles = [PersonRole::Officer, PersonRole::Auditor];
        let present = options.identify(room.desk_mut(), &persons, &roles)?;
        room.decide(ask, &present)
    }

    /// Adds who decided and how many have by now.
    pub(super) fn told(&self, room: &Room, subject: &Subject, report: Report) -> Report {
        let report = report.fact("person", "Decided by", self.id.to_string());
        match room.tally(subject) {
            Ok(tally) => {
                let officers: Vec<_> = tally.officers.into_iter().collect();
                let auditors: Vec<_> = tally.auditors.into_iter().collect();
                let report = report.fact("rule", "Rule", subject.rule.to_string());
                report.fact("officers", "Officers", &officers[..]).fact("auditors", "Auditors", &auditors[..])
            }
            // It was rejected, or is done.
            Err(_) => report,
        }
    }
}

impl Approve {
    /// Takes the decision, and does what was decided about once enough people have approved.
    pub(super) fn run(self, call: &Call, operation: Operation, kind: ReportKind) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let object = match self.object {
            Some(object) => object,
            None => only(&room, operation)?,
        };
        let subject = room.subject(operation, &object)?;
        let entry = match self.how.take_again(&mut room, &subject)? {
            Taken::Text(text) => return Ok(text.into()),
            Taken::Entry(entry) => entry,
        };
        let report = Report::new(kind).fact("object", "Object", object.to_string());
        let report = self.how.told(&room, &subject, report);
        let is_no = room.is_no(entry);
        let done = if is_no { None } else { room.carry_out(&subject)? };
        let state = match done {
            _ if is_no => "rejected",
            Some(_) => "in force",
            None => "before people",
        };
        Ok(report.fact("state", "State", state).entry(done.unwrap_or(entry)).into())
    }
}

/// What was put before people, told.
pub(super) fn proposed(kind: ReportKind, verb: &str, object: &Digest) -> Answer {
    let report = Report::new(kind).fact("object", "Object", object.to_string());
    report.next(&format!("airlock {verb} approve {object} --officer ID --key FILE")).into()
}

/// The one thing that is open.
fn only(room: &Room, operation: Operation) -> Result<Digest, Refused> {
    match room.open_matters(operation)?.as_slice() {
        [(object, _)] => Ok(*object),
        [] => Err(ObjectError::Nothing.into()),
        several => Err(ObjectError::Several(several.len()).into()),
    }
}

impl Refusal for ObjectError {
    fn reason(&self) -> Reason {
        match self {
            Self::Nothing => Reason::new(Class::Replay, "DECISION_NOTHING", "put it before people first"),
            Self::Several(_) => Reason::new(Class::Usage, "DECISION_SEVERAL", "name the digest of the one you mean"),
        }
    }
}
