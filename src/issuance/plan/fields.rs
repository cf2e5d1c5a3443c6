//! The fields of `PLAN.json`, as written; [`super::Plan`] is the checked form.
//!
//! Every list is written, the empty ones too: who reads the file sees that there is nothing of a kind.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::order::Order;
use crate::cluster::role::Domain;
use crate::exchange::approval::operation::Operation;
use crate::exchange::approval::rule::{PolicyName, RosterName, Rule, RuleName};
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::roots::RootName;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::issuance::rule::violation::{Code, CodeError};
use crate::pki::serial::Serial;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The value of `format`.
pub const FORMAT: &str = "airlock.plan/1";

/// `PLAN.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFields {
    /// Sequence number of the bundle; of an answer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_seq: Option<u64>,
    /// The CA host.
    pub ca: Party,
    /// CRLs and cross-certificates that the package carries and that were signed under earlier plans, sorted.
    pub carried: Vec<Carried>,
    /// By which clock certificates are dated.
    pub clock: Clock,
    /// The plan that this one ends: it signs nothing, and delivers what was signed under that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Digest>,
    /// Whom it is for.
    pub cluster: Cluster,
    /// When it was closed.
    pub created: Timestamp,
    /// What is not issued, and why, by request.
    pub denials: Vec<Denial>,
    /// After this no signature is announced.
    pub expires: Timestamp,
    /// [`FORMAT`].
    pub format: String,
    /// Machine keys that take the place of others.
    pub key_events: Vec<KeyEvent>,
    /// The 32 bytes of the bundle; of an answer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Base64>,
    /// What is done.
    pub operation: PlanOperation,
    /// Every signature of the batch.
    pub orders: Vec<Order>,
    /// The policy in force.
    pub policy: PolicyName,
    /// Digests of the rejections of earlier plans for the same statement, sorted.
    pub prior_rejections: Vec<Digest>,
    /// To whom the package is sealed, sorted.
    pub recipients: Vec<Recipient>,
    /// Every root the package carries, sorted.
    pub roots: Vec<RootName>,
    /// The roster in force.
    pub roster: RosterName,
    /// The quorum it needs.
    pub rule: NeededRule,
    /// Digest of the bundle's statement; of an answer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_sha256: Option<Digest>,
    /// The exchange.
    pub trace: Trace,
    /// Changes of trust, as asked.
    pub trust_ops: Vec<TrustOp>,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanOperation {
    /// It answers a bundle.
    Issue,
    /// It makes roots, cross-certificates and CRLs of the CA's own.
    Ca,
}

impl From<PlanOperation> for Operation {
    fn from(operation: PlanOperation) -> Self {
        match operation {
            PlanOperation::Issue => Self::Issue,
            PlanOperation::Ca => Self::Ca,
        }
    }
}

/// By which clock certificates are dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Index of the log entry in which officers attested it.
    pub attested: u64,
    /// How far notBefore lies before it, in seconds.
    pub not_before_backdating_s: u64,
}

/// Whom a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Digest of its enrolment record, once it is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_sha256: Option<Digest>,
    /// Its name.
    pub name: String,
    /// The UID of its namespace kube-system, once it is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

/// The quorum that a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededRule {
    /// Whether an auditor's witness is needed besides.
    pub auditor: bool,
    /// Which rule: the strictest over all effects.
    pub name: RuleName,
    /// Officers there are.
    pub of: u64,
    /// Officers needed; each earlier rejection added one.
    pub officers: u64,
}

impl From<NeededRule> for Rule {
    fn from(needed: NeededRule) -> Self {
        Self { name: needed.name, officers: needed.officers, of: needed.of }
    }
}

/// A request, or a revocation, that is denied: one of the two is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    /// Why, each code once in their order.
    pub codes: Vec<DenialCode>,
    /// Why, in words.
    pub note: String,
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Number>,
    /// The certificate whose revocation was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<RevocationName>,
}

/// A certificate whose revocation is denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationName {
    /// Digest of the public key of its issuer.
    pub issuer_spki_sha256: Digest,
    /// Its serial number.
    pub serial: Serial,
}

/// Why something is denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DenialCode {
    /// A rule forbids it.
    Rule(Code),
    /// Not now: it may be asked again in a new bundle (R22).
    Retry,
    /// It is no request that could be judged: the code of the refusal, as `CSR_POSSESSION`.
    Unreadable(String),
}

/// Something the package carries that was signed under an earlier plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The world of trust it belongs to.
    pub domain: Domain,
    /// What it is.
    pub kind: CarriedKind,
    /// Digest of its DER.
    pub sha256: Digest,
}

/// What is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarriedKind {
    /// A revocation list.
    Crl,
    /// A cross-certificate.
    Cross,
}

/// A machine key that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEvent {
    /// From 1 more with each change.
    pub epoch: u64,
    /// From when on it counts.
    pub from: Timestamp,
    /// Fingerprint of the new key.
    pub new: String,
    /// Fingerprint of the old key.
    pub old: String,
    /// Why.
    pub reason: KeyEventReason,
    /// Which key.
    pub what: KeyEventWhat,
}

/// Why a key is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEventReason {
    /// It was time.
    Scheduled,
    /// Others may have it: there is no overlap (R27).
    Compromise,
}

/// Which key is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEventWhat {
    /// The key of statements and packages.
    Statement,
    /// The key of the log.
    Log,
}

const RETRY: &str = "RETRY";

impl fmt::Display for DenialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(code) => code.fmt(f),
            Self::Retry => f.write_str(RETRY),
            Self::Unreadable(code) => f.write_str(code),
        }
    }
}

impl Serialize for DenialCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DenialCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == RETRY {
            return Ok(Self::Retry);
        }
        if let Ok(code) = text.parse() {
            return Ok(Self::Rule(code));
        }
        let is_refusal = text.len() <= 40 && text.contains('_');
        let screams = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if is_refusal && screams { Ok(Self::Unreadable(text)) } else { Err(de::Error::custom(CodeError)) }
    }
}
