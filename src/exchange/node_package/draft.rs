//! How a node package is made: a signed container, sealed to the node.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::layout::{File, NodePackageLayout};
use super::manifest::{FORMAT, Manifest, Origin, Part};
use super::{Delivered, NodePackageError, check_shape};
use crate::cluster::role::{Domain, Role};
use crate::exchange::container::{self, Entry};
use crate::exchange::csr_bundle::manifest::{SUITE, Tool};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::seal::seal;
use crate::exchange::signature::SigningKey;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::wire::json;
use crate::wire::time::Timestamp;

/// Everything that a node package says.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The id of the exchange.
    pub trace: &'a Trace,
    /// The cluster.
    pub cluster: &'a Party,
    /// The UID of its namespace kube-system.
    pub uid: &'a str,
    /// The node.
    pub node: &'a str,
    /// The one that it is encrypted to.
    pub recipient: &'a Recipient,
    /// The CA's package.
    pub package: Origin,
    /// The time.
    pub created: Timestamp,
    /// The certificates, by the numbers of their requests.
    pub parts: &'a [Delivered],
    /// Every profile of which the CA's package has a certificate, in order.
    pub profiles: Vec<Role>,
    /// Where the CA's package brings them, the roots that certify one another.
    pub crosses: &'a BTreeMap<Domain, Vec<Certificate>>,
    /// The record of the CA by which its package was accepted.
    pub ca: &'a EnrolmentRecord,
    /// The list of the cluster's people.
    pub people: &'a [u8],
    /// The program.
    pub tool: Tool,
}

impl Draft<'_> {
    /// The package, signed by `key`, the statement key of the cluster, and encrypted.
    ///
    /// # Errors
    /// What a reader would refuse of it, or what keeps the key from signing.
    pub fn seal(&self, key: &dyn SigningKey) -> Result<Vec<u8>, Refused> {
        let manifest = self.manifest();
        check_shape(&manifest)?;
        let json = json::to_vec(&manifest).map_err(NodePackageError::Manifest)?;
        let files = self.files();
        let entries: Vec<_> = files.iter().map(|(name, bytes)| Entry { name, bytes }).collect();
        let mut sealed = seal(std::slice::from_ref(self.recipient), Vec::new())?;
        container::write_to(&mut sealed, &json, &entries, &NodePackageLayout, key)?;
        Ok(sealed.finish()?)
    }

    fn manifest(&self) -> Manifest {
        let part = |one: &Delivered| Part {
            cert_sha256: one.certificate.fingerprint(),
            key: one.key.is_some(),
            request: one.request.clone(),
        };
        Manifest {
            ca: self.ca.party().clone(),
            certificates: self.parts.iter().map(part).collect(),
            cluster: self.cluster.clone(),
            created: self.created,
            crosses: self.crosses.keys().copied().collect(),
            format: FORMAT.to_owned(),
            node: self.node.to_owned(),
            package: self.package.clone(),
            profiles: self.profiles.clone(),
            recipient: self.recipient.clone(),
            suite: SUITE.to_owned(),
            tool: self.tool.clone(),
            trace: self.trace.clone(),
            uid: self.uid.to_owned(),
        }
    }

    /// The files; copies of keys among them are wiped.
    fn files(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let mut files = vec![
            (File::Ca.to_string(), Zeroizing::new(self.ca.json().to_vec())),
            (File::People.to_string(), Zeroizing::new(self.people.to_vec())),
        ];
        for part in self.parts {
            let id = part.request.id;
            files.push((File::Certificate(id).to_string(), Zeroizing::new(part.pem().into_bytes())));
            let key = part.key.as_ref().map(|key| Zeroizing::new(key.expose().as_bytes().to_vec()));
            files.extend(key.map(|key| (File::Key(id).to_string(), key)));
        }
        for (domain, crosses) in self.crosses {
            let pem: String = crosses.iter().map(Certificate::to_pem).collect();
            files.push((File::Crosses(*domain).to_string(), Zeroizing::new(pem.into_bytes())));
        }
        files
    }
}

impl Delivered {
    /// Leaf first, then the CAs between, as a server sends them.
    pub fn pem(&self) -> String {
        let between = self.between.iter().map(Certificate::to_pem);
        std::iter::once(self.certificate.to_pem()).chain(between).collect()
    }
}
