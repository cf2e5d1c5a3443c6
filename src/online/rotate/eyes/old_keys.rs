//! Keys of the old root that lie on this node: told by the key itself, never by the name of its file.

use super::own::Own;
use crate::cluster::role::{Domain, Files, Role};
use crate::pki::certificate::Certificate;
use crate::pki::key::PublicKey;

/// What lies where keys of CAs lie.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OldKeys {
    /// Files of the old root: keys of it, and what signs with them.
    pub old: Vec<&'static str>,
    /// Keys that cannot be read, or that belong to no CA which is known here, so they may be of it: a person looks, and nothing is
    /// taken away before.
    pub unknown: Vec<&'static str>,
}

/// Those of this node.
pub fn of(own: &Own) -> OldKeys {
    let mut found = OldKeys::default();
    for domain in Domain::ALL {
        found.take(own, domain, domain.ca_key(), None);
    }
    // The pair that the controller manager was given apart is a copy of the old CA until the intermediate takes its place.
    if let Files::Pair { certificate, key } = Role::IntermediateKubernetes.identity().files {
        found.take(own, Domain::Kubernetes, key, Some(certificate));
    }
    found
}

impl OldKeys {
    fn take(&mut self, own: &Own, domain: Domain, key: &'static str, certificate: Option<&'static str>) {
        let Some(file) = own.tree().and_then(|tree| tree.file(key)) else { return };
        let Some(public) = file.text().ok().and_then(|text| PublicKey::of_private_pem(text).ok()) else {
            return self.unknown.push(key);
        };
        let is_of =
            |all: &[(Domain, Certificate)]| all.iter().any(|(of, root)| *of == domain && *root.public_key() == public);
        if is_of(&own.issuers.old) {
            self.old.push(key);
            self.old.extend(certificate.filter(|path| own.tree().is_some_and(|tree| tree.file(path).is_some())));
        } else if !is_of(&own.issuers.new) {
            self.unknown.push(key);
        }
    }
}
