//! Why a sheet cannot be typed, or does not open anything.

use thiserror::Error;

use crate::exchange::code::rows::Rows;
use crate::exchange::draw::CoverageError;
use crate::exchange::draw::entry::EntryError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

/// Why a sheet cannot be typed, or does not suffice.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PaperError {
    /// An entry says something of a sheet that cannot follow from the entries before it.
    #[error("log entry {0} does not fit what the log says of its sheet")]
    Log(u64),
    /// No rows were drawn for this statement on this host.
    #[error("no rows have been drawn for this statement")]
    NotDrawn,
    /// The statement is in quarantine since this log entry.
    #[error("the statement is in quarantine: its sheet did not match (log entry {0})")]
    Quarantined(u64),
    /// Two sheets of this peer were given up within a day.
    #[error("the intake of {0} is locked: two of its sheets were given up within a day")]
    Locked(String),
    /// A sitting of this sheet never ended; that has to be written down first.
    #[error("an earlier sitting of this sheet was left without an end")]
    Unfinished,
    /// This person can type no more rows now.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The rows confirmed do not suffice.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// Not enough people confirmed all sixteen rows each.
    #[error("{have} of {need} people have confirmed all sixteen rows; the next one lacks {missing}")]
    Wholes {
        /// People who did.
        have: usize,
        /// People needed.
        need: usize,
        /// The rows that the person nearest to it has not typed.
        missing: Rows,
    },
    /// The evidence is of another statement.
    #[error("the rows were confirmed for another statement ({0})")]
    Statement(Digest),
}

impl Refusal for PaperError {
    fn reason(&self) -> Reason {
        let (class, code, hint) = match self {
            Self::Entry(error) => return error.reason(),
            Self::Coverage(error) => return error.reason(),
            Self::Log(_) => (Class::Inconsistent, "PAPER_LOG", "stop; call the auditor; the log contradicts itself"),
            Self::NotDrawn => (Class::Sheet, "PAPER_NOT_DRAWN", "receive the transfer on this host first"),
            Self::Quarantined(_) => (
                Class::Sheet,
                "PAPER_QUARANTINED",
                "keep the medium and the sheet; the way out of this host is told by: airlock quarantine list",
            ),
            Self::Locked(_) => (
                Class::Sheet,
                "PAPER_LOCKED",
                "find out why the sheets were given up; on a CA host: airlock quarantine clear; online wait for more than a day",
            ),
            Self::Unfinished => {
                (Class::Inconsistent, "PAPER_UNFINISHED", "start airlock again; it writes the abandoned sitting down")
            }
            Self::Wholes { .. } => {
                (Class::Sheet, "PAPER_WHOLES", "have each person who decides type all sixteen rows from the paper")
            }
            Self::Statement(_) => (Class::Sheet, "PAPER_STATEMENT", "type the sheet of this very transfer"),
        };
        Reason::new(class, code, hint)
    }
}
