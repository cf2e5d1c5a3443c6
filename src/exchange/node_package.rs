//! The node package `airlock.node-package/1`: what one node needs of an accepted certificate package.
//!
//! ```text
//! file ─ open(identity of the node) → OpenNodePackage ─ read(what the node knows) → NodePackage
//! ```
//!
//! It never leaves the online side, so no paper vouches for it: the key of the cluster does, which the node pinned before
//! the first one came. It is sealed to the node alone, for it may hold private keys, and it names node, recipient and the
//! package of the CA that it was cut from, so that none passes for another's.
//!
//! - [`manifest`]: the fields of `MANIFEST.json`
//! - [`layout`]: the files of a package
//! - [`draft`]: how a package is made
//! - [`private_key`]: a private key in its one spelling

pub mod draft;
mod error;
pub mod layout;
pub mod manifest;
pub mod private_key;

use std::collections::BTreeMap;

use crate::cluster::role::Domain;
use crate::exchange::container::Container;
use crate::exchange::csr_bundle::manifest::{Request, SUITE};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::seal::identity::Identity;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::seal::{Plaintext, RecipientCount, Sealed};
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::party::Party;
use crate::pki::certificate::Certificate;
use crate::wire::{json, pem};
pub use error::NodePackageError;
use layout::{File, NodePackageLayout};
use manifest::{FORMAT, Manifest, Part};
pub use private_key::PrivatePem;

/// A package that was decrypted; nothing of it has been parsed. The plaintext is wiped when it is dropped.
#[must_use]
pub struct OpenNodePackage {
    recipients: RecipientCount,
    plain: Plaintext,
}

/// What a node knows before it reads a package.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// The key of its cluster, as it was pinned.
    pub key: &'a SshPublicKey,
    /// Its cluster.
    pub cluster: &'a Party,
    /// The UID of the cluster's namespace kube-system.
    pub uid: &'a str,
    /// Its name.
    pub node: &'a str,
    /// Its recipient.
    pub recipient: &'a Recipient,
}

/// A package by this node's cluster, for this node and nobody else. Only [`OpenNodePackage::read`] makes one:
///
/// ```compile_fail,E0451
/// # use airlock::exchange::node_package::NodePackage;
/// fn forged(package: NodePackage) -> NodePackage {
///     NodePackage { parts: Vec::new(), ..package }
/// }
/// ```
///
/// ```
/// # use airlock::exchange::node_package::{NodePackage, NodePackageError, OpenNodePackage, Own};
/// fn read(open: &OpenNodePackage, own: &Own<'_>) -> Result<NodePackage, NodePackageError> {
///     open.read(own)
/// }
/// ```
#[derive(Debug)]
pub struct NodePackage {
    manifest: Manifest,
    parts: Vec<Delivered>,
    crosses: BTreeMap<Domain, Vec<Certificate>>,
    ca: EnrolmentRecord,
    people: Vec<u8>,
}

/// A certificate of the node, and its key where that was made elsewhere.
#[derive(Debug)]
pub struct Delivered {
    /// What was asked.
    pub request: Request,
    /// The certificate.
    pub certificate: Certificate,
    /// The CAs between it and its root.
    pub between: Vec<Certificate>,
    /// Its private key, PKCS#8 in PEM.
    pub key: Option<PrivatePem>,
}

impl OpenNodePackage {
    /// Decrypts a package to its end.
    ///
    /// # Errors
    /// [`NodePackageError::Seal`]: not for this node, or damaged.
    pub fn open(sealed: &[u8], identity: &Identity) -> Result<Self, NodePackageError> {
        let sealed = Sealed::parse(sealed)?;
        Ok(Self { recipients: sealed.recipients(), plain: sealed.open(identity)? })
    }

    /// Reads what the pinned key of the cluster signed, and demands that it is for this node alone.
    ///
    /// # Errors
    /// Any [`NodePackageError`].
    pub fn read(&self, own: &Own<'_>) -> Result<NodePackage, NodePackageError> {
        let container = Container::read(&self.plain, &NodePackageLayout, own.key)?;
        let manifest = json::from_slice::<Manifest>(container.manifest())?;
        check_shape(&manifest)?;
        if manifest.cluster != *own.cluster || manifest.uid != own.uid {
            return Err(NodePackageError::Cluster);
        }
        if manifest.node != own.node {
            return Err(NodePackageError::Node);
        }
        if manifest.recipient != *own.recipient {
            return Err(NodePackageError::Recipient);
        }
        self.recipients.admits(std::slice::from_ref(&manifest.recipient), own.recipient)?;
        check_files(&container, &manifest)?;
        let file = |file: File| container.get(&file.to_string()).unwrap_or_default();
        let ca = EnrolmentRecord::parse(file(File::Ca)).map_err(NodePackageError::Ca)?;
        if ca.ca().is_none_or(|side| side.cluster != manifest.cluster) || *ca.party() != manifest.ca {
            return Err(NodePackageError::OtherCa);
        }
        let parts = manifest.certificates.iter().map(|part| delivered(&container, part)).collect::<Result<_, _>>()?;
        let crosses = |domain: &Domain| {
            let found = chain(file(File::Crosses(*domain))).filter(|found| !found.is_empty());
            Ok((*domain, found.ok_or(NodePackageError::Crosses(*domain))?))
        };
        let crosses = manifest.crosses.iter().map(crosses).collect::<Result<_, NodePackageError>>()?;
        let people = file(File::People).to_vec();
        Ok(NodePackage { parts, crosses, ca, people, manifest })
    }
}

impl NodePackage {
    /// What it says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The record of the CA by which the cluster accepted its package: its roots are those to trust beside the old ones.
    pub fn ca(&self) -> &EnrolmentRecord {
        &self.ca
    }

    /// The list of the cluster's people, still to be parsed.
    pub fn people(&self) -> &[u8] {
        &self.people
    }

    /// The certificates.
    pub fn parts(&self) -> &[Delivered] {
        &self.parts
    }

    /// Roots of a domain that certify one another. They speak for themselves, and what they bridge is judged where it is made.
    pub fn crosses(&self) -> &BTreeMap<Domain, Vec<Certificate>> {
        &self.crosses
    }

    /// The certificates and the record of the CA, to be staged.
    pub fn into_parts(self) -> (Vec<Delivered>, EnrolmentRecord) {
        (self.parts, self.ca)
    }
}

/// What a manifest owes to itself.
fn check_shape(manifest: &Manifest) -> Result<(), NodePackageError> {
    if manifest.format != FORMAT {
        return Err(NodePackageError::Format);
    }
    if manifest.suite != SUITE {
        return Err(NodePackageError::Suite);
    }
    let in_order = manifest.certificates.is_sorted_by(|one, next| one.request.id < next.request.id);
    let has_profile = |part: &Part| manifest.profiles.contains(&part.request.profile);
    let in_order = in_order && manifest.crosses.is_sorted_by(|one, next| one < next);
    if !in_order || !manifest.profiles.is_sorted_by(|one, next| one < next) {
        return Err(NodePackageError::Order);
    }
    if let Some(part) = manifest.certificates.iter().find(|part| !has_profile(part)) {
        return Err(NodePackageError::Profile(part.request.id));
    }
    match manifest.certificates.iter().find(|part| part.request.place.node != manifest.node) {
        Some(stranger) => Err(NodePackageError::Stranger(stranger.request.id)),
        None => Ok(()),
    }
}

/// The files are exactly those of which the manifest speaks.
fn check_files(container: &Container<'_>, manifest: &Manifest) -> Result<(), NodePackageError> {
    let mut expected: Vec<String> = vec![File::Ca.to_string(), File::People.to_string()];
    for part in &manifest.certificates {
        expected.push(File::Certificate(part.request.id).to_string());
        expected.extend(part.key.then(|| File::Key(part.request.id).to_string()));
    }
    expected.extend(manifest.crosses.iter().map(|domain| File::Crosses(*domain).to_string()));
    expected.sort_unstable();
    let found = container.files().iter().map(|entry| entry.name);
    match found.eq(expected.iter().map(String::as_str)) {
        true => Ok(()),
        false => Err(NodePackageError::Files),
    }
}

fn delivered(container: &Container<'_>, part: &Part) -> Result<Delivered, NodePackageError> {
    let id = part.request.id;
    let file = |file: File| container.get(&file.to_string()).unwrap_or_default();
    let mut chain = chain(file(File::Certificate(id))).ok_or(NodePackageError::Certificate(id))?.into_iter();
    let certificate = chain.next().ok_or(NodePackageError::Certificate(id))?;
    let is_meant = certificate.fingerprint() == part.cert_sha256
        && certificate.public_key().spki_sha256() == part.request.spki_sha256;
    if !is_meant {
        return Err(NodePackageError::Certificate(id));
    }
    let key = part.key.then(|| PrivatePem::read(file(File::Key(id)), certificate.public_key()));
    let key = key.map(|key| key.ok_or(NodePackageError::Key(id))).transpose()?;
    Ok(Delivered { request: part.request.clone(), certificate, between: chain.collect(), key })
}

/// Certificates in strict PEM blocks, one after the other.
fn chain(bytes: &[u8]) -> Option<Vec<Certificate>> {
    let blocks = pem::blocks(std::str::from_utf8(bytes).ok()?).ok()?;
    let all: Vec<_> = blocks.iter().map(|(_, der)| Certificate::parse_der(der).ok()).collect::<Option<_>>()?;
    let again: String = all.iter().map(Certificate::to_pem).collect();
    (again.as_bytes() == bytes).then_some(all)
}
