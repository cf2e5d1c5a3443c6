//! The roster: the people of a CA and of its clusters, and the quorum each operation needs (`airlock.roster/1`).
//!
//! An importer pins it at enrolment and counts approvals by it, whatever a package says.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::person::{Person, PersonId, PersonRole, Principal};
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::party::{Party, Role};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::json::{self, JsonError};

/// The first key of the file.
pub const FORMAT: &str = "airlock.roster/1";
/// The most people.
pub const MAX_PERSONS: usize = 256;

/// How many officers each operation needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Policy, roster, enrolment, quarantine, clock, restore; with an auditor's witness.
    pub administration: u64,
    /// CRLs without new entries.
    pub crl: u64,
    /// Certificates of ordinary identities.
    pub leaf: u64,
    /// Identities that give full rights, each ticked by each officer.
    pub privileged: u64,
    /// Roots, cross-certificates and intermediates; with an auditor's witness.
    pub root: u64,
}

/// The fields of a roster as written, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterFields {
    /// The CA host.
    pub ca: Party,
    /// From 1; one more with each change.
    pub epoch: u64,
    /// [`FORMAT`].
    pub format: String,
    /// Everyone, by id.
    pub persons: Vec<Person>,
    /// The quorum rules.
    pub quorum: Quorum,
}

/// A checked roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster(RosterFields);

/// Why a roster was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RosterError {
    /// Not JSON of this form.
    #[error("the roster is not of its form: {0}")]
    Json(#[from] JsonError),
    /// Another format or version.
    #[error("the roster is not of the format {FORMAT}")]
    Format,
    /// The roster is not of a CA.
    #[error("the roster is not of a CA host")]
    Ca,
    /// Persons are missing, too many, out of order or repeated.
    #[error("the persons of the roster are not sorted by id, each once, at most {MAX_PERSONS}")]
    Persons,
    /// A name is not short printable text.
    #[error("the name of {0} is not printable text of 1 to 64 characters")]
    Name(PersonId),
    /// A person has no key.
    #[error("{0} has no key")]
    NoKey(PersonId),
    /// A key is listed twice; two people could be one, or one could be two.
    #[error("a key of {0} is listed twice")]
    SharedKey(PersonId),
    /// There is no auditor.
    #[error("the roster has no auditor")]
    NoAuditor,
    /// A quorum is zero, or one lost officer would stop the CA, or a stricter rule needs fewer people.
    #[error("the quorum {0:?} does not fit {1} officers")]
    Quorum(&'static str, u64),
}

impl Roster {
    /// Reads a roster file.
    ///
    /// # Errors
    /// Any [`RosterError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RosterError> {
        Self::try_from(json::from_slice::<RosterFields>(bytes)?)
    }

    /// The file.
    ///
    /// # Errors
    /// [`RosterError::Json`]; not for a roster that was parsed.
    pub fn to_json(&self) -> Result<Vec<u8>, RosterError> {
        Ok(json::to_vec(&self.0)?)
    }

    /// The digest of the file, as plans and approvals name it.
    ///
    /// # Errors
    /// As [`Roster::to_json`].
    pub fn digest(&self) -> Result<Digest, RosterError> {
        Ok(Digest::of(&self.to_json()?))
    }

    /// What it says, to be put into other files.
    pub fn fields(&self) -> &RosterFields {
        &self.0
    }

    /// The CA host.
    pub fn ca(&self) -> &Party {
        &self.0.ca
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }

    /// The quorum rules.
    pub fn quorum(&self) -> &Quorum {
        &self.0.quorum
    }

    /// Everyone, by id.
    pub fn persons(&self) -> &[Person] {
        &self.0.persons
    }

    /// The person of this id.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.0.persons.iter().find(|person| person.id == *id)
    }

    /// The person of this principal, if the role is his.
    pub fn principal(&self, principal: &Principal) -> Option<&Person> {
        self.person(&principal.id).filter(|person| person.role == principal.role)
    }

    /// The person who holds `key`, if any.
    pub fn holder(&self, key: &SshPublicKey) -> Option<&Person> {
        self.0.persons.iter().find(|person| person.keys.iter().any(|own| own.key == *key))
    }

    /// How many officers there are whose keys are not all revoked.
    pub fn officers(&self) -> u64 {
        officers(&self.0.persons)
    }
}

impl TryFrom<RosterFields> for Roster {
    type Error = RosterError;

    fn try_from(fields: RosterFields) -> Result<Self, RosterError> {
        if fields.format != FORMAT {
            return Err(RosterError::Format);
        }
        if fields.ca.role() != Role::Ca {
            return Err(RosterError::Ca);
        }
        check_persons(&fields.persons)?;
        check_quorum(&fields.quorum, officers(&fields.persons))?;
        Ok(Self(fields))
    }
}

fn officers(persons: &[Person]) -> u64 {
    let active = |p: &&Person| p.role == PersonRole::Officer && p.keys.iter().any(|key| key.revoked_from.is_none());
    persons.iter().filter(active).count() as u64
}

fn check_persons(persons: &[Person]) -> Result<(), RosterError> {
    if persons.len() > MAX_PERSONS || !persons.is_sorted_by(|a, b| a.id < b.id) {
        return Err(RosterError::Persons);
    }
    let mut keys = BTreeSet::new();
    for person in persons {
        let printable = person.name.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if !printable || person.name.trim().is_empty() || person.name.len() > 64 {
            return Err(RosterError::Name(person.id.clone()));
        }
        if person.keys.is_empty() {
            return Err(RosterError::NoKey(person.id.clone()));
        }
        if !person.keys.iter().all(|own| keys.insert(own.key.as_ed25519())) {
            return Err(RosterError::SharedKey(person.id.clone()));
        }
    }
    if persons.iter().any(|p| p.role == PersonRole::Auditor) { Ok(()) } else { Err(RosterError::NoAuditor) }
}

fn check_quorum(quorum: &Quorum, officers: u64) -> Result<(), RosterError> {
    for (name, needed) in [
        ("administration", quorum.administration),
        ("crl", quorum.crl),
        ("leaf", quorum.leaf),
        ("privileged", quorum.privileged),
        ("root", quorum.root),
    ] {
        // One officer to spare: a lost key must not stop the CA.
        if needed == 0 || needed >= officers {
            return Err(RosterError::Quorum(name, officers));
        }
    }
    if quorum.leaf < 2 || quorum.leaf > quorum.privileged {
        return Err(RosterError::Quorum("leaf", officers));
    }
    if quorum.privileged > quorum.root {
        return Err(RosterError::Quorum("privileged", officers));
    }
    Ok(())
}

impl Refusal for RosterError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::Json(_) => "ROSTER_FORM",
            Self::Format => "ROSTER_FORMAT",
            Self::Ca => "ROSTER_CA",
            Self::Persons => "ROSTER_PERSONS",
            Self::Name(_) => "ROSTER_NAME",
            Self::NoKey(_) => "ROSTER_NO_KEY",
            Self::SharedKey(_) => "ROSTER_SHARED_KEY",
            Self::NoAuditor => "ROSTER_NO_AUDITOR",
            Self::Quorum(..) => "ROSTER_QUORUM",
        };
        Reason::new(Class::Verification, code, "have the people file corrected and the roster made again")
    }
}

#[cfg(test)]
mod tests;
