//! The decisions in a package (W05): each by a person of the roster, about this very plan, and written into the log while
//! his key still counted. Whether they suffice is not said here.

use std::collections::BTreeSet;

use super::layout::File;
use super::log::ProvenLog;
use super::{Package, PackageError};
use crate::exchange::approval::operation::{Decision, Operation};
use crate::exchange::approval::rule::RosterName;
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::approval::subject::Subject;
use crate::exchange::paper::channel::Channel;
use crate::exchange::people::person::{Person, PersonId};
use crate::exchange::people::roster::Roster;
use crate::wire::digest::Digest;

/// An approval or a witness that verifies.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The person, as the roster knows him.
    pub person: Person,
    /// What he signed.
    pub signed: SignedApproval,
    /// The entry of the CA's log in which it stands.
    pub entry: u64,
}

impl Package<'_> {
    /// Verifies every decision under `roster`, the newest that [`Package::rosters`] leads to.
    ///
    /// Compared are the operation, the trace, the statement, the plan, the roster and the host; the policy and the rule
    /// are those of the plan, and the caller compares them with [`is_about`], and the time with the plan's.
    ///
    /// [`is_about`]: crate::exchange::approval::Approval::is_about
    ///
    /// # Errors
    /// [`PackageError`] of approvals.
    pub fn decisions(&self, roster: &Roster, log: &ProvenLog) -> Result<Vec<Decided>, PackageError> {
        let people: BTreeSet<PersonId> = self
            .files()
            .filter_map(|(file, _)| match file {
                File::Approval(person) | File::ApprovalSignature(person) => Some(person),
                _ => None,
            })
            .collect();
        let name = RosterName::of(roster).map_err(|error| PackageError::Roster { epoch: roster.epoch(), error })?;
        people.into_iter().map(|person| self.decision(&person, roster, name, log)).collect()
    }

    fn decision(
        &self,
        id: &PersonId,
        roster: &Roster,
        name: RosterName,
        log: &ProvenLog,
    ) -> Result<Decided, PackageError> {
        let files = (self.file(&File::Approval(id.clone())), self.file(&File::ApprovalSignature(id.clone())));
        let (Some(text), Some(armored)) = files else { return Err(PackageError::Unpaired(id.clone())) };
        let person = roster.person(id).ok_or_else(|| PackageError::Stranger(id.clone()))?;
        let refused = |error| PackageError::Approval { person: id.clone(), error };
        let signed = SignedApproval::verify(text, armored, person).map_err(refused)?;
        let lines = signed.approval().lines();
        if lines.decision == Decision::Reject {
            return Err(PackageError::Rejected(id.clone()));
        }
        signed.approval().is_about(&self.subject(&lines.subject, name)).map_err(refused)?;
        if lines.diligence.as_ref().is_some_and(|diligence| diligence.channel == Channel::Scripted) {
            return Err(PackageError::Scripted(id.clone()));
        }
        let unlogged = || PackageError::Unlogged(format!("the decision of {id}"));
        let entry = log.decision(Digest::of(text), Digest::of(armored)).ok_or_else(unlogged)?.seq;
        if !person.holds(signed.key(), entry) {
            return Err(PackageError::Revoked(id.clone()));
        }
        Ok(Decided { person: person.clone(), signed, entry })
    }

    /// What this package must have been approved as, with the policy and the rule that the text gives.
    fn subject(&self, given: &Subject, roster: RosterName) -> Subject {
        Subject {
            operation: Operation::Issue,
            trace: Some(self.manifest.trace.clone()),
            statement_sha256: Some(self.manifest.in_reply_to.statement_sha256),
            object_sha256: self.manifest.plan_sha256,
            policy: given.policy.clone(),
            rule: given.rule,
            roster,
            host: self.manifest.ca.clone(),
        }
    }
}
