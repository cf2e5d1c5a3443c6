//! One node: what it trusts today, which private keys it has, and what is to lie beside its live files.

use zeroize::Zeroizing;

use super::StageError;
use super::bridge::Crosses;
use super::goods::Issued;
use super::key_file;
use crate::cluster::kubeconfig::Kubeconfig;
use crate::cluster::role::{Domain, Files, Role};
use crate::cluster::scan::live_key;
use crate::cluster::tree::NodeTree;
use crate::devices::next_tree::NextTree;
use crate::devices::store::tree::read_node;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::node_package::PrivatePem;
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
    /// Whether what lies there is known for ours: it holds the key that the certificate is for, and `request` wrote it.
    pub(super) ours: bool,
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
    /// In the package of the node.
    Package(PrivatePem),
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

    /// Whether it trusts anything in `domain`.
    pub(super) fn trusts(&self, domain: Domain) -> bool {
        self.live.file(domain.ca_certificate()).is_some()
    }

    /// The CAs that it trusts in `domain` beside those that come; nothing where it trusts nothing there.
    pub(super) fn old_cas(&self, domain: Domain, ca: &EnrolmentRecord) -> Result<Option<Vec<Certificate>>, StageError> {
        let path = domain.ca_certificate();
        let Some(file) = self.live.file(path) else { return Ok(None) };
        let text = file.text().map_err(|why| self.unreadable(path, why))?;
        let mut all = Certificate::parse_foreign_all(text).map_err(|e| self.unreadable(path, &e.to_string()))?;
        let comes = |one: &Certificate| {
            let mut new = new_roots(ca, domain);
            new.any(|root| one == root || one.verify_signed_by(root.public_key()).is_ok())
        };
        all.retain(|one| !comes(one));
        Ok(Some(all))
    }

    /// The private key of the CA of `domain` that lies here, PEM.
    pub(super) fn ca_key_text(&self, domain: Domain) -> Option<&str> {
        self.live.file(domain.ca_key())?.text().ok()
    }

    /// The public half of it.
    pub(super) fn ca_key(&self, domain: Domain) -> Option<PublicKey> {
        PublicKey::of_private_pem(self.ca_key_text(domain)?).ok()
    }

    /// What certifies the root that comes by the old CA, for each domain that the node has.
    pub(super) fn crosses(&self, crosses: &Crosses) -> Result<Vec<Planned>, Refused> {
        let own = Domain::ALL.into_iter().filter(|domain| self.trusts(*domain));
        let own = own.filter_map(|domain| Some((domain, crosses.of(domain)?)));
        own.map(|(domain, cross)| self.planned(domain.cross_certificate(), Zeroizing::new(cross.to_pem().into_bytes())))
            .collect()
    }

    /// The files of a certificate; none where its private key is neither on the node nor in its package.
    pub(super) fn certificate(&self, issued: &Issued, ca: &EnrolmentRecord) -> Result<Option<Vec<Planned>>, Refused> {
        let (role, key) = (issued.request.profile, issued.certificate.public_key());
        let brought = || issued.key.clone().map(KeyAt::Package);
        let Some(at) = self.key(role, key)?.or_else(brought) else { return Ok(None) };
        match role.identity().files {
            Files::Pair { certificate, key } => {
                let brought = match &at {
                    KeyAt::Package(pem) => Some(self.planned(key, Zeroizing::new(pem.expose().as_bytes().to_vec()))?),
                    KeyAt::Next(_) | KeyAt::Live => None,
                };
                let certificate = self.planned(certificate, Zeroizing::new(issued.pem().into_bytes()))?;
                Ok(Some(brought.into_iter().chain([certificate]).collect()))
            }
            Files::Kubeconfig(path) => {
                let fault = |error| StageError::Kubeconfig { node: self.shown(), path: path.to_owned(), error };
                let config = self.kubeconfig(path, &at)?;
                let config = config.with_certificate(&issued.pem()).with_ca(&self.bundle(role.domain(), ca)?);
                let bytes = Zeroizing::new(config.to_yaml().map_err(fault)?.as_bytes().to_vec());
                let ours = matches!(at, KeyAt::Next(_));
                Ok(Some(vec![Planned { ours, ..self.planned(path, bytes)? }]))
            }
        }
    }

    /// Where the private half of `key` lies for `role`: beside the live files, or among them.
    fn key(&self, role: Role, key: &PublicKey) -> Result<Option<KeyAt>, Refused> {
        if let Some(bytes) = self.next.read(key_file::path(role))? {
            let found = key_file::pem(role, &bytes).and_then(|pem| PublicKey::of_private_pem(&pem).ok());
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
            KeyAt::Live | KeyAt::Package(_) => match self.live.file(path) {
                Some(file) => file.text().map_err(|why| self.unreadable(path, why))?,
                None => return Err(self.unreadable(path, "it is missing")),
            },
        };
        let config = Kubeconfig::parse(text).map_err(fault)?;
        Ok(match at {
            KeyAt::Package(pem) => config.with_key(pem.expose()),
            KeyAt::Next(_) | KeyAt::Live => config,
        })
    }

    fn planned(&self, live: &'static str, bytes: Zeroizing<Vec<u8>>) -> Result<Planned, Refused> {
        let lies = match self.next.read(live)? {
            None => Lies::Nothing,
            Some(found) if *found == *bytes => Lies::Same,
            Some(found) => Lies::Other(Digest::of(&found)),
        };
        Ok(Planned { node: self.name.clone(), live, bytes, lies, ours: false })
    }

    fn unreadable(&self, path: &str, why: &str) -> StageError {
        StageError::Unreadable { node: self.shown(), path: path.to_owned(), why: text::clip(why, 200) }
    }

    fn shown(&self) -> String {
        text::clip(&self.name, 64)
    }
}

/// What is trusted from now on: a retiring root is among the old ones already, or is not wanted.
fn new_roots(ca: &EnrolmentRecord, domain: Domain) -> impl Iterator<Item = &Certificate> {
    let wanted = ca.roots().iter().filter(move |root| root.domain == domain && root.status != RootStatus::Retiring);
    wanted.map(|root| &root.certificate)
}
