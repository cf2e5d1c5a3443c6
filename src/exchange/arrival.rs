//! A transfer on its way in: closed until its sheet was typed from paper, whatever it holds.
//!
//! ```text
//! receive(files) → Closed<K> ─ confirm(evidence) → Confirmed<K> ─ open(…) → the content
//! ```
//!
//! What is checked while it is closed is the statement alone, in this order: its grammar, that it is the one of these
//! files, of this kind and for this host, that its sender is enrolled and signed it, that it has not expired and is
//! awaited under a trace of its own, that neither it nor its sender is locked out; then that the file is the one it names.
//! Nothing inside is read before [`Closed::confirm`]. The states die with the process: to resume is to read the bytes again
//! and to look the confirmation up in the log.

use std::fmt;
use std::marker::PhantomData;

use thiserror::Error;

use crate::audit::detail::{OobDraw, Received};
use crate::audit::event::Event;
use crate::exchange::draw::Draw;
use crate::exchange::paper::PaperError;
use crate::exchange::paper::evidence::{Demand, Evidence};
use crate::exchange::paper::papers::Papers;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::signature::{self, Namespace, SignatureError};
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::party::Party;
use crate::exchange::statement::{Statement, StatementError};
use crate::exchange::transfer::{TransferError, TransferSet};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What may be inside a transfer.
pub trait Content {
    /// The kind of transfer it travels in.
    const KIND: Kind;
}

/// The three files of a transfer as they were copied in.
#[derive(Debug)]
pub struct Files {
    /// Their names.
    pub set: TransferSet,
    /// The payload.
    pub payload: Vec<u8>,
    /// The statement.
    pub statement: Vec<u8>,
    /// The signature on the statement.
    pub signature: Vec<u8>,
}

/// What this host knows before it reads a transfer.
pub struct Reception<'a> {
    /// This host, as peers address it.
    pub host: &'a Party,
    /// The time.
    pub now: Timestamp,
    /// The sheets of this host.
    pub papers: &'a Papers,
    /// The statement key pinned for a party, if it is enrolled.
    pub key_of: &'a dyn Fn(&Party) -> Option<SshPublicKey>,
    /// How a statement stands with this host.
    pub standing: &'a dyn Fn(&Statement) -> Standing,
}

/// How a statement stands with a host, by its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be taken in, for the first time or again: nothing has been consumed.
    Welcome,
    /// What it brings has been acted on.
    Spent,
    /// It answers nothing that was asked, or something that was given up.
    Unasked,
    /// Its trace is that of another kind of exchange, or of another sender.
    Taken,
}

/// A transfer that nobody has confirmed. Its content cannot be reached:
///
/// ```compile_fail,E0599
/// # use airlock::exchange::arrival::Closed;
/// # use airlock::exchange::csr_bundle::CsrBundle;
/// fn peek(closed: Closed<CsrBundle>) -> usize {
///     closed.payload().len()
/// }
/// ```
///
/// ```
/// # use airlock::exchange::arrival::{Closed, Confirmed, Mismatch};
/// # use airlock::exchange::csr_bundle::CsrBundle;
/// # use airlock::exchange::paper::evidence::Evidence;
/// fn open(closed: Closed<CsrBundle>, typed: &Evidence) -> Result<usize, Mismatch<Closed<CsrBundle>>> {
///     Ok(closed.confirm(typed)?.payload().len())
/// }
/// ```
#[must_use]
pub struct Closed<K> {
    arrived: Arrived,
    kind: PhantomData<fn() -> K>,
}

/// A transfer whose sheet people typed from paper.
#[must_use]
pub struct Confirmed<K> {
    arrived: Arrived,
    evidence: Evidence,
    kind: PhantomData<fn() -> K>,
}

struct Arrived {
    statement: Statement,
    signature: Vec<u8>,
    payload: Vec<u8>,
}

/// What came with a payload that has been read.
#[derive(Debug)]
pub struct Letter {
    statement: Statement,
    signature: Vec<u8>,
    evidence: Evidence,
}

/// Content that was read, and of which nothing may be used before the rows suffice for what it turned out to be: a change
/// of trust needs more of them than a leaf.
#[must_use]
#[derive(Debug)]
pub struct Unsettled<T> {
    content: T,
    statement: Statement,
    demand: Demand,
}

/// Not those rows, or not enough of them; here is your value back.
#[derive(Debug)]
pub struct Mismatch<T> {
    /// The state as it was.
    pub state: Box<T>,
    /// What is missing.
    pub error: PaperError,
}

/// Why a transfer was not taken in.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ArrivalError {
    /// The statement is none.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The files are not those of the statement.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Another kind of transfer than the one that is being received.
    #[error("this is a {found}, not a {expected}")]
    Kind {
        /// What it says it is.
        found: Kind,
        /// What is being received.
        expected: Kind,
    },
    /// For another host.
    #[error("this transfer is for {0}")]
    To(Party),
    /// Nobody enrolled the sender.
    #[error("{0} is not enrolled")]
    Unknown(Party),
    /// Not signed by the sender.
    #[error("statement: {0}")]
    Signature(#[from] SignatureError),
    /// Too late.
    #[error("the transfer expired at {0}")]
    Expired(Timestamp),
    /// What it brings has been acted on.
    #[error("the transfer {0} has been processed before")]
    Spent(String),
    /// It answers nothing that is outstanding.
    #[error("the transfer {0} answers nothing that is outstanding")]
    Unasked(String),
    /// On this host its trace is that of another kind of exchange, or of another sender.
    #[error("the trace {0} is that of another exchange on this host")]
    Taken(String),
    /// The statement is in quarantine, or its sender locked out.
    #[error(transparent)]
    Paper(PaperError),
    /// The payload is another one.
    #[error("the payload is not the one the statement names")]
    Digest,
}

impl<K: Content> Closed<K> {
    /// Takes a transfer in.
    ///
    /// # Errors
    /// Any [`ArrivalError`].
    pub fn receive(files: Files, reception: &Reception<'_>) -> Result<Self, ArrivalError> {
        let closed = Self::reread(files, reception)?;
        let statement = &closed.arrived.statement;
        let lines = statement.lines();
        if reception.now > lines.expires {
            return Err(ArrivalError::Expired(lines.expires));
        }
        match (reception.standing)(statement) {
            Standing::Welcome => {}
            Standing::Spent => return Err(ArrivalError::Spent(lines.trace.to_string())),
            Standing::Unasked => return Err(ArrivalError::Unasked(lines.trace.to_string())),
            Standing::Taken => return Err(ArrivalError::Taken(lines.trace.to_string())),
        }
        reception.papers.intake(&lines.from, reception.now).map_err(ArrivalError::Paper)?;
        Ok(closed)
    }

    /// Reads a transfer again that was received before, to go on with it: everything is checked but whether it is still
    /// welcome.
    ///
    /// # Errors
    /// Any [`ArrivalError`] but those of time, standing and locks.
    pub fn reread(files: Files, reception: &Reception<'_>) -> Result<Self, ArrivalError> {
        let Files { set, payload, statement: text, signature } = files;
        let statement = Statement::parse(&text)?;
        let lines = statement.lines();
        set.admits_statement(&statement)?;
        if lines.kind != K::KIND {
            return Err(ArrivalError::Kind { found: lines.kind, expected: K::KIND });
        }
        if lines.to != *reception.host {
            return Err(ArrivalError::To(lines.to.clone()));
        }
        // An enrolment introduces the key it is signed with, so it is verified once paper has spoken for it.
        if lines.kind != Kind::Enrolment {
            let key = (reception.key_of)(&lines.from).ok_or_else(|| ArrivalError::Unknown(lines.from.clone()))?;
            signature::verify(&key, Namespace::Statement, &text, &signature)?;
        }
        if let Some(entry) = reception.papers.sheet(&statement).and_then(|sheet| sheet.quarantine()) {
            return Err(ArrivalError::Paper(PaperError::Quarantined(entry)));
        }
        if Digest::of(&payload) != lines.file_sha256 {
            return Err(ArrivalError::Digest);
        }
        set.admits_payload(&payload)?;
        Ok(Self { arrived: Arrived { statement, signature, payload }, kind: PhantomData })
    }

    /// The event that it was copied in from `medium`.
    pub fn received(&self, medium: &str) -> Event {
        let lines = self.statement().lines();
        Event::Received(Received {
            from: lines.from.to_string(),
            kind: lines.kind.to_string(),
            medium: medium.to_owned(),
            statement: self.statement().id(),
        })
    }

    /// The event that its rows are drawn, from 32 random bytes; once for each statement.
    pub fn drawn(&self, random: &[u8; 32]) -> Event {
        let statement = self.statement().id();
        Event::OobDraw(OobDraw { order: Draw::new(statement, random).order(), statement })
    }

    /// Opens the way to the content, if the rows that people typed suffice.
    ///
    /// # Errors
    /// [`Mismatch`] with this value where they do not, or are those of another statement.
    pub fn confirm(self, typed: &Evidence) -> Result<Confirmed<K>, Mismatch<Self>> {
        match typed.covers(self.statement(), Demand::of(K::KIND)) {
            Ok(()) => Ok(Confirmed { arrived: self.arrived, evidence: typed.clone(), kind: PhantomData }),
            Err(error) => Err(Mismatch { state: Box::new(self), error }),
        }
    }
}

impl<K> Closed<K> {
    /// Its statement. The digest of it is the code on the paper in another form and is not shown before it is confirmed.
    pub fn statement(&self) -> &Statement {
        &self.arrived.statement
    }
}

impl<K> Confirmed<K> {
    /// Its statement.
    pub fn statement(&self) -> &Statement {
        &self.arrived.statement
    }

    /// The signature on its statement.
    pub fn signature(&self) -> &[u8] {
        &self.arrived.signature
    }

    /// Who confirmed which rows.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The payload, as it was hashed.
    pub fn payload(&self) -> &[u8] {
        &self.arrived.payload
    }

    /// What came with the payload, and the payload.
    pub(super) fn into_parts(self) -> (Letter, Vec<u8>) {
        let Arrived { statement, signature, payload } = self.arrived;
        (Letter { statement, signature, evidence: self.evidence }, payload)
    }
}

impl Letter {
    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The signature on the statement.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Who confirmed which rows when the transfer was opened.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

impl<T> Unsettled<T> {
    pub(super) const fn new(content: T, statement: Statement, demand: Demand) -> Self {
        Self { content, statement, demand }
    }

    /// How much confirmation the content needs, now that it is known. Who lacks which rows, the sheet says.
    pub const fn demand(&self) -> Demand {
        self.demand
    }

    /// The content, if the rows that people typed suffice for it.
    ///
    /// # Errors
    /// [`Mismatch`] with this value where they do not.
    pub fn settle(self, typed: &Evidence) -> Result<T, Mismatch<Self>> {
        match typed.covers(&self.statement, self.demand) {
            Ok(()) => Ok(self.content),
            Err(error) => Err(Mismatch { state: Box::new(self), error }),
        }
    }
}

impl<K> fmt::Debug for Closed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Closed({})", self.statement().lines().trace)
    }
}

impl<K> fmt::Debug for Confirmed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Confirmed({})", self.statement().lines().trace)
    }
}

impl<T> fmt::Display for Mismatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: fmt::Debug> std::error::Error for Mismatch<T> {}

impl<T: fmt::Debug + Send + Sync + 'static> Refusal for Mismatch<T> {
    fn reason(&self) -> Reason {
        self.error.reason()
    }
}

impl Refusal for ArrivalError {
    fn reason(&self) -> Reason {
        const KEEP: &str = "keep the medium and call the sender on a number you already have";
        match self {
            Self::Statement(error) => error.reason(),
            Self::Transfer(error) => error.reason(),
            Self::Signature(error) => error.reason(),
            Self::Paper(error) => error.reason(),
            Self::Kind { .. } => Reason::new(Class::Verification, "ARRIVAL_KIND", "use the command for this kind"),
            Self::To(_) => Reason::new(Class::Verification, "ARRIVAL_TO", "carry the medium to the host it is for"),
            Self::Unknown(_) => {
                Reason::new(Class::Verification, "ARRIVAL_UNKNOWN", "enrol the sender first, in person")
            }
            Self::Expired(_) => Reason::new(Class::Replay, "ARRIVAL_EXPIRED", "have the sender make a new transfer"),
            Self::Spent(_) => Reason::new(Class::Replay, "ARRIVAL_SPENT", "nothing is left to do for this transfer"),
            Self::Unasked(_) => {
                Reason::new(Class::Replay, "ARRIVAL_UNASKED", "look up what is outstanding: airlock resume")
            }
            Self::Taken(_) => Reason::new(Class::Verification, "ARRIVAL_TRACE", KEEP),
            Self::Digest => Reason::new(Class::Verification, "ARRIVAL_DIGEST", KEEP),
        }
    }
}
