//! Who sends and who receives: `cluster:prod-bj1`, `ca:root-ca-01`.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// What a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A Kubernetes cluster, served by its online host.
    Cluster,
    /// One CA host; two hosts that hold the same key are two parties.
    Ca,
    /// A host of neither sort. It receives; it sends nothing.
    Host,
}

/// A role and a name, `[a-z0-9][a-z0-9.-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Party {
    role: Role,
    name: String,
}

/// The text is not a party.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a party of the form cluster:NAME, ca:NAME or host:NAME, with a name of a-z, 0-9, '.' and '-'")]
pub struct PartyError;

const MAX_NAME: usize = 63;

impl Role {
    const ALL: [Self; 3] = [Self::Cluster, Self::Ca, Self::Host];

    /// As it stands before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Ca => "ca",
            Self::Host => "host",
        }
    }
}

impl Party {
    /// What it is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Its name, unique within its role.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The origin of its log, which is also the name of the log's key.
    pub fn log_origin(&self) -> String {
        format!("airlock/{}/log", self.name)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role.as_str(), self.name)
    }
}

impl FromStr for Party {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, PartyError> {
        let (role, name) = text.split_once(':').ok_or(PartyError)?;
        let role = Role::ALL.into_iter().find(|known| known.as_str() == role).ok_or(PartyError)?;
        let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let of_the_alphabet = name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
        if begins_well && of_the_alphabet && name.len() <= MAX_NAME {
            Ok(Self { role, name: name.to_owned() })
        } else {
            Err(PartyError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_read_back() {
        let longest = format!("host:{}", "a".repeat(MAX_NAME));
        for text in ["cluster:prod-bj1", "ca:root-ca-01", "host:0.a-", &longest] {
            assert_eq!(text.parse::<Party>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let too_long = format!("ca:{}", "a".repeat(MAX_NAME + 1));
        for text in [
            "", "ca", "ca:", "CA:x", "ca:X", "ca:-x", "ca:.x", "ca: x", "ca:a b", "ca:a:b", "rogue:x", "ca:é",
            &too_long,
        ] {
            assert_eq!(text.parse::<Party>(), Err(PartyError), "{text}");
        }
    }
}
