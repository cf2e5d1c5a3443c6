//! What people decide about, and how.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::exchange::people::person::PersonRole;
use crate::exchange::signature::Namespace;

/// What is approved. A decision on one operation is none on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// The plan that answers a bundle.
    Issue,
    /// A plan of the CA's own: roots, cross-certificates, CRLs.
    Ca,
    /// Another policy.
    Policy,
    /// Another roster.
    Roster,
    /// A peer's enrolment record.
    Enrol,
    /// A key takes the place of another.
    KeyEvent,
    /// A statement leaves quarantine, or a peer's intake is unlocked.
    QuarantineClear,
    /// The clock is set back.
    ClockSet,
    /// The state is restored from a backup.
    Restore,
}

/// How a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// An officer says yes.
    Approve,
    /// An auditor was present; it never counts to a quorum.
    Witness,
    /// An officer says no, which closes the plan.
    Reject,
}

/// The text names no such thing.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no operation or decision of this name")]
pub struct NameError;

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Issue,
        Self::Ca,
        Self::Policy,
        Self::Roster,
        Self::Enrol,
        Self::KeyEvent,
        Self::QuarantineClear,
        Self::ClockSet,
        Self::Restore,
    ];

    /// As it stands in texts and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Ca => "ca",
            Self::Policy => "policy",
            Self::Roster => "roster",
            Self::Enrol => "enrol",
            Self::KeyEvent => "key-event",
            Self::QuarantineClear => "quarantine-clear",
            Self::ClockSet => "clock-set",
            Self::Restore => "restore",
        }
    }

    /// Whether its object is a plan, which belongs to a trace.
    pub const fn has_plan(self) -> bool {
        matches!(self, Self::Issue | Self::Ca)
    }

    /// Whether it answers a statement whose sheet its officers confirmed.
    pub const fn has_statement(self) -> bool {
        matches!(self, Self::Issue)
    }
}

impl Decision {
    const ALL: [Self; 3] = [Self::Approve, Self::Witness, Self::Reject];

    /// As it stands in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Witness => "witness",
            Self::Reject => "reject",
        }
    }

    /// The only role that decides so.
    pub const fn role(self) -> PersonRole {
        match self {
            Self::Approve | Self::Reject => PersonRole::Officer,
            Self::Witness => PersonRole::Auditor,
        }
    }

    /// The namespace it is signed in: a rejection can never pass for an approval.
    pub const fn namespace(self) -> Namespace {
        match self {
            Self::Approve | Self::Witness => Namespace::Approval,
            Self::Reject => Namespace::Rejection,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Operation {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == text).ok_or(NameError)
    }
}

impl FromStr for Decision {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|decision| decision.as_str() == text).ok_or(NameError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for operation in Operation::ALL {
            assert_eq!(operation.as_str().parse(), Ok(operation));
        }
        for decision in Decision::ALL {
            assert_eq!(decision.as_str().parse(), Ok(decision));
        }
        assert_eq!("Issue".parse::<Operation>(), Err(NameError));
        assert_eq!("approved".parse::<Decision>(), Err(NameError));
    }
}
