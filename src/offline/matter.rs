//! What is put before people: a plan, or an object without one, and whether it is still open.
//!
//! A plan is opened by its closing in the log, anything else by being proposed; both stay open for a day, until somebody
//! rejects them or what they ask for is done. An object that was rejected may be proposed again, and then needs one
//! officer more for each rejection.

use thiserror::Error;

use crate::audit::detail::Proposed;
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::exchange::approval::operation::Operation;
use crate::exchange::approval::rule::{RosterName, Rule, RuleName};
use crate::exchange::approval::subject::Subject;
use crate::issuance::plan::LIFETIME_S;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Something that people may decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matter {
    /// The entry that opened it.
    pub opened: u64,
    /// When that was.
    pub from: Timestamp,
    /// Until when it may be decided.
    pub until: Timestamp,
}

/// Why there is nothing to decide.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MatterError {
    /// Nobody put it before people.
    #[error("nothing of this digest was put before people: {0}")]
    Unknown(Digest),
    /// Somebody rejected it.
    #[error("it was rejected, by the entry {0} of the log")]
    Rejected(u64),
    /// What it asks for is done, or it was given up.
    #[error("it was closed by the entry {0} of the log")]
    Closed(u64),
    /// A day has passed.
    #[error("it could be decided until {0}")]
    Expired(Timestamp),
    /// It is open already.
    #[error("it is before people already")]
    Open,
    /// More officers would have to approve than there are.
    #[error("after {0} rejections more officers would have to approve than there are")]
    Rejections(u64),
}

impl Room {
    /// Puts `object` before people, who may then decide on `operation` over its digest.
    ///
    /// # Errors
    /// [`MatterError::Open`], [`MatterError::Rejections`]; what the log and the disk say.
    pub fn propose(&mut self, actor: &Actor, operation: Operation, object: &[u8]) -> Result<Digest, Refused> {
        let digest = Digest::of(object);
        if self.is_before_people(operation, &digest)? {
            return Err(MatterError::Open.into());
        }
        let proposed = Proposed { object: digest, operation: operation.to_string() };
        self.desk_mut().hold(&[object], |desk| desk.note(actor, None, Event::Proposed(proposed)))?;
        Ok(digest)
    }

    /// Demands that nothing that `is_same` knows for the same is before people for `operation`: an object that says when it was
    /// made is another each time. One that cannot be read is the same as nothing.
    ///
    /// # Errors
    /// [`MatterError::Open`]; what the log and the disk say.
    pub(super) fn must_be_first(&self, operation: Operation, is_same: impl Fn(&[u8]) -> bool) -> Result<(), Refused> {
        for (object, _) in self.open_matters(operation)? {
            if self.is_before_people(operation, &object)?
                && self.desk().objects().get(&object).is_ok_and(|bytes| is_same(&bytes))
            {
                return Err(MatterError::Open.into());
            }
        }
        Ok(())
    }

    /// Decisions under a policy or roster that is no longer in force count for nothing; people begin again.
    fn is_before_people(&self, operation: Operation, object: &Digest) -> Result<bool, Refused> {
        let subject = self.subject(operation, object)?;
        Ok(self.matter(object).is_ok() && self.tally(&subject).is_ok())
    }

    /// What was put before people for `operation` and is still open, the newest last.
    ///
    /// # Errors
    /// What the clock says.
    pub fn open_matters(&self, operation: Operation) -> Result<Vec<(Digest, Matter)>, Refused> {
        let proposed = self.desk().entries().iter().filter_map(|entry| match &entry.event {
            Event::Proposed(proposed) if proposed.operation == operation.as_str() => Some(proposed.object),
            _ => None,
        });
        let mut found: Vec<Digest> = Vec::new();
        for object in proposed {
            found.retain(|known| *known != object);
            found.push(object);
        }
        let now = self.desk().now()?;
        Ok(found
            .into_iter()
            .filter_map(|object| Some((object, open(self.desk().entries(), &object, now).ok()?)))
            .collect())
    }

    /// The matter of this object, if people may decide on it now.
    ///
    /// # Errors
    /// Any [`MatterError`] but [`MatterError::Open`] and [`MatterError::Rejections`]; what the clock says.
    pub fn matter(&self, object: &Digest) -> Result<Matter, Refused> {
        Ok(open(self.desk().entries(), object, self.desk().now()?)?)
    }

    /// The entry that last put this object before people, whatever became of it.
    ///
    /// # Errors
    /// [`MatterError::Unknown`].
    pub(super) fn opened(&self, object: &Digest) -> Result<u64, MatterError> {
        let opening = self.desk().entries().iter().rev().find(|entry| opens(entry, object).is_some());
        opening.map(|entry| entry.seq).ok_or(MatterError::Unknown(*object))
    }

    /// The lines that every decision on an operation without a plan has in common.
    ///
    /// # Errors
    /// [`MatterError::Rejections`].
    pub fn subject(&self, operation: Operation, object: &Digest) -> Result<Subject, Refused> {
        let base = Rule::of(RuleName::Administration, self.roster());
        let rejected = |entry: &&Entry| matches!(&entry.event, Event::Rejected(no) if no.object == *object);
        let rejections = self.desk().entries().iter().filter(rejected).count() as u64;
        let rule = Rule { officers: base.officers.saturating_add(rejections), ..base };
        if rule.officers > rule.of {
            return Err(MatterError::Rejections(rejections).into());
        }
        Ok(Subject {
            operation,
            trace: None,
            statement_sha256: None,
            object_sha256: *object,
            policy: self.policy().name(),
            rule,
            roster: RosterName::of(self.roster())?,
            host: self.desk().party().clone(),
        })
    }
}

/// The matter of `object`, if it is open at `now`; what a clock that was ahead put before people is not open until it is
/// that late.
fn open(entries: &[Entry], object: &Digest, now: Timestamp) -> Result<Matter, MatterError> {
    let mut state = Err(MatterError::Unknown(*object));
    for entry in entries {
        if let Some(until) = opens(entry, object) {
            state = Ok(Matter { opened: entry.seq, from: entry.time, until });
        } else if is_rejection(entry, object) {
            state = Err(MatterError::Rejected(entry.seq));
        } else if state.is_ok() && closes(entry, object) {
            state = Err(MatterError::Closed(entry.seq));
        } else if let Ok(matter) = &state
            && entry.is_vouched()
            && entry.time > matter.until
        {
            // A clock that is set back opens it no more.
            state = Err(MatterError::Expired(matter.until));
        }
    }
    let lasts = |matter: &Matter| matter.from <= now && now <= matter.until;
    state.and_then(|matter| if lasts(&matter) { Ok(matter) } else { Err(MatterError::Expired(matter.until)) })
}

/// Until when `object` is open, if this entry opens it.
fn opens(entry: &Entry, object: &Digest) -> Option<Timestamp> {
    match &entry.event {
        Event::Proposed(proposed) if proposed.object == *object => Some(entry.time.plus(LIFETIME_S)),
        Event::PlanClosed(closed) if closed.plan == *object => Some(closed.expires),
        _ => None,
    }
}

fn is_rejection(entry: &Entry, object: &Digest) -> bool {
    matches!(&entry.event, Event::Rejected(decision) if decision.object == *object)
}

/// Whether this entry says that what `object` asks for is done, or that it was given up.
fn closes(entry: &Entry, object: &Digest) -> bool {
    match &entry.event {
        Event::PlanVoided(other) | Event::PolicyAdopted(other) | Event::RosterAdopted(other) => other.object == *object,
        Event::Enrolled(enrolled) => enrolled.record == *object,
        Event::CaInstalled(installed) => installed.plan == *object,
        Event::QuarantineCleared(cleared) => cleared.object == *object,
        Event::ClockSet(set) => set.object == *object,
        _ => false,
    }
}

impl Refusal for MatterError {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown(_) => Reason::new(Class::Replay, "MATTER_UNKNOWN", "put it before people first"),
            Self::Rejected(_) => {
                Reason::new(Class::Quorum, "MATTER_REJECTED", "read the reason; put it before people again")
            }
            Self::Closed(_) => Reason::new(Class::Replay, "MATTER_CLOSED", "nothing is left to decide"),
            Self::Expired(_) => Reason::new(Class::Replay, "MATTER_EXPIRED", "put it before people again"),
            Self::Open => Reason::new(Class::Replay, "MATTER_OPEN", "have people decide on it, or wait a day"),
            Self::Rejections(_) => {
                Reason::new(Class::Quorum, "MATTER_REJECTIONS", "change the object; it was rejected too often")
            }
        }
    }
}
