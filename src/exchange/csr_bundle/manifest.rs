//! The fields of a CSR bundle's `MANIFEST.json`.
//!
//! Subjects and alternative names are not repeated here: they stand in the CSRs, so there is one truth.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::Number;
use crate::cluster::role::{Domain, Role};
use crate::exchange::people::person::PersonId;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::serial::Serial;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Value of `format`.
pub const FORMAT: &str = "airlock.csr-bundle/1";
/// Value of `suite`: SSHSIG with Ed25519 and SHA-512, SHA-256 digests, age with X25519.
pub const SUITE: &str = "intl-1";

/// `MANIFEST.json` of a CSR bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The one CA host that is asked.
    pub audience: Audience,
    /// How many requests there are of each profile.
    pub counts: BTreeMap<Role, u64>,
    /// When the bundle was made.
    pub created: Timestamp,
    /// Until when it may be received; the statement says the same.
    pub expires: Timestamp,
    /// [`FORMAT`].
    pub format: String,
    /// 32 random bytes that the package echoes.
    pub nonce: Base64,
    /// Who asks.
    pub origin: Origin,
    /// What became of earlier packages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// The requests, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// Certificates to be revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<Revocation>,
    /// The head of the CA's log that this cluster saw last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_checkpoint: Option<SeenCheckpoint>,
    /// Sequence number of this cluster's bundles.
    pub seq: u64,
    /// [`SUITE`].
    pub suite: String,
    /// The id of the exchange.
    pub trace: Trace,
    /// Changes of trust, which stand alone in their bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trust_ops: Vec<TrustOp>,
    /// Outstanding traces that this bundle replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voids: Vec<Trace>,
    /// Keys that begin with `x-`: carried, never read.
    #[serde(flatten)]
    pub extra: BTreeMap<String, String>,
}

impl Manifest {
    /// How many things it asks for; the statement says the same.
    pub fn items(&self) -> u64 {
        (self.requests.len() + self.revocations.len() + self.trust_ops.len()) as u64
    }

    /// Whether it asks for a CA or for a change of trust: then people confirm all sixteen rows each.
    pub fn changes_trust(&self) -> bool {
        !self.trust_ops.is_empty() || self.requests.iter().any(|request| request.profile.identity().is_ca)
    }
}

/// The CA host that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The statement's `to`.
    pub ca: Party,
    /// Digests of the public keys of acceptable issuers, sorted.
    pub issuers: Vec<Digest>,
}

/// The cluster that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name of the workstation.
    pub host: String,
    /// The people who made the bundle, as the roster knows them.
    pub operators: Vec<PersonId>,
    /// The statement's `from`.
    pub party: Party,
    /// Version and digest of the program.
    pub tool: Tool,
    /// UID of the cluster's namespace kube-system.
    pub uid: String,
}

/// The program that made a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// SHA-256 of the binary.
    pub sha256: Digest,
    /// Version of the package.
    pub version: String,
}

/// What became of an earlier package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Whether it was accepted.
    pub outcome: ReceiptOutcome,
    /// Digest of its statement.
    pub statement_sha256: Digest,
    /// When.
    pub time: Timestamp,
}

/// How an earlier package fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptOutcome {
    /// Every check passed.
    Accepted,
    /// A check failed.
    Refused,
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyTo {
    /// Epoch of the CA's enrolment that this cluster trusts.
    pub ca_epoch: u64,
    /// The enrolled age recipient of the import host.
    pub recipient: Recipient,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Digest of the CSR's DER.
    pub csr_sha256: Digest,
    /// Its number, which names its file.
    pub id: Number,
    /// Where its private key was made and stays.
    pub key_origin: KeyOrigin,
    /// The profile asked for.
    pub profile: Role,
    /// The certificate it replaces; its PEM lies in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
    /// Digest of the CSR's SubjectPublicKeyInfo.
    pub spki_sha256: Digest,
    /// Validity asked for, in seconds.
    pub validity_s: u64,
    /// Where the certificate will live.
    #[serde(rename = "where")]
    pub place: Place,
}

/// Where a private key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyOrigin {
    /// In the tree of its node, by this program.
    Node,
    /// On the workstation.
    Host,
    /// In an HSM.
    Hsm,
    /// By another program: only the CSR was taken.
    Elsewhere,
}

/// A certificate named by its issuer and serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaces {
    /// Digest of the issuer's public key.
    pub issuer_spki_sha256: Digest,
    /// When it ends.
    pub not_after: Timestamp,
    /// Its serial number.
    pub serial: Serial,
}

/// Where a certificate will live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The node, as the cluster record names it.
    pub node: String,
    /// The file, relative to the root of the node.
    pub path: String,
}

/// A certificate to be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Digest of the issuer's public key.
    pub issuer_spki_sha256: Digest,
    /// Why (RFC 5280, 5.3.1).
    pub reason: RevocationReason,
    /// Its serial number.
    pub serial: Serial,
    /// From when on it is not to be trusted.
    pub since: Timestamp,
}

/// Reasons of revocation that a cluster may give (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// None given.
    Unspecified,
    /// Its private key is known to others.
    KeyCompromise,
    /// Its names are no longer right.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// The node or person is gone.
    CessationOfOperation,
}

/// A change of trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustOp {
    /// The CA it is about.
    pub domain: Domain,
    /// What is asked.
    pub op: TrustChange,
}

impl fmt::Display for TrustOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op.word(), self.domain)
    }
}

/// What a change of trust asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustChange {
    /// Bring the next root; certificates are still issued by the one in use.
    IntroduceRoot,
    /// Go over to the next root; the one in use is retiring from then on.
    RetireRoot,
}

impl TrustChange {
    /// As the manifest has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::IntroduceRoot => "introduce-root",
            Self::RetireRoot => "retire-root",
        }
    }
}

/// The head of the CA's log that a cluster saw last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenCheckpoint {
    /// The witness's signature: 8 bytes of time and 64 of Ed25519 (C2SP `cosignature/v1`).
    pub cosignature: Base64,
    /// RFC 6962 root.
    pub root: Digest,
    /// Number of entries.
    pub size: u64,
}
