//! The policy file as written: TOML with a fixed set of keys, all of which must be there.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::role::Role;
use crate::exchange::approval::rule::PolicyId;
use crate::exchange::seal::recipient::Recipient;
use crate::issuance::policy::key_type::CertifiedKey;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) format: String,
    pub(super) id: PolicyId,
    pub(super) profile_version: u64,
    pub(super) issuing: Issuing,
    pub(super) keys: Keys,
    pub(super) validity_days: Validity,
    pub(super) crl: Crl,
    pub(super) clock: Clock,
    pub(super) paper: Paper,
    pub(super) officers: Officers,
    pub(super) archive: Archive,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issuing {
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) clusters: BTreeMap<String, Mode>,
}

/// What a cluster may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Leaves only: every certificate is signed offline.
    Leaves,
    /// Intermediates too, whose keys live online, so that kubelets are certified without a trip.
    Intermediates,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) leaf: Vec<CertifiedKey>,
    pub(super) intermediate: Vec<CertifiedKey>,
    pub(super) root: Vec<CertifiedKey>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<Role, Vec<CertifiedKey>>,
    #[serde(default)]
    pub(super) reuse: Vec<Role>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Validity {
    pub(super) leaf: u64,
    pub(super) privileged: u64,
    pub(super) intermediate: u64,
    pub(super) root: u64,
    pub(super) cross: u64,
    #[serde(default)]
    pub(super) profiles: BTreeMap<Role, u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crl {
    pub(super) next_update_days: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clock {
    pub(super) unattested: Unattested,
}

/// What follows where nobody has compared the clock with others today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unattested {
    /// A bundle is not verified.
    Deny,
    /// A bundle is verified with a warning; signing needs an attested clock in any case.
    Warn,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paper {
    pub(super) channels: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Officers {
    pub(super) keys: Vec<OfficerKey>,
}

/// Where an officer's key may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfficerKey {
    /// In a file, under a passphrase.
    Software,
    /// In a FIDO token, under a PIN and a touch.
    Token,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Archive {
    pub(super) recipients: Vec<Recipient>,
}
