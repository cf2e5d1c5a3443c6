//! One person: an id, a name, a role and keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::exchange::signature::public_key::SshPublicKey;

/// What a person may do. One person has one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRole {
    /// Confirms sheets, reviews, approves, logs in to the HSM.
    Officer,
    /// Reads, verifies, exports and witnesses; never counts to a quorum.
    Auditor,
    /// Installs, registers media, backs up.
    Sysadmin,
    /// Exports bundles and imports packages on the online side.
    Requester,
}

impl PersonRole {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Officer, Self::Auditor, Self::Sysadmin, Self::Requester];

    /// As it stands in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Auditor => "auditor",
            Self::Sysadmin => "sysadmin",
            Self::Requester => "requester",
        }
    }
}

impl fmt::Display for PersonRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The id of a person: `[a-z][a-z0-9-]{0,31}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct PersonId(String);

/// The text is not the id of a person.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a person id of a letter and up to 31 letters, digits and '-', all lower case")]
pub struct PersonIdError;

impl PersonId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PersonId {
    type Err = PersonIdError;

    fn from_str(text: &str) -> Result<Self, PersonIdError> {
        let of_the_alphabet = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let begins_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins_well && of_the_alphabet && text.len() <= 32 { Ok(Self(text.to_owned())) } else { Err(PersonIdError) }
    }
}

/// A role and an id, as `officer:li`: the principal of a signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// The role.
    pub role: PersonRole,
    /// The person.
    pub id: PersonId,
}

/// The text is not a principal.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a principal of the form officer:ID, auditor:ID, sysadmin:ID or requester:ID")]
pub struct PrincipalError;

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role, self.id)
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let (role, id) = text.split_once(':').ok_or(PrincipalError)?;
        let role = PersonRole::ALL.into_iter().find(|known| known.as_str() == role).ok_or(PrincipalError)?;
        Ok(Self { role, id: id.parse().map_err(|_| PrincipalError)? })
    }
}

/// A key of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonKey {
    /// The key.
    pub key: SshPublicKey,
    /// Index in the CA's log; signatures that stand in entries from there on do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_from: Option<u64>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The id, unique in the roster.
    pub id: PersonId,
    /// The keys, each of one person only.
    pub keys: Vec<PersonKey>,
    /// The name as people say it, printable ASCII.
    pub name: String,
    /// The one role.
    pub role: PersonRole,
}

impl Person {
    /// The principal of this person's signatures.
    pub fn principal(&self) -> Principal {
        Principal { role: self.role, id: self.id.clone() }
    }

    /// Whether `key` is this person's and counts in the log entry `index`.
    pub fn holds(&self, key: &SshPublicKey, index: u64) -> bool {
        self.keys.iter().any(|own| own.key == *key && own.revoked_from.is_none_or(|from| index < from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_principals_read_back() {
        for text in ["officer:li", "auditor:zhao", "sysadmin:qian", "requester:zhang-wei"] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let long = format!("a{}", "b".repeat(32));
        for text in ["", "Li", "1i", "-li", "li:", "l i", "li\u{200b}", &long] {
            assert_eq!(text.parse::<PersonId>(), Err(PersonIdError), "{text:?}");
        }
        for text in ["li", "officer:", "chief:li", "officer:Li", "officer:li:x", "OFFICER:li"] {
            assert_eq!(text.parse::<Principal>(), Err(PrincipalError), "{text:?}");
        }
    }
}
