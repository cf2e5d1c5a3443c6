//! A request to be judged, and what it is judged by.

use std::collections::{BTreeSet, HashMap};

use crate::cluster::record::Record;
use crate::cluster::record::names::NameFault;
use crate::cluster::role::Role;
use crate::exchange::csr_bundle::{BundleRequest, manifest};
use crate::exchange::people::roster::Roster;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::index::{CertificateName, Index};
use crate::issuance::policy::Policy;
use crate::issuance::privilege;
use crate::issuance::profile::Profile;
use crate::pki::certificate::Certificate;
use crate::pki::csr::{Csr, CsrError};
use crate::pki::key::PublicKey;
use crate::pki::serial::Serial;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// A request of a bundle whose container and manifest were verified.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What the manifest says of it.
    pub asked: &'a manifest::Request,
    /// The request itself, if it is one and proves possession of its key; otherwise what is wrong with it.
    pub csr: Result<&'a Csr, &'a CsrError>,
    /// The certificate that it says it replaces, from the bundle.
    pub replaced: Option<&'a Certificate>,
}

impl<'a> From<&'a BundleRequest> for Request<'a> {
    fn from(request: &'a BundleRequest) -> Self {
        Self { asked: &request.entry, csr: request.csr.as_ref(), replaced: request.replaced.as_ref() }
    }
}

/// What requests are judged by: everything but the requests themselves.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The enrolled record of the cluster.
    pub cluster: &'a Record,
    /// The policy in force.
    pub policy: &'a Policy,
    /// What was issued before.
    pub index: &'a Index,
    /// The CAs of this cluster.
    pub authorities: &'a Authorities,
    /// The issuers that the bundle accepts, by their keys.
    pub audience: &'a [Digest],
    /// The roots of before that were enrolled with the cluster: what they signed was adopted (R40).
    pub adopted: &'a [Certificate],
    /// Digests of keys that are never certified; see [`keys_in_use`].
    pub keys_in_use: &'a BTreeSet<Digest>,
    /// The id of the statement that the bundle came with.
    pub statement: Digest,
    /// The attested time.
    pub time: Timestamp,
}

/// The keys that never become a leaf's: of issuers, of people, and of machines.
pub fn keys_in_use(authorities: &Authorities, roster: &Roster, machines: &[PublicKey]) -> BTreeSet<Digest> {
    let issuers = authorities.all().iter().map(Authority::spki_sha256);
    let people = roster.persons().iter().flat_map(|person| &person.keys);
    let people = people.filter_map(|own| PublicKey::from_ed25519(own.key.as_ed25519()).ok());
    issuers.chain(people.map(|key| key.spki_sha256())).chain(machines.iter().map(PublicKey::spki_sha256)).collect()
}

/// A request with what is derived from it once for all rules.
pub(super) struct Facts<'a> {
    pub(super) asked: &'a manifest::Request,
    pub(super) csr: &'a Csr,
    pub(super) replaced: Option<&'a Certificate>,
    pub(super) spki_sha256: Digest,
    /// How many requests of the bundle ask for this key.
    pub(super) same_key: usize,
    /// How many requests of the bundle replace this certificate.
    pub(super) same_replaced: usize,
    pub(super) name_faults: Vec<NameFault>,
    /// The CA that would issue it.
    pub(super) issuer: Option<&'a Authority>,
}

/// How often each key and each replaced certificate occurs in a bundle.
pub(super) struct Census {
    keys: HashMap<Digest, usize>,
    replaced: HashMap<(Digest, Serial), usize>,
}

impl Census {
    pub(super) fn of(requests: &[Request<'_>]) -> Self {
        let mut census = Self { keys: HashMap::with_capacity(requests.len()), replaced: HashMap::new() };
        for request in requests {
            if let Ok(csr) = request.csr {
                *census.keys.entry(csr.public_key().spki_sha256()).or_default() += 1;
            }
            if let Some(replaces) = &request.asked.replaces {
                *census.replaced.entry((replaces.issuer_spki_sha256, replaces.serial.clone())).or_default() += 1;
            }
        }
        census
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(request: &Request<'a>, csr: &'a Csr, census: &Census, context: &Context<'a>) -> Self {
        let Request { asked, replaced, .. } = *request;
        let spki_sha256 = csr.public_key().spki_sha256();
        let same_replaced = asked
            .replaces
            .as_ref()
            .and_then(|replaces| census.replaced.get(&(replaces.issuer_spki_sha256, replaces.serial.clone())).copied());
        Self {
            asked,
            csr,
            replaced,
            spki_sha256,
            same_key: census.keys.get(&spki_sha256).copied().unwrap_or_default(),
            same_replaced: same_replaced.unwrap_or_default(),
            name_faults: context.cluster.name_faults(asked.profile, &asked.place.node, csr.subject_alt_names()),
            issuer: context.authorities.choose(asked.profile.domain(), context.audience),
        }
    }

    pub(super) fn role(&self) -> Role {
        self.asked.profile
    }

    pub(super) fn profile(&self) -> Profile {
        Profile::Role(self.asked.profile)
    }

    pub(super) fn is_privileged(&self) -> bool {
        self.role().identity().is_ca || privilege::of_subject(self.csr.subject())
    }

    /// The certificate that it says it replaces.
    pub(super) fn replaces(&self) -> Option<CertificateName> {
        let replaces = self.asked.replaces.as_ref()?;
        Some(CertificateName { issuer: replaces.issuer_spki_sha256, serial: replaces.serial.clone() })
    }
}
