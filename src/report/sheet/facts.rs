//! What stands on a sheet. The rooms fill these in; texts that others wrote are escaped when they are printed.

use crate::audit::tree::Head;
use crate::cluster::role::{Domain, Role};
use crate::exchange::csr_bundle::manifest::{Revocation, TrustOp};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::{Person, PersonId};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::name::Name;
use crate::pki::serial::Serial;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What the transfer carries.
#[derive(Debug, Clone)]
pub enum Contents {
    /// Kind 1.
    Bundle(Box<Bundle>),
    /// Kind 2, the return sheet.
    Package(Box<Package>),
    /// Kind 3.
    Enrolment(Box<Enrolment>),
}

impl Contents {
    /// The kind of transfer these are the contents of.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Bundle(_) => Kind::CsrBundle,
            Self::Package(_) => Kind::CertPackage,
            Self::Enrolment(_) => Kind::Enrolment,
        }
    }

    /// The `items` of the statement that fits them.
    pub fn items(&self) -> usize {
        match self {
            Self::Bundle(bundle) => bundle.requests.len() + bundle.revocations.len() + bundle.trust_ops.len(),
            Self::Package(package) => package.issued.len(),
            Self::Enrolment(_) => 1,
        }
    }
}

/// What a CSR bundle asks.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The requests, by number.
    pub requests: Vec<Request>,
    /// Certificates to be revoked.
    pub revocations: Vec<Revocation>,
    /// Changes of trust.
    pub trust_ops: Vec<TrustOp>,
    /// Outstanding traces that this bundle replaces.
    pub voids: Vec<Trace>,
    /// The roots that the cluster trusts.
    pub roots: Vec<Root>,
    /// The key that signed the statement.
    pub signer: SshPublicKey,
}

/// A request, or the certificate that answers it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number.
    pub number: Number,
    /// Its profile.
    pub profile: Role,
    /// Its subject.
    pub subject: Name,
    /// How many subject alternative names it bears.
    pub names: usize,
    /// Validity asked for, or given, in seconds.
    pub validity_s: u64,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki: Digest,
    /// Of a request the certificate it replaces, of a certificate its own.
    pub serial: Option<Serial>,
}

/// A root certificate.
#[derive(Debug, Clone)]
pub struct Root {
    /// The world of trust it is the root of.
    pub domain: Domain,
    /// Where it stands in its life.
    pub status: RootStatus,
    /// Its subject.
    pub subject: Name,
    /// SHA-256 of its DER.
    pub sha256: Digest,
}

/// Where a root stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RootStatus {
    /// It issues.
    Current,
    /// It will issue; it is trusted beforehand.
    Next,
    /// It issues no more; it is still trusted.
    Retiring,
}

/// What a certificate package brings.
#[derive(Debug, Clone)]
pub struct Package {
    /// Sequence number of the package.
    pub package_seq: u64,
    /// Sequence number of the bundle it answers.
    pub bundle_seq: u64,
    /// The certificates, by the number of their request.
    pub issued: Vec<Request>,
    /// The requests that were denied.
    pub denials: Vec<Denial>,
    /// The CRLs.
    pub crls: Vec<Crl>,
    /// Every root the package carries.
    pub roots: Vec<Root>,
    /// Who approved, under which rule.
    pub approval: Approval,
    /// Head of the CA's log, as its checkpoint signs it.
    pub log: Head,
    /// The policy: its id and digest.
    pub policy: (String, Digest),
    /// The roster: its epoch and digest.
    pub roster: (u64, Digest),
    /// The clock that dated the certificates.
    pub clock: Clock,
    /// Keys that changed since the last package.
    pub key_events: Vec<KeyEvent>,
    /// Serial number of the HSM token.
    pub token: String,
    /// The key that signed the statement.
    pub signer: SshPublicKey,
}

/// A request that was denied.
#[derive(Debug, Clone)]
pub struct Denial {
    /// Its number.
    pub request: Number,
    /// The rules it broke.
    pub codes: Vec<String>,
    /// Why, in words.
    pub note: String,
}

/// A certificate revocation list.
#[derive(Debug, Clone)]
pub struct Crl {
    /// The world of trust of its issuer.
    pub domain: Domain,
    /// Its number.
    pub number: u64,
    /// When the next one is due.
    pub next_update: Timestamp,
}

/// Who approved a plan.
#[derive(Debug, Clone)]
pub struct Approval {
    /// The rule, as `leaf 2-of-4`.
    pub rule: String,
    /// The officers.
    pub officers: Vec<PersonId>,
    /// The auditors who witnessed it.
    pub witnesses: Vec<PersonId>,
}

/// The clock of a CA host.
#[derive(Debug, Clone)]
pub struct Clock {
    /// When officers last compared it.
    pub attested: Timestamp,
    /// By how much certificates begin before that, in seconds.
    pub backdating_s: u64,
    /// The floor before and after, where it was set back since the last package.
    pub set: Option<(Timestamp, Timestamp)>,
}

/// A key that took the place of another.
#[derive(Debug, Clone)]
pub struct KeyEvent {
    /// What it is for.
    pub what: String,
    /// The old key.
    pub old: SshPublicKey,
    /// The new key.
    pub new: SshPublicKey,
}

/// What an enrolment record introduces. The party itself stands in the statement.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// From 1, one more at each enrolment.
    pub epoch: u64,
    /// When the record was made.
    pub created: Timestamp,
    /// The key that signs statements and containers.
    pub statement_key: SshPublicKey,
    /// Name and key of the log.
    pub log: (String, SshPublicKey),
    /// Where packages are sent.
    pub recipient: Option<Recipient>,
    /// Who else can open every package.
    pub archive: Vec<Recipient>,
    /// Name and key of the witness.
    pub witness: Option<(String, SshPublicKey)>,
    /// UID of the cluster, and digest of its record.
    pub cluster: Option<(String, Digest)>,
    /// The cluster a CA host's record is for.
    pub made_for: Option<Party>,
    /// The roots.
    pub roots: Vec<Root>,
    /// The roster.
    pub roster: Option<Roster>,
    /// The policy: its id and digest.
    pub policy: Option<(String, Digest)>,
    /// Serial number of the HSM token.
    pub token: Option<String>,
    /// Names and telephone numbers to call.
    pub contacts: Vec<(String, String)>,
}

/// The roster as an enrolment introduces it.
#[derive(Debug, Clone)]
pub struct Roster {
    /// Its epoch.
    pub epoch: u64,
    /// Its digest.
    pub sha256: Digest,
    /// Everyone.
    pub persons: Vec<Person>,
}
