//! What was accepted, taken from the state again: certificates, their issuers, and the requests that they answer.

use std::collections::{BTreeMap, BTreeSet};

use super::StageError;
use crate::cluster::role::{Domain, Role};
use crate::exchange::cert_package::layout::{File, PackageLayout};
use crate::exchange::cert_package::manifest::{Manifest, Outcome};
use crate::exchange::container::Container;
use crate::exchange::csr_bundle::manifest::Request;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::enrolment::peers::Peers;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::node_package::{Delivered, PrivatePem};
use crate::exchange::trace::Trace;
use crate::online::history::Package;
use crate::online::node;
use crate::online::room::Room;
use crate::online::verify::Bundle;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::wire::time::Timestamp;
use crate::wire::{json, pem};

/// The certificates of an accepted package. It is made only of a container whose digest stands in the log under
/// `PACKAGE_ACCEPTED`:
///
/// ```compile_fail,E0451
/// # use airlock::online::stage::Goods;
/// fn forged(goods: Goods) -> Goods {
///     Goods { issued: Vec::new(), ..goods }
/// }
/// ```
///
/// ```
/// # use airlock::exchange::trace::Trace;
/// # use airlock::online::{room::Room, stage::Goods};
/// # use airlock::refusal::Refused;
/// fn of_the_log(room: &Room, trace: &Trace) -> Result<Goods, Refused> {
///     Goods::accepted(room, trace)
/// }
/// ```
#[derive(Debug)]
pub struct Goods {
    package: Package,
    issued: Vec<Issued>,
    denied: Vec<Request>,
    roots: EnrolmentRecord,
    profiles: BTreeSet<Role>,
    crosses: BTreeMap<Domain, Vec<Certificate>>,
}

/// A certificate and what it is for.
#[derive(Debug)]
pub struct Issued {
    /// What was asked.
    pub request: Request,
    /// The certificate.
    pub certificate: Certificate,
    /// The CAs between it and its root.
    pub between: Vec<Certificate>,
    /// Its private key, where that came with it in the package of a node.
    pub key: Option<PrivatePem>,
}

impl Goods {
    /// The accepted package of `trace`.
    ///
    /// # Errors
    /// [`StageError::NotAccepted`], [`StageError::Kept`]; what the blobs say.
    pub fn accepted(room: &Room, trace: &Trace) -> Result<Self, Refused> {
        if room.config().node().is_some() {
            return Self::of_node(room, trace);
        }
        let history = room.history();
        let found = history.request(trace).zip(history.package(trace));
        let (past, package) = found.ok_or_else(|| StageError::NotAccepted(trace.clone()))?;
        let bytes = room.desk.objects().get(&package.container)?;
        let ca = ca_at(room, package.entry)?.ok_or_else(|| StageError::Kept(trace.clone()))?;
        let container = Container::read(&bytes, &PackageLayout, ca.statement_key())?;
        let bundle = Bundle::kept(&room.desk, past, &room.public()?.statement)?;
        let read = Self::read(&container, &bundle, ca, package.clone());
        Ok(read.ok_or_else(|| StageError::Kept(trace.clone()))?)
    }

    /// What the admin's host cut for this node. Groups that span the cluster were found whole there.
    fn of_node(room: &Room, trace: &Trace) -> Result<Self, Refused> {
        let history = room.history();
        let package = history.package(trace).ok_or_else(|| StageError::NotAccepted(trace.clone()))?;
        let kept = node::kept(room, &package.container)?;
        let profiles = kept.manifest().profiles.iter().copied().collect();
        let crosses = kept.crosses().clone();
        let (parts, roots) = kept.into_parts();
        let issued = parts.into_iter().map(|part| {
            let Delivered { request, certificate, between, key } = part;
            Issued { request, certificate, between, key }
        });
        Ok(Self { package: package.clone(), issued: issued.collect(), denied: Vec::new(), roots, profiles, crosses })
    }

    fn read(container: &Container<'_>, bundle: &Bundle, roots: EnrolmentRecord, package: Package) -> Option<Self> {
        let manifest: Manifest = json::from_slice(container.manifest()).ok()?;
        let chain = chain(container.get(&File::Chain.to_string()).unwrap_or_default())?;
        let requests: BTreeMap<Number, &Request> =
            bundle.manifest().requests.iter().map(|request| (request.id, request)).collect();
        let (mut issued, mut denied) = (Vec::new(), Vec::new());
        for outcome in &manifest.results {
            let request = (*requests.get(&outcome.id())?).clone();
            match outcome {
                Outcome::Denied { .. } => denied.push(request),
                Outcome::Issued { id, .. } => {
                    let text = container.get(&File::Certificate(*id).to_string())?;
                    let certificate = Certificate::parse_pem(text).ok()?;
                    let between = between(&certificate, &chain, &roots);
                    issued.push(Issued { request, certificate, between, key: None });
                }
            }
        }
        let profiles = issued.iter().map(|one| one.request.profile).collect();
        let crosses = Domain::ALL.into_iter().map(|domain| (domain, crosses(container, domain)));
        let crosses = crosses.filter(|(_, crosses)| !crosses.is_empty()).collect();
        Some(Self { package, issued, denied, roots, profiles, crosses })
    }

    /// The package, as the log remembers it.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// What was issued, by the number of its request.
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// Whether the package of the CA has a certificate of this profile, on whichever node: a node is told.
    pub fn has_issued(&self, profile: Role) -> bool {
        self.profiles.contains(&profile)
    }

    /// Every profile of which the package of the CA has a certificate.
    pub fn profiles(&self) -> &BTreeSet<Role> {
        &self.profiles
    }

    /// What was denied.
    pub fn denied(&self) -> &[Request] {
        &self.denied
    }

    /// What the package brings of roots that certify one another.
    pub fn crosses(&self) -> &BTreeMap<Domain, Vec<Certificate>> {
        &self.crosses
    }

    /// The record of the CA by which the package was accepted: its roots are those to trust beside the old ones.
    pub fn ca(&self) -> &EnrolmentRecord {
        &self.roots
    }
}

impl Goods {
    /// What the package brings to bridge two roots of `domain`, either way.
    pub(super) fn crosses_of(&self, domain: Domain) -> impl Iterator<Item = &Certificate> {
        self.crosses.get(&domain).into_iter().flatten()
    }

    /// The pinned roots to which the certificates of `domain` lead, each as often as one does.
    pub(super) fn roots_above(&self, domain: Domain) -> Vec<&Certificate> {
        let pinned = || self.roots.roots().iter().filter(|root| root.domain == domain).map(|root| &root.certificate);
        let above = |issued: &Issued| {
            let last = issued.between.last().unwrap_or(&issued.certificate).clone();
            pinned().find(|root| last.issuer() == root.subject() && last.verify_signed_by(root.public_key()).is_ok())
        };
        self.of_domain(domain).filter_map(above).collect()
    }

    /// When the last certificate of `domain` ends.
    pub(super) fn last_end(&self, domain: Domain) -> Option<Timestamp> {
        self.of_domain(domain).map(|issued| issued.certificate.validity().not_after()).max()
    }

    /// How many CAs stand between a root of `domain` and a leaf, at most.
    pub(super) fn longest_between(&self, domain: Domain) -> usize {
        self.of_domain(domain).map(|issued| issued.between.len()).max().unwrap_or_default()
    }

    fn of_domain(&self, domain: Domain) -> impl Iterator<Item = &Issued> {
        self.issued.iter().filter(move |issued| issued.request.profile.domain() == domain)
    }
}

impl Issued {
    /// Leaf first, then the CAs between, as a server sends them.
    pub fn pem(&self) -> String {
        let between = self.between.iter().map(Certificate::to_pem);
        std::iter::once(self.certificate.to_pem()).chain(between).collect()
    }
}

/// The cross-certificates of `domain`, which were checked when the package was accepted.
fn crosses(container: &Container<'_>, domain: Domain) -> Vec<Certificate> {
    let text = |number| container.get(&File::Cross(domain, number).to_string());
    (1..).map_while(text).filter_map(|text| Certificate::parse_pem(text).ok()).collect()
}

/// The record of the CA that was enrolled when entry `at` was written.
fn ca_at(room: &Room, at: u64) -> Result<Option<EnrolmentRecord>, Refused> {
    let until: Vec<_> = room.desk.entries().iter().take_while(|entry| entry.seq < at).cloned().collect();
    let peers = Peers::fold(&until)?;
    let newest = peers.all().max_by_key(|(_, pinned)| pinned.entry).map(|(_, pinned)| pinned.record);
    let record = newest.map(|digest| room.desk.objects().get(&digest)).transpose()?;
    Ok(record.map(|bytes| EnrolmentRecord::parse(&bytes)).transpose()?)
}

fn chain(bytes: &[u8]) -> Option<Vec<Certificate>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let blocks = if text.is_empty() { Vec::new() } else { pem::blocks(text).ok()? };
    blocks.into_iter().map(|(_, der)| Certificate::parse_der(&der).ok()).collect()
}

/// The CAs of `chain` that lead from `leaf` to a pinned root, the root itself left out.
fn between(leaf: &Certificate, chain: &[Certificate], pinned: &EnrolmentRecord) -> Vec<Certificate> {
    let signed_by = |lower: &Certificate, ca: &Certificate| {
        ca.subject() == lower.issuer() && lower.verify_signed_by(ca.public_key()).is_ok()
    };
    let mut path: Vec<Certificate> = Vec::new();
    loop {
        let last = path.last().unwrap_or(leaf);
        if pinned.roots().iter().any(|root| signed_by(last, &root.certificate)) {
            return path;
        }
        match chain.iter().find(|ca| !path.contains(ca) && signed_by(last, ca)) {
            Some(ca) => path.push(ca.clone()),
            None => return path,
        }
    }
}
