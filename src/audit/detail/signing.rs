//! What stands in the log around each signature of an issuer key.

use serde::{Deserialize, Serialize};

use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// See [`Event::SignIntent`](crate::audit::event::Event::SignIntent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIntent {
    /// The signatures that will be asked for, at most 256.
    pub orders: Vec<OrderIntent>,
    /// Digest of PLAN.json.
    pub plan: Digest,
}

/// One signature that will be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderIntent {
    /// Number of the CRL; none for a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl_number: Option<u64>,
    /// Digest of the issuer's public key.
    pub issuer: Digest,
    /// Number of the order within its plan, from 1.
    pub n: u64,
    /// The certificate it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
    /// The request it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The certificates that this CRL is the first to list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revokes: Vec<Revocation>,
    /// Serial number in hex; none for a CRL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Digest of the certified public key; none for a CRL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki: Option<Digest>,
    /// Digest of the bytes to be signed.
    pub tbs: Digest,
}

/// A certificate that is revoked, by the issuer of the CRL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The number of CRLReason (RFC 5280, 5.3.1), 0 where none is given.
    pub reason: u64,
    /// Serial number in hex.
    pub serial: String,
    /// Since when.
    pub time: Timestamp,
}

/// A certificate named by its issuer and serial number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Digest of the issuer's public key.
    pub issuer: Digest,
    /// Serial number in hex.
    pub serial: String,
}

/// See [`Event::Signed`](crate::audit::event::Event::Signed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Digest of PLAN.json.
    pub plan: Digest,
    /// The signatures, in the order they were announced.
    pub results: Vec<OrderResult>,
}

/// One signature that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderResult {
    /// Number of the order within its plan.
    pub n: u64,
    /// The signature as it stands in the certificate or CRL.
    pub signature: Base64,
    /// Digest of the signed bytes.
    pub tbs: Digest,
}
