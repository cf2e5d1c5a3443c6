//! What each [`Event`](super::event::Event) says of itself, under `detail`.

pub mod medium;
pub mod node;
mod operation;
mod paper;
mod places;
mod rotation;

use serde::{Deserialize, Serialize};

use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;
pub use operation::{Asked, HsmLogin, Proposed};
pub use paper::{Cleared, OobAsked, OobDraw, OobRow, OobRows, Received};
pub use places::PlacesCounted;
pub use rotation::{
    BudgetForgiven, Reclaimed, RotationAgreed, RotationDone, RotationHeld, RotationIntent, RotationPreflight,
    RotationReturned, RotationVouched,
};

mod signing;

pub use signing::{OrderIntent, OrderResult, Replaced, Revocation, SignIntent, Signed};

/// See [`Event::Genesis`](super::event::Event::Genesis).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Digest of the text that the people signed.
    pub genesis: Digest,
    /// Digest of the policy, where the side has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// Digest of the roster.
    pub roster: Digest,
    /// Digests of the armored signatures over the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<Digest>,
}

/// See [`Event::Refused`](super::event::Event::Refused); the code stands in the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What was refused, safe to show.
    pub message: String,
    /// The command.
    pub verb: String,
}

/// A command a person gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verb {
    /// The command.
    pub verb: String,
}

/// An object named by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// SHA-256.
    pub object: Digest,
}

/// Head of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// RFC 6962 root hash.
    pub root: Digest,
    /// Number of entries.
    pub size: u64,
}

/// See [`Event::ClockAttested`](super::event::Event::ClockAttested).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAttested {
    /// Who compared: officers, or requesters on the online side.
    pub officers: Vec<String>,
    /// Largest difference between a typed minute and this clock, in seconds.
    pub spread_s: u64,
}

/// See [`Event::ClockSet`](super::event::Event::ClockSet).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSet {
    /// The floor before.
    pub from: Timestamp,
    /// Digest of the approved object.
    pub object: Digest,
    /// The floor from now on.
    pub to: Timestamp,
}

/// See [`Event::ClockJump`](super::event::Event::ClockJump).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockJump {
    /// Whether the wall clock went back.
    pub backwards: bool,
    /// By how much, in seconds.
    pub seconds: u64,
}

/// See [`Event::Verified`](super::event::Event::Verified).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Each check that ran.
    pub checks: Vec<CheckResult>,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Code of a warning or a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `V01`…, `W01`….
    pub id: String,
    /// `ok`, `warn`, `deny` or `fail`.
    pub status: String,
}

/// See [`Event::Enrolled`](super::event::Event::Enrolled) and [`Event::Introduced`](super::event::Event::Introduced).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// How often the party of the record introduced itself, from 1.
    pub epoch: u64,
    /// The other side, `cluster:…` or `ca:…`.
    pub peer: String,
    /// Digest of the enrolment record.
    pub record: Digest,
    /// Identifier of the statement it came with.
    pub statement: Digest,
}

/// See [`Event::RequestDenied`](super::event::Event::RequestDenied).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDenied {
    /// The rule the officer names.
    pub code: String,
    /// Identifier within the bundle.
    pub request: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::PlanClosed`](super::event::Event::PlanClosed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanClosed {
    /// Sequence number of the bundle it answers, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_seq: Option<u64>,
    /// UID of the cluster it is for, once that is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Requests denied.
    pub denials: u64,
    /// After this no signature is asked for.
    pub expires: Timestamp,
    /// Signatures to be made.
    pub orders: u64,
    /// Digest of PLAN.json.
    pub plan: Digest,
    /// The quorum rule it needs.
    pub rule: String,
    /// Identifier of the statement it answers, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Digest>,
    /// Digest of the TBS structures, one after the other.
    pub tbs: Digest,
}

/// A signed decision of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Digest of the approved object; for certificates, of PLAN.json.
    pub object: Digest,
    /// `issue`, `enrol`, `policy`, …
    pub operation: String,
    /// The person.
    pub person: String,
    /// Digest of the armored signature over the text.
    pub signature: Digest,
    /// Digest of the signed text.
    pub text: Digest,
}

/// A token, named by its serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Serial number.
    pub token: String,
}

/// A key pair of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMade {
    /// CKA_ID in hex; none before the pair exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Type of the key, such as `P-384`.
    pub key_type: String,
    /// CKA_LABEL.
    pub label: String,
    /// Digest of the public key; none before the pair exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki: Option<Digest>,
    /// Serial number of the token.
    pub token: String,
}

/// See [`Event::CaInstalled`](super::event::Event::CaInstalled).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaInstalled {
    /// The installed files, each by its digest.
    pub objects: Vec<Digest>,
    /// Digest of PLAN.json.
    pub plan: Digest,
}

/// See [`Event::Scanned`](super::event::Event::Scanned).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Certificates of roles that were found.
    pub certificates: u64,
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// What was wrong, in all.
    pub problems: u64,
}

/// See [`Event::Requested`](super::event::Event::Requested).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Digest of the bundle.
    pub file: Digest,
    /// Nonce that the package must echo.
    pub nonce: Base64,
    /// Sequence number of the bundle.
    pub seq: u64,
    /// Identifier of the statement.
    pub statement: Digest,
    /// Earlier traces that this one replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voids: Vec<String>,
}

/// See [`Event::KeysPlaced`](super::event::Event::KeysPlaced).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysPlaced {
    /// Number of files written.
    pub files: u64,
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::Sealed`](super::event::Event::Sealed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Digest of the encrypted package.
    pub file: Digest,
    /// Sequence number of the package.
    pub package_seq: u64,
    /// Digest of PLAN.json.
    pub plan: Digest,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::ExportIntent`](super::event::Event::ExportIntent) and [`Event::Exported`](super::event::Event::Exported).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// What it was written to.
    pub medium: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::SheetPrinted`](super::event::Event::SheetPrinted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPrinted {
    /// Which print of the sheet this is, from 1; all copies that are printed at once are one. From 2 on it is a reprint, of one
    /// less, as the paper says.
    pub copy: u64,
    /// The file or the printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Number of the sheet.
    pub sheet: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::PackageAccepted`](super::event::Event::PackageAccepted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageAccepted {
    /// Digest of the decrypted container, which the state keeps.
    pub container: Digest,
    /// The newest CRL of each issuer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<CrlSeen>,
    /// Head of the CA's log that the package proves.
    pub log: Head,
    /// Sequence number of the package.
    pub package_seq: u64,
    /// Digest of PLAN.json.
    pub plan: Digest,
    /// Identifier of the package's statement.
    pub statement: Digest,
}

/// A CRL that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlSeen {
    /// Digest of the issuer's public key.
    pub issuer: Digest,
    /// Its number.
    pub number: u64,
}

/// See [`Event::CrossIntent`](super::event::Event::CrossIntent) and [`Event::CrossSigned`](super::event::Event::CrossSigned).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossed {
    /// Digest of the certificate, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Digest>,
    /// The world of trust.
    pub domain: String,
    /// Digest of the certificate of the old CA, whose key signs.
    pub issuer: Digest,
    /// The node on which that key lies.
    pub node: String,
    /// Digest of the certificate of the root that comes.
    pub root: Digest,
    /// Digest of the bytes that are signed.
    pub tbs: Digest,
}

/// See [`Event::StageIntent`](super::event::Event::StageIntent) and [`Event::Staged`](super::event::Event::Staged).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Number of files written or found equal.
    pub files: u64,
    /// Digest of the list that names each file with its digest.
    pub list: Digest,
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// Identifier of the package's statement.
    pub statement: Digest,
}
