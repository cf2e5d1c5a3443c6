//! The quorum rule a decision was asked under, as `leaf 2-of-4`, and the names of policies and rosters.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::exchange::people::roster::{Quorum, Roster, RosterError};
use crate::wire::digest::Digest;

/// Which rule of the roster applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleName {
    /// CRLs without new entries.
    Crl,
    /// Certificates of ordinary identities.
    Leaf,
    /// Identities that give full rights.
    Privileged,
    /// Roots, cross-certificates and intermediates.
    Root,
    /// Whatever has no plan: policy, roster, enrolment, quarantine, clock, restore.
    Administration,
}

/// A rule and what it asked for at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Which rule.
    pub name: RuleName,
    /// Officers needed.
    pub officers: u64,
    /// Officers there are.
    pub of: u64,
}

/// A policy by its name and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyName {
    /// What people call it.
    pub id: PolicyId,
    /// Digest of the file.
    pub sha256: Digest,
}

/// A roster by its epoch and its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterName {
    /// Its epoch.
    pub epoch: u64,
    /// Digest of the file.
    pub sha256: Digest,
}

/// The id of a policy: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct PolicyId(String);

/// The text is not a rule, a policy or a roster.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not the name of a rule, a policy or a roster")]
pub struct NameError;

impl RuleName {
    const ALL: [Self; 5] = [Self::Crl, Self::Leaf, Self::Privileged, Self::Root, Self::Administration];

    /// As it stands in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crl => "crl",
            Self::Leaf => "leaf",
            Self::Privileged => "privileged",
            Self::Root => "root",
            Self::Administration => "administration",
        }
    }

    /// How many officers the rule needs.
    pub const fn officers(self, quorum: &Quorum) -> u64 {
        match self {
            Self::Crl => quorum.crl,
            Self::Leaf => quorum.leaf,
            Self::Privileged => quorum.privileged,
            Self::Root => quorum.root,
            Self::Administration => quorum.administration,
        }
    }

    /// Whether it needs an auditor's witness besides.
    pub const fn needs_auditor(self) -> bool {
        matches!(self, Self::Root | Self::Administration)
    }
}

impl Rule {
    /// What `roster` asks for under the rule of this name.
    pub fn of(name: RuleName, roster: &Roster) -> Self {
        Self { name, officers: name.officers(roster.quorum()), of: roster.officers() }
    }
}

impl RosterName {
    /// The name of `roster`.
    ///
    /// # Errors
    /// As [`Roster::digest`].
    pub fn of(roster: &Roster) -> Result<Self, RosterError> {
        Ok(Self { epoch: roster.epoch(), sha256: roster.digest()? })
    }
}

impl PolicyId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}-of-{}", self.name, self.officers, self.of)
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.sha256)
    }
}

impl fmt::Display for RosterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.epoch, self.sha256)
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RuleName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(NameError)
    }
}

impl FromStr for Rule {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (name, counts) = text.split_once(' ').ok_or(NameError)?;
        let (officers, of) = counts.split_once("-of-").ok_or(NameError)?;
        let number = |digits: &str| digits.parse().map_err(|_| NameError);
        let rule = Self { name: name.parse()?, officers: number(officers)?, of: number(of)? };
        if (1..=rule.of).contains(&rule.officers) && rule.to_string() == text { Ok(rule) } else { Err(NameError) }
    }
}

impl FromStr for PolicyName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (id, sha256) = text.split_once(' ').ok_or(NameError)?;
        Ok(Self { id: id.parse()?, sha256: sha256.parse().map_err(|_| NameError)? })
    }
}

impl FromStr for RosterName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (epoch, sha256) = text.split_once(' ').ok_or(NameError)?;
        let epoch = epoch.parse().map_err(|_| NameError)?;
        let name = Self { epoch, sha256: sha256.parse().map_err(|_| NameError)? };
        if name.to_string() == text { Ok(name) } else { Err(NameError) }
    }
}

impl FromStr for PolicyId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let of_the_alphabet = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if begins_well && of_the_alphabet && text.len() <= 64 { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back_in_one_spelling() {
        for text in ["leaf 2-of-4", "administration 3-of-4", "crl 1-of-10"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for text in
            ["", "leaf", "leaf 0-of-4", "leaf 5-of-4", "leaf 02-of-4", "Leaf 2-of-4", "leaf  2-of-4", "leaf 2-of-"]
        {
            assert_eq!(text.parse::<Rule>(), Err(NameError), "{text}");
        }
    }

    #[test]
    fn policies_and_rosters_read_back_in_one_spelling() {
        let digest = Digest::of(b"");
        for text in [format!("POL-2026-01 {digest}"), format!("p {digest}")] {
            assert_eq!(text.parse::<PolicyName>().unwrap().to_string(), text);
        }
        for text in [format!(" {digest}"), format!("-p {digest}"), format!("p  {digest}"), "p".to_owned()] {
            assert_eq!(text.parse::<PolicyName>(), Err(NameError), "{text}");
        }
        assert!(format!("1 {digest}").parse::<RosterName>().is_ok());
        for text in [format!("01 {digest}"), format!("+1 {digest}"), format!("x {digest}"), "1 ".to_owned()] {
            assert_eq!(text.parse::<RosterName>(), Err(NameError), "{text}");
        }
        assert_eq!("a".repeat(65).parse::<PolicyId>(), Err(NameError));
    }
}
