//! Rosters newer than the pinned one: each approved by enough people of the one before it, so that people may come and
//! go without a new enrolment.
//!
//! Only the entries of one trace travel with a package, and the approval of a roster belongs to none. So no log index
//! tells whether a key was revoked before or after: a key that the older roster revokes at all does not count.

use std::collections::BTreeSet;

use super::layout::File;
use super::{Package, PackageError};
use crate::exchange::approval::operation::{Decision, Operation};
use crate::exchange::approval::rule::{RosterName, Rule, RuleName};
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::approval::subject::Subject;
use crate::exchange::people::person::PersonId;
use crate::exchange::people::roster::Roster;
use crate::wire::digest::Digest;

impl Package<'_> {
    /// Follows the rosters of the package from `pinned` and returns the last one; the pinned one where there is none.
    ///
    /// # Errors
    /// [`PackageError`] of rosters.
    pub fn rosters(&self, pinned: &Roster) -> Result<Roster, PackageError> {
        let epochs: BTreeSet<u64> = self
            .files()
            .filter_map(|(file, _)| match file {
                File::Roster(epoch) | File::RosterApproval(epoch, _) | File::RosterSignature(epoch, _) => Some(epoch),
                _ => None,
            })
            .collect();
        let mut newest = pinned.clone();
        for epoch in epochs {
            newest = self.next_roster(epoch, &newest)?;
        }
        Ok(newest)
    }

    fn next_roster(&self, epoch: u64, old: &Roster) -> Result<Roster, PackageError> {
        let bytes = self.file(&File::Roster(epoch)).ok_or(PackageError::RosterOrder(epoch))?;
        let new = Roster::parse(bytes).map_err(|error| PackageError::Roster { epoch, error })?;
        if new.epoch() != epoch || Some(epoch) != old.epoch().checked_add(1) || new.ca() != old.ca() {
            return Err(PackageError::RosterOrder(epoch));
        }
        let name = RosterName::of(old).map_err(|error| PackageError::Roster { epoch, error })?;
        let signed = self.roster_approvals(epoch, old, name, Digest::of(bytes))?;
        // A person has one file here, so whoever is counted is counted once.
        let said = |decision| signed.iter().filter(|one| one.approval().lines().decision == decision).count();
        let (officers, auditors) = (said(Decision::Approve), said(Decision::Witness));
        // Each rejection before it asks for one officer more (R19); every approval names the same rule or is another's.
        let asked = signed.iter().map(|one| one.approval().lines().subject.rule.officers).max();
        let needed = old.quorum().administration.max(asked.unwrap_or_default());
        if officers as u64 >= needed && auditors > 0 {
            Ok(new)
        } else {
            Err(PackageError::RosterQuorum { epoch, officers, auditors, needed })
        }
    }

    fn roster_approvals(
        &self,
        epoch: u64,
        old: &Roster,
        name: RosterName,
        object_sha256: Digest,
    ) -> Result<Vec<SignedApproval>, PackageError> {
        let people = self.files().filter_map(|(file, _)| match file {
            File::RosterApproval(of, person) | File::RosterSignature(of, person) if of == epoch => Some(person),
            _ => None,
        });
        let people: BTreeSet<PersonId> = people.collect();
        let one = |id: &PersonId| {
            let text = self.file(&File::RosterApproval(epoch, id.clone()));
            let armored = self.file(&File::RosterSignature(epoch, id.clone()));
            let (Some(text), Some(armored)) = (text, armored) else { return Err(PackageError::Unpaired(id.clone())) };
            let person = old.person(id).ok_or_else(|| PackageError::Stranger(id.clone()))?;
            let refused = |error| PackageError::Approval { person: id.clone(), error };
            let signed = SignedApproval::verify(text, armored, person).map_err(refused)?;
            if signed.approval().lines().decision == Decision::Reject {
                return Err(PackageError::Rejected(id.clone()));
            }
            let base = Rule::of(RuleName::Administration, old);
            let asked = signed.approval().lines().subject.rule.officers;
            let subject = Subject {
                operation: Operation::Roster,
                trace: None,
                statement_sha256: None,
                object_sha256,
                policy: signed.approval().lines().subject.policy.clone(),
                rule: Rule { officers: asked.max(base.officers), ..base },
                roster: name,
                host: old.ca().clone(),
            };
            signed.approval().is_about(&subject).map_err(refused)?;
            let is_revoked = !person.holds(signed.key(), u64::MAX);
            if is_revoked { Err(PackageError::Revoked(id.clone())) } else { Ok(signed) }
        };
        people.iter().map(one).collect()
    }
}
