//! Why a package was refused, and at which check.

use thiserror::Error;

use crate::audit::checkpoint::CheckpointError;
use crate::audit::note::NoteError;
use crate::audit::proof::ProofFileError;
use crate::exchange::approval::ApprovalError;
use crate::exchange::container::ContainerError;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::PersonId;
use crate::exchange::people::roster::RosterError;
use crate::exchange::seal::SealError;
use crate::exchange::signature::SignatureError;
use crate::pki::certificate::CertificateError;
use crate::pki::crl::CrlError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;
use crate::wire::text;

/// Why a package was refused, or cannot be made.
#[derive(Debug, Error)]
pub enum PackageError {
    /// Not sealed to us, or damaged.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Not a signed container of this format.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The manifest is not JSON of this form.
    #[error("the manifest is not of its form: {0}")]
    Manifest(#[from] JsonError),
    /// Another format or version.
    #[error("the manifest is not of the format airlock.cert-package/1")]
    Format,
    /// Another suite of algorithms.
    #[error("the package is not of the suite intl-1")]
    Suite,
    /// A key that is neither known nor begins with `x-`.
    #[error("the manifest has the unknown key \"{}\"", text::clip(.0, 40))]
    UnknownKey(String),
    /// The nonce is not 32 bytes.
    #[error("the nonce is not 32 bytes")]
    Nonce,
    /// Made after it expires.
    #[error("the package expires before it was made")]
    Life,
    /// Nobody, too many, or out of order.
    #[error("the recipients are not 1 to 15 in order, each once")]
    Recipients,
    /// Results are not numbered 1..n.
    #[error("the results are not numbered from 1 without gaps")]
    Numbers,
    /// A denial without a reason.
    #[error("the denial of request {0} has no code")]
    Codes(Number),
    /// Roots or CRLs are out of order or repeated.
    #[error("the roots or the CRLs are not in order, each once")]
    Lists,
    /// The trace is not that of the statement.
    #[error("the trace is not that of the statement")]
    Trace,
    /// The CA is not the sender.
    #[error("the CA is not the sender of the statement")]
    From,
    /// The cluster is not the receiver.
    #[error("the cluster is not the receiver of the statement")]
    To,
    /// The expiry is not that of the statement.
    #[error("the expiry is not that of the statement")]
    Expires,
    /// Not as many certificates as stated.
    #[error("the statement counts {stated} certificates, the package holds {found}")]
    Items {
        /// As the statement says.
        stated: u32,
        /// As the results say.
        found: usize,
    },
    /// For another cluster.
    #[error("the package is for another cluster")]
    Audience,
    /// A file that the manifest speaks of is missing.
    #[error("the package lacks {0:?}")]
    Missing(String),
    /// A file that the manifest does not speak of.
    #[error("the package holds {0:?}, of which its manifest does not speak")]
    Unlisted(String),
    /// The plan is not the one the manifest names.
    #[error("the plan is not the one that the manifest names")]
    Plan,
    /// It answers another request than ours.
    #[error("the package answers another request: its {0} is not ours")]
    Reply(&'static str),
    /// The statement inside is not ours, or not signed by us.
    #[error("the request in the package: {0}")]
    Request(SignatureError),
    /// A certificate is none.
    #[error("{file}: {error}")]
    Certificate {
        /// The file.
        file: String,
        /// What is wrong.
        error: CertificateError,
    },
    /// A certificate is not what the manifest says.
    #[error("certificate {0} is not the one that the manifest names")]
    CertificateOther(Number),
    /// The chain is not strict PEM blocks, each once.
    #[error("chain/all.pem is not certificates in strict PEM, each once")]
    Chain,
    /// A root is not what the manifest says.
    #[error("{0:?} is not the root that the manifest names")]
    RootOther(String),
    /// A CRL is none.
    #[error("{file}: {error}")]
    Crl {
        /// The file.
        file: String,
        /// What is wrong.
        error: CrlError,
    },
    /// A CRL is not what the manifest says.
    #[error("{0:?} is not the CRL that the manifest names")]
    CrlOther(String),
    /// The head of the log is not a signed note.
    #[error("audit/checkpoint: {0}")]
    Note(#[from] NoteError),
    /// The head of the log is not signed by the pinned log.
    #[error("audit/checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The log is shorter than the one we remember.
    #[error("the CA's log has {found} entries, we remember {remembered}")]
    Rewound {
        /// In the package.
        found: u64,
        /// What we remember.
        remembered: u64,
    },
    /// The log does not begin with the one we remember.
    #[error("the CA's log does not begin with the one we remember: {0}")]
    Forked(ProofFileError),
    /// There is no proof that the log begins with the one we remember, or one we did not ask for.
    #[error("the proof of consistency does not lead from the head we sent")]
    Consistency,
    /// A line of the log is none, or of another trace or host, or out of order.
    #[error("audit/entries.jsonl: line {0} is not the entry it should be")]
    Entry(usize),
    /// An entry is not in the log.
    #[error("log entry {entry}: {error}")]
    Inclusion {
        /// Its index.
        entry: u64,
        /// What is wrong.
        error: ProofFileError,
    },
    /// Inclusion proofs and entries are not the same set.
    #[error("there is not one inclusion proof for each log entry")]
    Proofs,
    /// The entries do not show something that must have happened.
    #[error("the log entries of this trace do not show {0}")]
    Unlogged(String),
    /// A decision does not verify, or is about something else.
    #[error("approvals/{person}.txt: {error}")]
    Approval {
        /// The file.
        person: PersonId,
        /// What is wrong.
        error: ApprovalError,
    },
    /// A decision by somebody who is not in the roster.
    #[error("{0} is not in the roster")]
    Stranger(PersonId),
    /// A text without its signature, or the other way round.
    #[error("approvals of {0} lack their text or their signature")]
    Unpaired(PersonId),
    /// A rejection among the approvals.
    #[error("{0} rejected what is said to be approved")]
    Rejected(PersonId),
    /// Approved by a program.
    #[error("the rows of {0} were entered by a program")]
    Scripted(PersonId),
    /// Signed with a key that was revoked then.
    #[error("the key of {0} was revoked before")]
    Revoked(PersonId),
    /// A roster does not follow from the one before.
    #[error("roster/{0}/roster.json does not follow from the roster before it")]
    RosterOrder(u64),
    /// A roster is none.
    #[error("roster/{epoch}/roster.json: {error}")]
    Roster {
        /// Its folder.
        epoch: u64,
        /// What is wrong.
        error: RosterError,
    },
    /// A roster was not approved by enough people of the one before.
    #[error("roster {epoch} has {officers} approvals and {auditors} witnesses, it needs {needed} and one")]
    RosterQuorum {
        /// The new roster.
        epoch: u64,
        /// Officers who approved it.
        officers: usize,
        /// Auditors who witnessed.
        auditors: usize,
        /// Officers needed.
        needed: u64,
    },
}

impl PackageError {
    /// The id of the check that refused, `W01` to `W12`.
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Seal(_) | Self::Recipients | Self::Audience | Self::To => "W01",
            Self::Container(ContainerError::Signature(_)) | Self::From => "W03",
            Self::Trace | Self::Expires | Self::Items { .. } | Self::Life | Self::Nonce => "W04",
            Self::Reply(_) | Self::Request(_) => "W04",
            Self::Plan | Self::Approval { .. } | Self::Stranger(_) | Self::Unpaired(_) | Self::Rejected(_) => "W05",
            Self::Scripted(_) | Self::Revoked(_) => "W05",
            Self::RosterOrder(_) | Self::Roster { .. } | Self::RosterQuorum { .. } => "W05",
            Self::Certificate { .. } | Self::Chain | Self::RootOther(_) => "W06",
            Self::CertificateOther(_) => "W07",
            Self::Codes(_) => "W09",
            Self::Crl { .. } | Self::CrlOther(_) => "W11",
            Self::Note(_) | Self::Checkpoint(_) | Self::Rewound { .. } | Self::Forked(_) | Self::Consistency => "W12",
            Self::Entry(_) | Self::Inclusion { .. } | Self::Proofs | Self::Unlogged(_) => "W12",
            _ => "W02",
        }
    }
}

const KEEP: &str = "keep the medium and call the CA on a number you already have";
const LOG: &str = "stop; the CA's log was changed or lost: call the CA and the auditor";
const REWOUND: &str = "stage nothing; call the auditor of the CA: its log was put back";
const FORKED: &str = "stage nothing; call the auditor of the CA: it shows two histories";
const CHANGED: &str = "stage nothing; call the auditor of the CA: the log was changed";
const UNLOGGED: &str = "stage nothing; call the auditor of the CA: something was done and not written down";

impl Refusal for PackageError {
    fn reason(&self) -> Reason {
        let verification = |code| Reason::new(Class::Verification, code, KEEP);
        let quorum = |code| Reason::new(Class::Quorum, code, KEEP);
        let replay = |code| Reason::new(Class::Replay, code, "look up what is outstanding: airlock resume");
        let stop = |code, hint| Reason::new(Class::Inconsistent, code, hint);
        match self {
            Self::Seal(error) => error.reason(),
            Self::Container(error) => error.reason(),
            Self::Certificate { error, .. } => error.reason(),
            Self::Crl { error, .. } => error.reason(),
            Self::Approval { error, .. } => error.reason(),
            Self::Roster { error, .. } => error.reason(),
            Self::Manifest(_) => verification("PACKAGE_MANIFEST"),
            Self::Format => verification("PACKAGE_FORMAT"),
            Self::Suite => verification("PACKAGE_SUITE"),
            Self::UnknownKey(_) => verification("PACKAGE_UNKNOWN_KEY"),
            Self::Nonce => verification("PACKAGE_NONCE"),
            Self::Life => verification("PACKAGE_LIFE"),
            Self::Recipients => verification("PACKAGE_RECIPIENTS"),
            Self::Numbers => verification("PACKAGE_NUMBERS"),
            Self::Codes(_) => verification("PACKAGE_CODES"),
            Self::Lists => verification("PACKAGE_LISTS"),
            Self::Trace => verification("PACKAGE_TRACE"),
            Self::From => verification("PACKAGE_FROM"),
            Self::To => verification("PACKAGE_TO"),
            Self::Expires => verification("PACKAGE_EXPIRES"),
            Self::Items { .. } => verification("PACKAGE_ITEMS"),
            Self::Audience => verification("PACKAGE_AUDIENCE"),
            Self::Missing(_) => verification("PACKAGE_MISSING"),
            Self::Unlisted(_) => verification("PACKAGE_UNLISTED"),
            Self::Plan => verification("PACKAGE_PLAN"),
            Self::Reply(_) => replay("PACKAGE_REPLY"),
            Self::Request(_) => replay("PACKAGE_REQUEST"),
            Self::CertificateOther(_) => verification("PACKAGE_CERTIFICATE_OTHER"),
            Self::Chain => verification("PACKAGE_CHAIN"),
            Self::RootOther(_) => verification("PACKAGE_ROOT_OTHER"),
            Self::CrlOther(_) => verification("PACKAGE_CRL_OTHER"),
            Self::Note(_) => verification("PACKAGE_NOTE"),
            Self::Checkpoint(_) => verification("PACKAGE_CHECKPOINT"),
            Self::Rewound { .. } => stop("PACKAGE_LOG_REWOUND", REWOUND),
            Self::Forked(_) => stop("PACKAGE_LOG_FORKED", FORKED),
            Self::Consistency => stop("PACKAGE_CONSISTENCY", LOG),
            Self::Entry(_) => stop("PACKAGE_ENTRY", LOG),
            Self::Inclusion { .. } => stop("PACKAGE_INCLUSION", CHANGED),
            Self::Proofs => stop("PACKAGE_PROOFS", LOG),
            Self::Unlogged(_) => stop("PACKAGE_UNLOGGED", UNLOGGED),
            Self::Stranger(_) => quorum("PACKAGE_STRANGER"),
            Self::Unpaired(_) => quorum("PACKAGE_UNPAIRED"),
            Self::Rejected(_) => quorum("PACKAGE_REJECTED"),
            Self::Scripted(_) => quorum("PACKAGE_SCRIPTED"),
            Self::Revoked(_) => quorum("PACKAGE_REVOKED"),
            Self::RosterOrder(_) => quorum("PACKAGE_ROSTER_ORDER"),
            Self::RosterQuorum { .. } => quorum("PACKAGE_ROSTER_QUORUM"),
        }
    }
}
