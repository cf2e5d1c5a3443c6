//! The CAs of one cluster: who may sign in which domain.

use crate::cluster::role::Domain;
use crate::exchange::roots::RootStatus;
use crate::pki::certificate::TbsCertificate;
use crate::pki::key::{KeyType, SignatureAlgorithm};
use crate::wire::digest::Digest;

/// A CA that signs, by what its certificate says; of a root that is yet to be made, by what it will say.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The world of trust it certifies.
    pub domain: Domain,
    /// Where it stands.
    pub status: RootStatus,
    /// What its certificate says.
    pub tbs: TbsCertificate,
}

/// The CAs of one cluster.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<Authority>);

impl Authority {
    /// The digest of its public key, its name in manifests, plans and the log.
    pub fn spki_sha256(&self) -> Digest {
        self.tbs.public_key().spki_sha256()
    }

    /// The one algorithm by which it signs.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        algorithm(self.tbs.public_key().key_type())
    }

    /// Its key identifier; empty where its certificate has none, which no lint lets pass.
    pub fn key_id(&self) -> &[u8] {
        self.tbs.extensions().subject_key_id().unwrap_or_default()
    }
}

impl Authorities {
    /// Takes them in the order in which they are preferred among equals.
    pub fn new(all: Vec<Authority>) -> Self {
        Self(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Authority] {
        &self.0
    }

    /// The one with this public key.
    pub fn by_key(&self, spki_sha256: &Digest) -> Option<&Authority> {
        self.0.iter().find(|authority| authority.spki_sha256() == *spki_sha256)
    }

    /// The one that issues for `domain`: the current root where `acceptable` names it, the next one otherwise.
    pub fn choose(&self, domain: Domain, acceptable: &[Digest]) -> Option<&Authority> {
        let issues = |status| {
            let fits = |a: &&Authority| a.domain == domain && a.status == status;
            self.0.iter().filter(fits).find(|a| acceptable.contains(&a.spki_sha256()))
        };
        issues(RootStatus::Current).or_else(|| issues(RootStatus::Next))
    }
}

/// The algorithm by which an issuer key of this type signs: the hash as strong as the curve; SHA-256 with RSA.
pub fn algorithm(key: KeyType) -> SignatureAlgorithm {
    match key {
        KeyType::P256 => SignatureAlgorithm::EcdsaSha256,
        KeyType::P384 => SignatureAlgorithm::EcdsaSha384,
        KeyType::P521 => SignatureAlgorithm::EcdsaSha512,
        KeyType::Rsa(_) => SignatureAlgorithm::RsaSha256,
        KeyType::Ed25519 => SignatureAlgorithm::Ed25519,
    }
}
