//! The statement: the eight plain-text lines that are signed, hashed and printed for one transfer.
//!
//! ```text
//! airlock-statement-v1
//! kind: csr-bundle
//! trace: 20250722-7Q2K-9M4F-B
//! from: cluster:prod-bj1
//! to: ca:root-ca-01
//! items: 42
//! expires: 2025-07-29T03:00:00Z
//! file-sha256: 9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52
//! ```
//!
//! It is the only text that is parsed before anything is confirmed on paper, so each value has one spelling, the order
//! is fixed, every line ends in LF, and 512 bytes are the limit.

pub mod kind;
pub mod party;

use thiserror::Error;

use crate::exchange::lines::{self, LineError};
use crate::exchange::trace::{Trace, TraceError};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;
use kind::Kind;
use party::Party;

/// The longest statement that is read, in bytes.
pub const MAX_BYTES: usize = 512;
/// The largest number of items.
pub const MAX_ITEMS: u32 = 99_999;

const HEADER: &str = "airlock-statement-v1";

/// What a statement says, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// What crosses.
    pub kind: Kind,
    /// The exchange it belongs to.
    pub trace: Trace,
    /// Who made it; its key signs the statement.
    pub from: Party,
    /// Whom it is for.
    pub to: Party,
    /// How many things it carries; what is counted is the format's rule.
    pub items: u32,
    /// Not to be accepted after this time.
    pub expires: Timestamp,
    /// SHA-256 of the file as it lies on the medium, of the ciphertext where it is encrypted.
    pub file_sha256: Digest,
}

/// Lines that fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement(Lines);

/// Why a statement was refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StatementError {
    /// Longer than [`MAX_BYTES`].
    #[error("statement is longer than {MAX_BYTES} bytes")]
    Length,
    /// A character outside 0x20..0x7E, or a line that does not end in LF.
    #[error("statement is not lines of printable ASCII, each ending in LF")]
    Characters,
    /// The first line is another one.
    #[error("statement does not begin with {HEADER:?}")]
    Version,
    /// A line is missing, out of order, repeated or too many.
    #[error("statement has no line \"{0}: \" where it belongs, or lines after the last")]
    Line(&'static str),
    /// A value is not of its form.
    #[error("statement line {0:?} does not hold a value of its form")]
    Value(&'static str),
    /// The trace is not a trace.
    #[error("statement: {0}")]
    Trace(TraceError),
    /// The sender may not make statements of this kind.
    #[error("a statement of kind {kind} does not come from {from}")]
    Sender {
        /// The kind claimed.
        kind: Kind,
        /// The sender claimed.
        from: Party,
    },
}

impl Statement {
    /// Takes lines that fit together.
    ///
    /// # Errors
    /// [`StatementError::Value`] for more than [`MAX_ITEMS`], [`StatementError::Sender`] where the role of `from` may
    /// not make this kind.
    pub fn new(lines: Lines) -> Result<Self, StatementError> {
        if lines.items > MAX_ITEMS {
            return Err(StatementError::Value("items"));
        }
        if !lines.kind.may_come_from(lines.from.role()) {
            return Err(StatementError::Sender { kind: lines.kind, from: lines.from });
        }
        Ok(Self(lines))
    }

    /// Reads `bytes`, which must be exactly what [`Statement::text`] prints.
    ///
    /// # Errors
    /// Any [`StatementError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let mut rest = lines::Lines::of(bytes, MAX_BYTES)?;
        rest.header(&[HEADER])?;
        let parsed = Lines {
            kind: rest.value("kind")?,
            trace: rest.field("trace")?.parse().map_err(StatementError::Trace)?,
            from: rest.value("from")?,
            to: rest.value("to")?,
            items: rest.value("items")?,
            expires: rest.value("expires")?,
            file_sha256: rest.value("file-sha256")?,
        };
        rest.end()?;
        let statement = Self::new(parsed)?;
        // Only a number still has other spellings here ("+42", "042").
        if statement.text().as_bytes() == bytes { Ok(statement) } else { Err(LineError::Spelling.into()) }
    }

    /// The eight lines, byte for byte as they are signed, hashed and printed.
    pub fn text(&self) -> String {
        let Lines { kind, trace, from, to, items, expires, file_sha256 } = &self.0;
        format!(
            "{HEADER}\nkind: {kind}\ntrace: {trace}\nfrom: {from}\nto: {to}\nitems: {items}\nexpires: {expires}\n\
             file-sha256: {file_sha256}\n"
        )
    }

    /// SHA-256 of [`Statement::text`].
    ///
    /// It is the code on the paper in another form: where the sheet has not been confirmed, it is not shown.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Names the statement in the log and on disk: SHA-256 of [`Statement::text`] behind a prefix of its own, so that
    /// no row of the code can be read off it.
    pub fn id(&self) -> Digest {
        Digest::of(format!("airlock-statement-id-v1\n{}", self.text()).as_bytes())
    }

    /// What the statement says.
    pub fn lines(&self) -> &Lines {
        &self.0
    }
}

impl From<LineError> for StatementError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Length(_) => Self::Length,
            LineError::Characters => Self::Characters,
            LineError::Version => Self::Version,
            LineError::Line(key) => Self::Line(key),
            LineError::Value(key) => Self::Value(key),
            LineError::Spelling => Self::Value("items"),
        }
    }
}

impl Refusal for StatementError {
    fn reason(&self) -> Reason {
        const CALL: &str = "keep the medium and call the sender on a number you already have";
        let code = match self {
            Self::Length => "STATEMENT_LENGTH",
            Self::Characters => "STATEMENT_CHARACTERS",
            Self::Version => "STATEMENT_VERSION",
            Self::Line(_) => "STATEMENT_LINE",
            Self::Value(_) => "STATEMENT_VALUE",
            Self::Trace(_) => "STATEMENT_TRACE",
            Self::Sender { .. } => "STATEMENT_SENDER",
        };
        Reason::new(Class::Verification, code, CALL)
    }
}
