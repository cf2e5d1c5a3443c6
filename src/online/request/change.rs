//! What will change, certificate by certificate: the facts that a person reviews before a request leaves.

use serde::Serialize;

use super::ask::{Ask, KeySource};
use super::draft::DAY;
use super::fault::RequestError;
use super::finding::Finding;
use crate::cluster::record::Record;
use crate::cluster::role::Role;
use crate::exchange::csr_bundle::manifest::KeyOrigin;
use crate::exchange::csr_bundle::number::Number;
use crate::pki::san::{AltName, SubjectAltNames};
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// One request beside the certificate of today. Every text is escaped for showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Its number in the bundle.
    pub id: Number,
    /// The node.
    pub node: String,
    /// The profile.
    pub role: Role,
    /// Where the certificate will live, relative to the root of the node.
    pub path: &'static str,
    /// Whether each officer must tick it.
    pub privileged: bool,
    /// Whom it names.
    pub subject: String,
    /// Whom today's certificate names, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_today: Option<String>,
    /// The subject alternative names in their order.
    pub names: Vec<String>,
    /// Those that today's certificate does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names_added: Vec<String>,
    /// Those that only today's certificate has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names_dropped: Vec<String>,
    /// The type of the key.
    pub key_type: String,
    /// The type of today's key, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_type_today: Option<String>,
    /// Where the key comes from.
    pub key_origin: KeyOrigin,
    /// Whether it is the live key once more.
    pub key_reused: bool,
    /// The validity asked for, in days.
    pub validity_days: u32,
    /// What it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
    /// What the CA will have to say, as far as it is known here.
    pub findings: Vec<Finding>,
}

/// The certificate that a request replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
    /// Its serial number in hex.
    pub serial: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// How long it was valid, in days.
    pub validity_days: i64,
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    /// Whether a CA on disk issued it; otherwise the CA is not told of it.
    pub issuer_known: bool,
}

/// The facts of each of `asks`, in the order of their numbers.
///
/// # Errors
/// [`RequestError::TooMany`].
pub(super) fn of(asks: &[Ask], record: &Record, validity_days: u32) -> Result<Vec<Change>, RequestError> {
    let numbers = Number::list(asks.len()).ok_or(RequestError::TooMany(asks.len()))?;
    Ok(numbers.zip(asks).map(|(id, ask)| one(id, ask, record, validity_days)).collect())
}

fn one(id: Number, ask: &Ask, record: &Record, validity_days: u32) -> Change {
    let today = ask.today.as_ref().map(|today| &today.certificate);
    let names = listed(ask.names());
    let names_today = listed(today.and_then(|certificate| certificate.subject_alt_names()));
    let key_type = ask.key_type().map(|key_type| key_type.to_string()).unwrap_or_default();
    let key_type_today = today.map(|certificate| certificate.public_key().key_type().to_string());
    let subject_today = today.filter(|certificate| *certificate.subject() != ask.subject);
    Change {
        id,
        node: text::escape(&ask.node),
        role: ask.role,
        path: ask.role.certificate_path(),
        privileged: ask.role.is_privileged(&ask.subject),
        subject: ask.subject.safe(),
        subject_today: subject_today.map(|certificate| certificate.subject().safe()),
        names_added: beyond(&names, &names_today, today.is_some()),
        names_dropped: beyond(&names_today, &names, true),
        names,
        key_type_today: key_type_today.filter(|today| *today != key_type),
        key_type,
        key_origin: ask.key_origin(),
        key_reused: matches!(ask.key, KeySource::Live(_)),
        validity_days,
        replaces: ask.today.as_ref().map(|today| {
            let validity = today.certificate.validity();
            Replaced {
                serial: today.certificate.serial().to_string(),
                not_after: validity.not_after(),
                validity_days: validity.not_after().since(validity.not_before()) / DAY,
                fingerprint: today.certificate.fingerprint(),
                issuer_known: today.issuer.is_some(),
            }
        }),
        findings: ask.findings(record),
    }
}

fn listed(names: Option<&SubjectAltNames>) -> Vec<String> {
    names.map(SubjectAltNames::names).unwrap_or_default().iter().map(AltName::to_string).collect()
}

/// Those of `names` that `others` does not have.
fn beyond(names: &[String], others: &[String], compared: bool) -> Vec<String> {
    names.iter().filter(|name| compared && !others.contains(name)).cloned().collect()
}
