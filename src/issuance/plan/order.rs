//! One signature of a plan: what the plan says of it, and the same read off the bytes to be signed.

use serde::{Deserialize, Serialize};

use crate::cluster::role::{Domain, Role};
use crate::exchange::csr_bundle::manifest::Replaces;
use crate::exchange::csr_bundle::number::Number;
use crate::issuance::authority::Authority;
use crate::issuance::privilege;
use crate::issuance::profile::Profile;
use crate::pki::certificate::TbsCertificate;
use crate::pki::crl::TbsCrl;
use crate::pki::serial::Serial;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A certificate of a leaf.
    Leaf,
    /// A certificate of a CA whose key lives online.
    Intermediate,
    /// A self-signed root.
    Root,
    /// A root certified by another.
    Cross,
    /// A revocation list.
    Crl,
}

/// An entry of `orders[]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// How it is signed.
    pub algorithm: String,
    /// Number of a CRL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl_number: Option<u64>,
    /// The world of trust.
    pub domain: Domain,
    /// Digest of the public key of the issuer.
    pub issuer_spki_sha256: Digest,
    /// What is signed.
    pub kind: Kind,
    /// From 1, in order.
    pub n: u64,
    /// The last second of a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// The first second of a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Whether a certificate gives full rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// The profile of a leaf or an intermediate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Role>,
    /// What a certificate replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
    /// The request it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Number>,
    /// Whether the key was certified before, so that it must be ticked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reuses_key: bool,
    /// Serial number of a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// Digest of the certified key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<Digest>,
    /// Digest of the DER of a certificate's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_sha256: Option<Digest>,
    /// Digest of the bytes to be signed.
    pub tbs_sha256: Digest,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What the bytes do not say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// From 1.
    pub n: u64,
    /// What is signed.
    pub kind: Kind,
    /// The profile of a leaf or an intermediate.
    pub profile: Option<Role>,
    /// The request it answers.
    pub request: Option<Number>,
    /// What it replaces.
    pub replaces: Option<Replaces>,
    /// Whether the key was certified before.
    pub reuses_key: bool,
}

/// The bytes to be signed, read.
#[derive(Debug, Clone)]
pub enum Tbs {
    /// Of a certificate.
    Certificate(Box<TbsCertificate>),
    /// Of a revocation list.
    Crl(Box<TbsCrl>),
}

impl Tbs {
    /// Reads the bytes of an order of this kind; none where they are not.
    pub fn read(kind: Kind, der: &[u8]) -> Option<Self> {
        match kind {
            Kind::Crl => TbsCrl::from_der(der).ok().map(|tbs| Self::Crl(Box::new(tbs))),
            _ => TbsCertificate::from_der(der).ok().map(|tbs| Self::Certificate(Box::new(tbs))),
        }
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        match self {
            Self::Certificate(tbs) => tbs.tbs_der(),
            Self::Crl(tbs) => tbs.tbs_der(),
        }
    }

    /// Whether it revokes what no earlier list did: such entries bear the time of the list that is the first to hold
    /// them.
    pub fn revokes_anew(&self) -> bool {
        match self {
            Self::Certificate(_) => false,
            Self::Crl(tbs) => tbs.fields().revoked.iter().any(|entry| entry.time >= tbs.fields().this_update),
        }
    }
}

impl Order {
    /// Writes down what the bytes say, with a label; the issuer is who will sign them.
    pub fn of(label: Label, tbs: &Tbs, issuer: &Authority) -> Self {
        let Label { n, kind, profile, request, replaces, reuses_key } = label;
        let certificate = match tbs {
            Tbs::Certificate(tbs) => Some(tbs),
            Tbs::Crl(_) => None,
        };
        let (algorithm, crl_number) = match tbs {
            Tbs::Certificate(tbs) => (tbs.algorithm(), None),
            Tbs::Crl(tbs) => (tbs.fields().algorithm, Some(tbs.fields().number)),
        };
        Self {
            algorithm: algorithm.to_string(),
            crl_number,
            domain: issuer.domain,
            issuer_spki_sha256: issuer.spki_sha256(),
            kind,
            n,
            not_after: certificate.map(|tbs| tbs.validity().not_after()),
            not_before: certificate.map(|tbs| tbs.validity().not_before()),
            privileged: certificate.map(|tbs| privilege::of_certificate(tbs)),
            profile,
            replaces,
            request,
            reuses_key,
            serial: certificate.map(|tbs| tbs.serial().clone()),
            spki_sha256: certificate.map(|tbs| tbs.public_key().spki_sha256()),
            subject_sha256: certificate.map(|tbs| Digest::of(tbs.subject().der())),
            tbs_sha256: Digest::of(tbs.der()),
        }
    }

    /// What is said of it that the bytes do not say.
    pub fn label(&self) -> Label {
        Label {
            n: self.n,
            kind: self.kind,
            profile: self.profile,
            request: self.request,
            replaces: self.replaces.clone(),
            reuses_key: self.reuses_key,
        }
    }

    /// The first key in which two orders of one label differ.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let keys = [
            ("algorithm", self.algorithm == other.algorithm),
            ("crl_number", self.crl_number == other.crl_number),
            ("domain", self.domain == other.domain),
            ("issuer_spki_sha256", self.issuer_spki_sha256 == other.issuer_spki_sha256),
            ("not_after", self.not_after == other.not_after),
            ("not_before", self.not_before == other.not_before),
            ("privileged", self.privileged == other.privileged),
            ("serial", self.serial == other.serial),
            ("spki_sha256", self.spki_sha256 == other.spki_sha256),
            ("subject_sha256", self.subject_sha256 == other.subject_sha256),
            ("tbs_sha256", self.tbs_sha256 == other.tbs_sha256),
        ];
        keys.into_iter().find(|(_, same)| !same).map(|(key, _)| key)
    }

    /// What it is expected to be; none where kind, profile and request do not go together. A CRL has no profile.
    pub fn expected_profile(&self) -> Option<Option<Profile>> {
        match (self.kind, self.profile, self.request) {
            (Kind::Leaf, Some(role), Some(_)) if !role.identity().is_ca => Some(Some(Profile::Role(role))),
            (Kind::Intermediate, Some(role), Some(_)) if role.identity().is_ca => Some(Some(Profile::Role(role))),
            (Kind::Root, None, None) => Some(Some(Profile::Root(self.domain))),
            (Kind::Cross, None, None) => Some(Some(Profile::Cross(self.domain))),
            (Kind::Crl, None, None) => Some(None),
            _ => None,
        }
    }

    /// The request that each officer must tick, where this is one.
    pub fn ticked(&self) -> Option<Number> {
        self.request.filter(|_| self.privileged == Some(true) || self.reuses_key)
    }
}
