//! The fields of a certificate package's `MANIFEST.json`.
//!
//! It restates the plan and never adds to it; what counts is the plan, whose digest people approved.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::cluster::role::{Domain, Role};
use crate::exchange::approval::rule::RuleName;
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::PersonId;
use crate::exchange::roots::RootName;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::serial::Serial;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Value of `format`.
pub const FORMAT: &str = "airlock.cert-package/1";

/// `MANIFEST.json` of a certificate package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The cluster that asked.
    pub audience: Audience,
    /// The CA host; the statement's `from`.
    pub ca: Party,
    /// Who vouched for the clock.
    pub clock: Clock,
    /// When the package was made.
    pub created: Timestamp,
    /// The CRLs inside, by domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crls: Vec<CrlName>,
    /// [`FORMAT`].
    pub format: String,
    /// Until when it may be imported; the statement's `expires`.
    pub import_before: Timestamp,
    /// The bundle that it answers.
    pub in_reply_to: InReplyTo,
    /// Sequence number of this CA host's packages.
    pub package_seq: u64,
    /// Digest of PLAN.json.
    pub plan_sha256: Digest,
    /// The quorum that was met, for reading only: who imports counts by himself.
    pub quorum: QuorumMet,
    /// What became of each request, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Outcome>,
    /// The roots inside, by domain and status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<RootName>,
    /// `intl-1`.
    pub suite: String,
    /// The program that made it.
    pub tool: Tool,
    /// The id of the exchange.
    pub trace: Trace,
    /// Keys that begin with `x-`: carried, never read.
    #[serde(flatten)]
    pub extra: BTreeMap<String, String>,
}

/// The cluster that asked, and everyone who can read the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The statement's `to`.
    pub cluster: Party,
    /// Everyone it is encrypted to, sorted.
    pub recipients: Vec<Recipient>,
    /// UID of the cluster's namespace kube-system.
    pub uid: String,
}

/// Who vouched for the clock of the CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The log entry in which they did.
    pub attested: u64,
    /// The officers who compared.
    pub officers: Vec<PersonId>,
}

/// A CRL and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrlName {
    /// The world of trust of its issuer.
    pub domain: Domain,
    /// Digest of the issuer's public key.
    pub issuer_spki_sha256: Digest,
    /// When the next one will be there.
    pub next_update: Timestamp,
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
}

/// The bundle that a package answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InReplyTo {
    /// Digest of its container.
    pub file_sha256: Digest,
    /// Its nonce.
    pub nonce: Base64,
    /// Its sequence number.
    pub seq: u64,
    /// Digest of its statement.
    pub statement_sha256: Digest,
}

/// The quorum that was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuorumMet {
    /// Whether an auditor witnessed.
    pub auditor: bool,
    /// Officers there are.
    pub of: u64,
    /// Officers who were needed.
    pub officers: u64,
    /// The rule.
    pub rule: RuleName,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// A certificate was issued; its PEM bears the number of the request.
    Issued {
        /// Digest of its DER.
        cert_sha256: Digest,
        /// The request.
        id: Number,
        /// Its last second.
        not_after: Timestamp,
        /// Its first second.
        not_before: Timestamp,
        /// Its profile.
        profile: Role,
        /// Its serial number.
        serial: Serial,
        /// Digest of its public key.
        spki_sha256: Digest,
    },
    /// None was.
    Denied {
        /// The rules that were broken.
        codes: Vec<String>,
        /// The request.
        id: Number,
        /// What the officers say of it.
        #[serde(default)]
        note: Option<String>,
    },
}

impl Serialize for Outcome {
    /// Members in the order of RFC 8785; a derived tag would stand first, and each outcome would have to be sorted.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        match self {
            Self::Issued { cert_sha256, id, not_after, not_before, profile, serial, spki_sha256 } => {
                members.serialize_entry("cert_sha256", cert_sha256)?;
                members.serialize_entry("id", id)?;
                members.serialize_entry("not_after", not_after)?;
                members.serialize_entry("not_before", not_before)?;
                members.serialize_entry("profile", profile)?;
                members.serialize_entry("serial", serial)?;
                members.serialize_entry("spki_sha256", spki_sha256)?;
                members.serialize_entry("status", "issued")?;
            }
            Self::Denied { codes, id, note } => {
                members.serialize_entry("codes", codes)?;
                members.serialize_entry("id", id)?;
                if let Some(note) = note {
                    members.serialize_entry("note", note)?;
                }
                members.serialize_entry("status", "denied")?;
            }
        }
        members.end()
    }
}

impl Outcome {
    /// The request.
    pub const fn id(&self) -> Number {
        match self {
            Self::Issued { id, .. } | Self::Denied { id, .. } => *id,
        }
    }

    /// Whether a certificate was issued.
    pub const fn is_issued(&self) -> bool {
        matches!(self, Self::Issued { .. })
    }
}

impl Manifest {
    /// How many certificates were issued; the statement counts the same.
    pub fn issued(&self) -> usize {
        self.results.iter().filter(|outcome| outcome.is_issued()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    #[test]
    fn outcomes_are_written_in_their_canonical_order() {
        let id = Number::new(31, 42).unwrap();
        let time = |at| Timestamp::from_unix(at).unwrap();
        let digest = Digest::of(b"");
        let issued = Outcome::Issued {
            cert_sha256: digest,
            id,
            not_after: time(2),
            not_before: time(1),
            profile: Role::KubeletServer,
            serial: Serial::from_octets(&[1; 20]).unwrap(),
            spki_sha256: digest,
        };
        let denied = |note| Outcome::Denied { codes: vec!["K2".to_owned()], id, note };
        for outcome in [issued, denied(None), denied(Some("no".to_owned()))] {
            let plain = serde_json::to_vec(&outcome).unwrap();
            assert_eq!(plain, serde_json_canonicalizer::to_vec(&outcome).unwrap());
            assert_eq!(json::from_slice(&plain), Ok(outcome));
        }
    }
}
