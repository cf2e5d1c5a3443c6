//! Why a decision does not count.

use thiserror::Error;

use super::operation::{Decision, Operation};
use crate::exchange::lines::LineError;
use crate::exchange::people::person::Principal;
use crate::exchange::signature::SignatureError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// Why a text is no decision, or not the one that is needed.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ApprovalError {
    /// Not the lines of an approval or a rejection.
    #[error("approval: {0}")]
    Lines(#[from] LineError),
    /// The first line says approval and the decision is to reject, or the other way round.
    #[error("the text does not begin as one with the decision {0}")]
    Header(Decision),
    /// The subject lacks a line, has one too many, or is not about a CA.
    #[error("the lines of the approval are not those of the operation {0}")]
    Subject(Operation),
    /// The role of the person does not decide so.
    #[error("{0} may not decide so")]
    Role(Principal),
    /// What an officer did at the paper is missing, or stands where it does not belong.
    #[error("the lines from sheet to privileged-ticked are missing, or do not belong there")]
    Diligence,
    /// Fewer than eight rows, or fewer attempts than rows.
    #[error("the approval does not confirm eight rows")]
    Rows,
    /// Ticked requests are repeated or out of order.
    #[error("the ticked requests are not in order")]
    Ticks,
    /// A rejection has no reason, or something else has one.
    #[error("a rejection has a reason of up to 400 printable characters, and nothing else has")]
    Reason,
    /// Signed by another person than the text names.
    #[error("the approval is by {found}, not by {expected}")]
    Person {
        /// Whom the text names.
        found: Principal,
        /// Whose signature it should bear.
        expected: Principal,
    },
    /// The signature does not verify under any key of the person.
    #[error("{person}: {error}")]
    Signature {
        /// Whom the text names.
        person: Principal,
        /// Why it does not.
        error: SignatureError,
    },
    /// It decides on something else.
    #[error("the approval is about something else: its line {0:?} differs")]
    Other(&'static str),
    /// It was made before its object was closed or after it had expired.
    #[error("the approval was made at {0}, when its object was not open")]
    Time(Timestamp),
}

impl Refusal for ApprovalError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "have this person decide again on the host that shows the object";
        let (class, code) = match self {
            Self::Signature { error, .. } => return error.reason(),
            Self::Lines(LineError::Length(_)) => (Class::Verification, "APPROVAL_LENGTH"),
            Self::Lines(LineError::Characters) => (Class::Verification, "APPROVAL_CHARACTERS"),
            Self::Lines(LineError::Version) => (Class::Verification, "APPROVAL_VERSION"),
            Self::Lines(LineError::Line(_)) => (Class::Verification, "APPROVAL_LINE"),
            Self::Lines(LineError::Value(_)) => (Class::Verification, "APPROVAL_VALUE"),
            Self::Lines(LineError::Spelling) => (Class::Verification, "APPROVAL_SPELLING"),
            Self::Header(_) => (Class::Verification, "APPROVAL_HEADER"),
            Self::Subject(_) => (Class::Verification, "APPROVAL_SUBJECT"),
            Self::Role(_) => (Class::Quorum, "APPROVAL_ROLE"),
            Self::Diligence => (Class::Verification, "APPROVAL_DILIGENCE"),
            Self::Rows => (Class::Sheet, "APPROVAL_ROWS"),
            Self::Ticks => (Class::Verification, "APPROVAL_TICKS"),
            Self::Reason => (Class::Usage, "APPROVAL_REASON"),
            Self::Person { .. } => (Class::Quorum, "APPROVAL_PERSON"),
            Self::Other("operation") => (Class::Quorum, "APPROVAL_OPERATION"),
            Self::Other(_) => (Class::Quorum, "APPROVAL_OTHER"),
            Self::Time(_) => (Class::Quorum, "APPROVAL_TIME"),
        };
        Reason::new(class, code, AGAIN)
    }
}
