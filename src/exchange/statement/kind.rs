//! What crosses the gap, and who may send it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::exchange::statement::party::Role;

/// The kinds of transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// CSRs on their way to the CA.
    CsrBundle = 1,
    /// Certificates on their way to a cluster.
    CertPackage = 2,
    /// The keys of one side, introduced in person.
    Enrolment = 3,
    /// A head of the CA's audit log.
    Checkpoint = 4,
    /// The state of a CA host.
    StateBackup = 5,
}

/// The text names no kind.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a kind of transfer")]
pub struct KindError;

impl Kind {
    /// Every kind, by its digit.
    pub const ALL: [Self; 5] =
        [Self::CsrBundle, Self::CertPackage, Self::Enrolment, Self::Checkpoint, Self::StateBackup];

    /// The name, in statements and as the stem of file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CsrBundle => "csr-bundle",
            Self::CertPackage => "cert-package",
            Self::Enrolment => "enrolment",
            Self::Checkpoint => "checkpoint",
            Self::StateBackup => "state-backup",
        }
    }

    /// The digit on the sheet; it goes into every check digit, so the rows of another kind's sheet are typos.
    pub const fn sheet_digit(self) -> u8 {
        self as u8
    }

    /// The letter in the QR code of the sheet.
    pub const fn sheet_letter(self) -> char {
        match self {
            Self::CsrBundle => 'B',
            Self::CertPackage => 'P',
            Self::Enrolment => 'E',
            Self::Checkpoint => 'C',
            Self::StateBackup => 'S',
        }
    }

    /// Whether a party of this role sends this kind.
    pub const fn may_come_from(self, sender: Role) -> bool {
        match sender {
            Role::Cluster => matches!(self, Self::CsrBundle | Self::Enrolment),
            Role::Ca => !matches!(self, Self::CsrBundle),
            Role::Host => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(KindError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_digits_are_those_of_the_protocol() {
        let listed: Vec<_> = Kind::ALL.iter().map(|kind| (kind.sheet_digit(), kind.as_str())).collect();
        let expected =
            [(1, "csr-bundle"), (2, "cert-package"), (3, "enrolment"), (4, "checkpoint"), (5, "state-backup")];
        assert_eq!(listed, expected);
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("CSR-bundle".parse::<Kind>(), Err(KindError));
    }

    #[test]
    fn each_role_sends_its_kinds_only() {
        let sent = |role| Kind::ALL.into_iter().filter(|kind| kind.may_come_from(role)).collect::<Vec<_>>();
        assert_eq!(sent(Role::Cluster), [Kind::CsrBundle, Kind::Enrolment]);
        assert_eq!(sent(Role::Ca), [Kind::CertPackage, Kind::Enrolment, Kind::Checkpoint, Kind::StateBackup]);
        assert_eq!(sent(Role::Host), []);
    }
}
