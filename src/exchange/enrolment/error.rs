//! Why a record does not enrol anyone.

use thiserror::Error;

use crate::cluster::record::RecordError;
use crate::exchange::people::roster::RosterError;
use crate::exchange::signature::SignatureError;
use crate::pki::certificate::CertificateError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;

/// Why an enrolment record was refused, or cannot be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EnrolmentError {
    /// Longer than [`MAX_BYTES`](super::record::MAX_BYTES).
    #[error("the enrolment record has {0} bytes, too many")]
    Size(usize),
    /// Not JSON of this form.
    #[error("the enrolment record is not of its form: {0}")]
    Json(#[from] JsonError),
    /// Another format or version.
    #[error("the record is not of the format airlock.enrolment/1")]
    Format,
    /// The keys are not those of a cluster, and not those of a CA.
    #[error("the record says neither what a cluster says nor what a CA says")]
    Side,
    /// The party is not what the rest of the record says it is.
    #[error("the party of the record is of another role than its content")]
    Party,
    /// Epochs count from 1.
    #[error("the epoch of the record is 0")]
    Epoch,
    /// Nobody to call, or not in printable text.
    #[error("the record does not name one to eight contacts in short printable text")]
    Contacts,
    /// A machine's key lives in a FIDO token.
    #[error("a key of the record lives in a token that wants to be touched")]
    Token,
    /// One key for two purposes.
    #[error("a key of the record serves two purposes")]
    SharedKey,
    /// The log is not named after the party.
    #[error("the log of the record is not named after its party")]
    Origin,
    /// The two forms of the log key are two keys.
    #[error("the log key of the record is not the same in both of its forms")]
    Spki,
    /// The witness has no usable name or key.
    #[error("the witness of the record has no usable name or key")]
    Witness,
    /// Roots are missing, out of order or repeated.
    #[error("the roots of the record are missing, out of order or repeated")]
    Roots,
    /// A root is no CA certificate.
    #[error("{0} is not the certificate of a root")]
    Root(String),
    /// A root cannot be read.
    #[error("a root of the record: {0}")]
    Certificate(CertificateError),
    /// The cluster record.
    #[error(transparent)]
    Cluster(#[from] RecordError),
    /// The cluster record is of another cluster.
    #[error("the cluster record is of another cluster than the party")]
    ClusterName,
    /// The roster.
    #[error("{0}")]
    People(#[from] RosterError),
    /// The roster is of another CA.
    #[error("the roster is of another CA host than the party")]
    Roster,
    /// The record is not for a cluster, or for another one.
    #[error("the record is not for this cluster")]
    For,
    /// The archive recipients are too many or out of order.
    #[error("the archive recipients are not at most 14 in order")]
    Archive,
    /// The serial number of the token is not printable text.
    #[error("the serial number of the token is not short printable text")]
    TokenSerial,
    /// The record is of another party than the sender.
    #[error("the record is not of the sender of its statement")]
    From,
    /// The statement does not count one item.
    #[error("the statement of an enrolment counts {0} items, not one")]
    Items(u32),
    /// Valid for too long, or expired before it was made.
    #[error("the enrolment expires before it was made, or more than 14 days after")]
    Life,
    /// The sender does not hold the key that he introduces.
    #[error("the sender does not prove possession of the key he introduces: {0}")]
    Possession(SignatureError),
    /// The record of a known party does not follow the one before.
    #[error("epoch {found} does not follow epoch {known} of this party")]
    Follows {
        /// The one that is enrolled.
        known: u64,
        /// The one that came.
        found: u64,
    },
    /// The log says something of enrolments that cannot be.
    #[error("log entry {0} does not fit what the log says of enrolments")]
    Log(u64),
}

impl Refusal for EnrolmentError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "have the other side export its record again, with a new sheet";
        let (class, code) = match self {
            Self::Cluster(error) => return error.reason(),
            Self::People(error) => return error.reason(),
            Self::Certificate(error) => return error.reason(),
            Self::Size(_) => (Class::Verification, "ENROLMENT_SIZE"),
            Self::Json(_) => (Class::Verification, "ENROLMENT_FORM"),
            Self::Format => (Class::Verification, "ENROLMENT_FORMAT"),
            Self::Side => (Class::Verification, "ENROLMENT_SIDE"),
            Self::Party => (Class::Verification, "ENROLMENT_PARTY"),
            Self::Epoch => (Class::Verification, "ENROLMENT_EPOCH"),
            Self::Contacts => (Class::Verification, "ENROLMENT_CONTACTS"),
            Self::Token => (Class::Verification, "ENROLMENT_TOKEN"),
            Self::SharedKey => (Class::Verification, "ENROLMENT_SHARED_KEY"),
            Self::Origin => (Class::Verification, "ENROLMENT_ORIGIN"),
            Self::Spki => (Class::Verification, "ENROLMENT_SPKI"),
            Self::Witness => (Class::Verification, "ENROLMENT_WITNESS"),
            Self::Roots => (Class::Verification, "ENROLMENT_ROOTS"),
            Self::Root(_) => (Class::Verification, "ENROLMENT_ROOT"),
            Self::ClusterName => (Class::Verification, "ENROLMENT_CLUSTER_NAME"),
            Self::Roster => (Class::Verification, "ENROLMENT_ROSTER"),
            Self::For => (Class::Verification, "ENROLMENT_FOR"),
            Self::Archive => (Class::Verification, "ENROLMENT_ARCHIVE"),
            Self::TokenSerial => (Class::Verification, "ENROLMENT_TOKEN_SERIAL"),
            Self::From => (Class::Verification, "ENROLMENT_FROM"),
            Self::Items(_) => (Class::Verification, "ENROLMENT_ITEMS"),
            Self::Life => (Class::Verification, "ENROLMENT_LIFE"),
            Self::Possession(_) => (Class::Verification, "ENROLMENT_POSSESSION"),
            Self::Follows { .. } => (Class::Replay, "ENROLMENT_FOLLOWS"),
            Self::Log(_) => (Class::Inconsistent, "ENROLMENT_LOG"),
        };
        Reason::new(class, code, AGAIN)
    }
}
