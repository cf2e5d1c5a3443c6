//! Why a bundle was refused whole, and at which check.

use thiserror::Error;

use super::number::Number;
use crate::exchange::container::ContainerError;
use crate::exchange::people::person::PersonId;
use crate::pki::certificate::CertificateError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;
use crate::wire::pem::PemError;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Why a bundle was refused, or cannot be made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BundleError {
    /// Not a signed container of this format.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The manifest is not JSON of this form.
    #[error("the manifest is not of its form: {0}")]
    Manifest(#[from] JsonError),
    /// Another format or version.
    #[error("the manifest is not of the format airlock.csr-bundle/1")]
    Format,
    /// Another suite of algorithms.
    #[error("the bundle is not of the suite intl-1")]
    Suite,
    /// A key that is neither known nor begins with `x-`.
    #[error("the manifest has the unknown key \"{}\"", text::clip(.0, 40))]
    UnknownKey(String),
    /// The nonce is not 32 bytes.
    #[error("the nonce is not 32 bytes")]
    Nonce,
    /// Made after it expires, or valid for too long.
    #[error("the bundle expires before it was made, or more than 14 days after")]
    Life,
    /// Requests are not numbered 1..n.
    #[error("the requests are not numbered from 1 without gaps")]
    Numbers,
    /// The counts are not those of the requests.
    #[error("the counts by profile are not those of the requests")]
    Counts,
    /// The acceptable issuers are out of order or repeated.
    #[error("the acceptable issuers are not sorted, each once")]
    Issuers,
    /// A revocation is repeated.
    #[error("a certificate is to be revoked twice")]
    Revocations,
    /// Changes of trust do not stand alone, or are repeated.
    #[error("changes of trust do not stand alone in their bundle, or one is repeated")]
    TrustOps,
    /// A voided trace is repeated, or is the bundle's own.
    #[error("a trace is voided twice, or by itself")]
    Voids,
    /// The trace is not that of the statement.
    #[error("the trace is not that of the statement")]
    Trace,
    /// The origin is not the sender.
    #[error("the origin is not the sender of the statement")]
    From,
    /// The UID is not the enrolled one.
    #[error("the cluster's UID is not the enrolled one")]
    Uid,
    /// The audience is not the receiver.
    #[error("the audience is not the receiver of the statement")]
    To,
    /// The expiry is not that of the statement.
    #[error("the expiry is not that of the statement")]
    Expires,
    /// Not as many items as stated.
    #[error("the statement counts {stated} items, the bundle holds {found}")]
    Items {
        /// As the statement says.
        stated: u32,
        /// Requests, revocations and changes of trust.
        found: u64,
    },
    /// Made in the future.
    #[error("the bundle was made at {0}, which is in the future")]
    Future(Timestamp),
    /// The answer would go to another recipient than the enrolled one.
    #[error("the answer is wanted for another recipient than the enrolled one")]
    Recipient,
    /// The cluster trusts another enrolment of this CA.
    #[error("the cluster trusts epoch {trusted} of this CA, which is at epoch {ours}")]
    CaEpoch {
        /// By the bundle.
        trusted: u64,
        /// By our own record.
        ours: u64,
    },
    /// Nobody, or somebody who is no requester, made the bundle.
    #[error("the bundle was not made by requesters of the roster{}", .0.as_ref().map(|id| format!(": {id}")).unwrap_or_default())]
    Operator(Option<PersonId>),
    /// The head of our log that the cluster saw is not cosigned by its witness.
    #[error("the seen checkpoint is not cosigned by the enrolled witness")]
    Cosignature,
    /// A file that the manifest speaks of is missing.
    #[error("the bundle lacks {0:?}")]
    Missing(String),
    /// A file that the manifest does not speak of.
    #[error("the bundle holds {0:?}, of which its manifest does not speak")]
    Unlisted(String),
    /// The cluster record is not the enrolled one.
    #[error("the cluster record in the bundle is not the enrolled one")]
    RecordChanged,
    /// Not one strict PEM block.
    #[error("request {id}: {error}")]
    Pem {
        /// The request.
        id: Number,
        /// What is wrong.
        error: PemError,
    },
    /// The CSR is not the one the manifest names.
    #[error("request {0} is not the one the manifest names")]
    CsrDigest(Number),
    /// The key of the CSR is not the one the manifest names.
    #[error("request {0} is for another key than the manifest says")]
    SpkiDigest(Number),
    /// The replaced certificate is none.
    #[error("the certificate that request {id} replaces: {error}")]
    Replaced {
        /// The request.
        id: Number,
        /// What is wrong.
        error: CertificateError,
    },
    /// The replaced certificate is not the one the manifest names.
    #[error("the certificate that request {0} replaces is not the one the manifest names")]
    ReplacedOther(Number),
    /// A thread of this program died.
    #[error("a worker stopped while it read the requests")]
    Worker,
}

impl BundleError {
    /// The id of the check that refused, `V01` to `V11`.
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Container(ContainerError::Signature(_)) => "V03",
            Self::Container(ContainerError::SumsDigest(_) | ContainerError::SumsSet(_) | ContainerError::Sums) => "V05",
            Self::Container(
                ContainerError::Size
                | ContainerError::Count(_)
                | ContainerError::EntrySize(_)
                | ContainerError::Name(_),
            ) => "V02",
            Self::Missing(_) | Self::Unlisted(_) => "V05",
            Self::To | Self::From | Self::Uid | Self::Recipient | Self::CaEpoch { .. } | Self::Operator(_) => "V06",
            Self::RecordChanged => "V06",
            Self::Trace | Self::Voids => "V07",
            Self::Future(_) | Self::Life | Self::Expires => "V08",
            Self::Pem { .. } | Self::CsrDigest(_) | Self::SpkiDigest(_) | Self::Worker => "V09",
            Self::Replaced { .. } | Self::ReplacedOther(_) => "V10",
            Self::Cosignature => "V11",
            _ => "V01",
        }
    }
}

impl Refusal for BundleError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "keep the medium and have the cluster make this bundle again";
        const ENROL: &str = "have the cluster enrol again, with its sheet";
        let (class, code, hint) = match self {
            Self::Container(error) => return error.reason(),
            Self::Manifest(_) => (Class::Verification, "BUNDLE_MANIFEST", AGAIN),
            Self::Format => (Class::Verification, "BUNDLE_FORMAT", "use a version of airlock that knows this format"),
            Self::Suite => (Class::Verification, "BUNDLE_SUITE", "use a version of airlock that knows this suite"),
            Self::UnknownKey(_) => (Class::Verification, "BUNDLE_UNKNOWN_KEY", AGAIN),
            Self::Nonce => (Class::Verification, "BUNDLE_NONCE", AGAIN),
            Self::Life => (Class::Verification, "BUNDLE_LIFE", AGAIN),
            Self::Numbers => (Class::Verification, "BUNDLE_NUMBERS", AGAIN),
            Self::Counts => (Class::Verification, "BUNDLE_COUNTS", AGAIN),
            Self::Issuers => (Class::Verification, "BUNDLE_ISSUERS", AGAIN),
            Self::Revocations => (Class::Verification, "BUNDLE_REVOCATIONS", AGAIN),
            Self::TrustOps => {
                (Class::Verification, "BUNDLE_TRUST_OPS", "ask for changes of trust in a bundle of their own")
            }
            Self::Voids => (Class::Verification, "BUNDLE_VOIDS", AGAIN),
            Self::Trace => (Class::Verification, "BUNDLE_TRACE", AGAIN),
            Self::From => (Class::Verification, "BUNDLE_FROM", AGAIN),
            Self::Uid => (Class::Verification, "BUNDLE_UID", ENROL),
            Self::To => (Class::Verification, "BUNDLE_TO", AGAIN),
            Self::Expires => (Class::Verification, "BUNDLE_EXPIRES", AGAIN),
            Self::Items { .. } => (Class::Verification, "BUNDLE_ITEMS", AGAIN),
            Self::Future(_) => (Class::Replay, "BUNDLE_FUTURE", "compare the clocks of both hosts with a third"),
            Self::Recipient => (Class::Verification, "BUNDLE_RECIPIENT", ENROL),
            Self::CaEpoch { .. } => {
                (Class::Verification, "BUNDLE_CA_EPOCH", "bring this CA's record to the cluster first")
            }
            Self::Operator(_) => (Class::Policy, "BUNDLE_OPERATOR", "have a requester of the roster make the bundle"),
            Self::Cosignature => (Class::Verification, "BUNDLE_COSIGNATURE", AGAIN),
            Self::Missing(_) => (Class::Verification, "BUNDLE_MISSING", AGAIN),
            Self::Unlisted(_) => (Class::Verification, "BUNDLE_UNLISTED", AGAIN),
            Self::RecordChanged => (Class::Policy, "RECORD_CHANGED", ENROL),
            Self::Pem { .. } => (Class::Verification, "BUNDLE_PEM", AGAIN),
            Self::CsrDigest(_) => (Class::Verification, "BUNDLE_CSR_DIGEST", AGAIN),
            Self::SpkiDigest(_) => (Class::Verification, "BUNDLE_SPKI_DIGEST", AGAIN),
            Self::Replaced { .. } => (Class::Verification, "BUNDLE_REPLACED", AGAIN),
            Self::ReplacedOther(_) => (Class::Verification, "BUNDLE_REPLACED_OTHER", AGAIN),
            Self::Worker => (Class::Internal, "BUNDLE_WORKER", "report this to the maintainers"),
        };
        Reason::new(class, code, hint)
    }
}
