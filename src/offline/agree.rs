//! Whether enough people have approved what was put before them.

use std::collections::BTreeSet;

use crate::exchange::approval::operation::{Decision, Operation};
use crate::exchange::approval::subject::Subject;
use crate::issuance::plan::Plan;
use crate::issuance::plan::history::Plans;
use crate::issuance::quorum::{ApprovedPlan, Demands, QuorumError, Vote, count};
use crate::offline::decide::{Decided, check_key};
use crate::offline::matter::Matter;
use crate::offline::room::Room;
use crate::offline::{clock, people, policy, quarantine};
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// Enough people have approved an operation over one object; it is then done once.
///
/// Only [`Room::agreed`] makes one:
///
/// ```compile_fail,E0451
/// # use airlock::exchange::approval::operation::Operation;
/// # use airlock::offline::agree::Agreed;
/// # use airlock::wire::digest::Digest;
/// fn forged(object: Digest) -> Agreed {
///     Agreed { operation: Operation::Policy, object }
/// }
/// ```
///
/// ```
/// # use airlock::exchange::approval::subject::Subject;
/// # use airlock::offline::agree::Agreed;
/// # use airlock::offline::room::Room;
/// # use airlock::refusal::Refused;
/// fn counted(room: &Room, subject: &Subject) -> Result<Agreed, Refused> {
///     room.agreed(subject)
/// }
/// ```
#[derive(Debug)]
pub struct Agreed {
    operation: Operation,
    object: Digest,
}

/// Who has decided so far, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Officers who approved.
    pub officers: BTreeSet<String>,
    /// Auditors who witnessed.
    pub auditors: BTreeSet<String>,
}

impl Room {
    /// Counts the decisions on an operation without a plan.
    ///
    /// # Errors
    /// [`QuorumError::Officers`] and [`QuorumError::Auditor`] while people are missing; any other [`QuorumError`] that
    /// ends the count; [`MatterError`](super::matter::MatterError).
    pub fn agreed(&self, subject: &Subject) -> Result<Agreed, Refused> {
        match self.tally(subject)?.missing(subject) {
            Some(missing) => Err(missing.into()),
            None => Ok(Agreed { operation: subject.operation, object: subject.object_sha256 }),
        }
    }

    /// Does what people decided about, if enough of them have approved by now; returns the entry that says so.
    ///
    /// # Errors
    /// As [`Room::agreed`], but none of missing people; what the operation itself says. Plans and enrolments are done
    /// elsewhere, and nothing here.
    pub fn carry_out(&mut self, subject: &Subject) -> Result<Option<u64>, Refused> {
        if self.tally(subject)?.missing(subject).is_some() {
            return Ok(None);
        }
        let object = &subject.object_sha256;
        match subject.operation {
            Operation::Policy => policy::adopt(self, object).map(Some),
            Operation::Roster => people::adopt(self, object).map(Some),
            Operation::QuarantineClear => quarantine::clear(self, object).map(Some),
            Operation::ClockSet => clock::set(self, object).map(Some),
            Operation::Issue | Operation::Ca | Operation::Enrol | Operation::KeyEvent | Operation::Restore => Ok(None),
        }
    }

    /// Who has decided so far on an operation without a plan.
    ///
    /// # Errors
    /// As [`Room::agreed`], but none of missing people.
    pub fn tally(&self, subject: &Subject) -> Result<Tally, Refused> {
        let matter = self.matter(&subject.object_sha256)?;
        let mut tally = Tally::default();
        for decided in self.decisions(&subject.object_sha256)? {
            self.check(subject, &matter, &decided)?;
            let lines = decided.signed.approval().lines();
            let id = lines.person.id.to_string();
            match lines.decision {
                Decision::Approve => drop(tally.officers.insert(id)),
                Decision::Witness => drop(tally.auditors.insert(id)),
                Decision::Reject => return Err(QuorumError::Rejected(lines.person.clone()).into()),
            }
        }
        Ok(tally)
    }

    fn check(&self, subject: &Subject, matter: &Matter, decided: &Decided) -> Result<(), QuorumError> {
        let approval = decided.signed.approval();
        let person = || approval.lines().person.clone();
        let fits = approval.is_about(subject).and_then(|()| approval.is_within(matter.from, matter.until));
        fits.map_err(|error| QuorumError::Approval { person: person(), error })?;
        let known = self.roster().principal(&person()).ok_or_else(|| QuorumError::Stranger(person()))?;
        check_key(self, &decided.signed, known, decided.entry)
    }

    /// A plan that stands open in the log and that enough people have approved.
    ///
    /// # Errors
    /// [`HistoryError`](crate::issuance::plan::history::HistoryError) where it is not open; any [`QuorumError`].
    pub fn approved_plan(&self, plan: Plan) -> Result<ApprovedPlan, Refused> {
        let open = Plans::fold(self.desk().entries()).open(plan, self.desk().now()?)?;
        let decided = self.decisions(&open.plan().sha256())?;
        let votes: Vec<_> = decided.iter().map(|one| Vote { signed: &one.signed, entry: one.entry }).collect();
        let demands = Demands { roster: self.roster(), policy: Some(self.policy()), least: 0 };
        let met = count(open.plan(), &votes, &demands)?;
        Ok(ApprovedPlan::new(open, met)?)
    }
}

impl Tally {
    /// Who is still missing, if anybody is.
    pub fn missing(&self, subject: &Subject) -> Option<QuorumError> {
        let (found, needed) = (self.officers.len() as u64, subject.rule.officers);
        let officers = (found < needed).then_some(QuorumError::Officers { found, needed });
        officers.or(self.auditors.is_empty().then_some(QuorumError::Auditor))
    }
}

impl Agreed {
    /// What was approved.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The digest of the approved object.
    pub fn object(&self) -> &Digest {
        &self.object
    }
}
