//! One node: what it trusts today, which private keys it has, and what is to lie beside its live files.

use zeroize::Zeroizing;

use super::StageError;
use super::goods::Issued;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Domain, Files, Role};
use crate::cluster::scan::live_key;
use crate::cluster::tree::NodeTree;
use crate::devices::next_tree::NextTree;
use crate::devices::store::tree::read_node;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::roots::RootStatus;
use crate::online::scan::NodeRoot;
use crate::pki::certificate::Certificate;
use crate::pki::key::PublicKey;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::text;

/// A node that is staged for.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) next: NextTree,
    live: NodeTree,
}

/// What is to lie in the mirror of a live file.
pub(super) struct Planned {
    pub(super) node: String,
    pub(super) live: &'static str,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) lies: Lies,
}

/// What lies there today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    Nothing,
    /// What is planned.
    Same,
    /// Something else, with this digest.
    Other(Digest),
}

/// Where the private key of a certificate was found.
enum KeyAt {
    /// Beside the live files.
    Next(Zeroizing<Vec<u8>>),
    /// In the live files, and it stays.
    Live,
}

impl Node {
    pub(super) fn open(at: &NodeRoot) -> Result<Self, Refused> {
        Ok(Self { name: at.node.clone(), next: NextTree::of(&at.root), live: read_node(&at.root, &at.node)? })
    }

    /// Old and new trust of each domain that the node has: what it trusts today, then the roots of `ca`.
    pub(super) fn trust(&self, ca: &EnrolmentRecord) -> Result<Vec<Planned>, Refused> {
        let domains = Domain::ALL.into_iter().filter(|domain| self.live.file(domain.ca_certificate()).is_some());
        let all = domains.map(|domain| {
            let bundle = self.bundle(domain, ca)?;
            self.planned(domain.ca_certificate(), Zeroizing::new(bundle.into_bytes()))
        });
        all.collect()
    }

    /// What `domain` is to trust, in PEM: the old certificates first, for some programs take the first one as the issuer.
    fn bundle(&self, domain: Domain, ca: &EnrolmentRecord) -> Result<String, StageError> {
        let path = domain.ca_certificate();
        let text = match self.live.file(path) {
            Some(file) => file.text().map_err(|why| self.unreadable(path, why))?,
            None => return Err(self.unreadable(path, "the node trusts nothing in this domain")),
        };
        let mut all = Certificate::parse_foreign_all(text).map_err(|e| self.unreadable(path, &e.to_string()))?;
        for root in new_roots(ca, domain) {
            if !all.contains(root) {
                all.push(root.clone());
            }
        }
        Ok(all.iter().map(Certificate::to_pem).collect())
    }

    /// The file of a certificate; none where its private key is not on the node.
    pub(super) fn certificate(&self, issued: &Issued, ca: &EnrolmentRecord) -> Result<Option<Planned>, Refused> {
        let (role, key) = (issued.request.profile, issued.certificate.public_key());
        let Some(at) = self.key(role, key)? else { return Ok(None) };
        match role.identity().files {
            Files::Pair { certificate, .. } => {
                let bytes = Zeroizing::new(issued.pem().into_bytes());
                self.planned(certificate, bytes).map(Some)
            }
            Files::Kubeconfig(path) => {
                let fault = |error| StageError::Kubeconfig { node: self.shown(), path: path.to_owned(), error };
                let config = self.kubeconfig(path, &at)?;
                let config = config.with_certificate(&issued.pem()).with_ca(&self.bundle(role.domain(), ca)?);
                let bytes = Zeroizing::new(config.to_yaml().map_err(fault)?.as_bytes().to_vec());
                self.planned(path, bytes).map(Some)
            }
        }
    }

    /// Where the private half of `key` lies for `role`: beside the live files, or among them.
    fn key(&self, role: Role, key: &PublicKey) -> Result<Option<KeyAt>, Refused> {
        let place = match role.identity().files {
            Files::Pair { key, .. } => key,
            Files::Kubeconfig(path) => path,
        };
        if let Some(bytes) = self.next.read(place)? {
            let found = key_in(role, &bytes);
            return Ok(found.filter(|found| found == key).map(|_| KeyAt::Next(bytes)));
        }
        let live = live_key(&self.live, role, role.certificate_path()).ok();
        let found = live.and_then(|pem| PublicKey::of_private_pem(&pem).ok());
        Ok(found.filter(|found| found == key).map(|_| KeyAt::Live))
    }

    fn kubeconfig(&self, path: &'static str, at: &KeyAt) -> Result<Kubeconfig, StageError> {
        let fault = |error| StageError::Kubeconfig { node: self.shown(), path: path.to_owned(), error };
        let text = match at {
            KeyAt::Next(bytes) => std::str::from_utf8(bytes).map_err(|_| self.unreadable(path, "it is not text"))?,
            KeyAt::Live => match self.live.file(path) {
                Some(file) => file.text().map_err(|why| self.unreadable(path, why))?,
                None => return Err(self.unreadable(path, "it is missing")),
            },
        };
        Kubeconfig::parse(text).map_err(fault)
    }

    fn planned(&self, live: &'static str, bytes: Zeroizing<Vec<u8>>) -> Result<Planned, Refused> {
        let lies = match self.next.read(live)? {
            None => Lies::Nothing,
            Some(found) if *found == *bytes => Lies::Same,
            Some(found) => Lies::Other(Digest::of(&found)),
        };
        Ok(Planned { node: self.name.clone(), live, bytes, lies })
    }

    fn unreadable(&self, path: &str, why: &str) -> StageError {
        StageError::Unreadable { node: self.shown(), path: path.to_owned(), why: text::clip(why, 200) }
    }

    fn shown(&self) -> String {
        text::clip(&self.name, 64)
    }
}

/// The public half of the key in a file of the next generation.
fn key_in(role: Role, bytes: &[u8]) -> Option<PublicKey> {
    let text = std::str::from_utf8(bytes).ok()?;
    match role.identity().files {
        Files::Pair { .. } => PublicKey::of_private_pem(text).ok(),
        Files::Kubeconfig(_) => match Kubeconfig::parse(text).ok()?.key()? {
            Material::Embedded(pem) => PublicKey::of_private_pem(pem).ok(),
            Material::File(_) => None,
        },
    }
}

/// What is trusted from now on: a retiring root is among the old ones already, or is not wanted.
fn new_roots(ca: &EnrolmentRecord, domain: Domain) -> impl Iterator<Item = &Certificate> {
    let wanted = ca.roots().iter().filter(move |root| root.domain == domain && root.status != RootStatus::Retiring);
    wanted.map(|root| &root.certificate)
}
