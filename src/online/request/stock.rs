//! What a scan found, as it is chosen from.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::ask::{KeySource, Today};
use super::fault::RequestError;
use crate::cluster::record::Record;
use crate::cluster::role::{Files, Role};
use crate::cluster::scan::{Found, Holds, KeyState, Problem, Report, live_key};
use crate::cluster::tree::NodeTree;
use crate::pki::certificate::Certificate;
use crate::pki::key::KeyType;
use crate::wire::text;

/// Trees, findings and the record that they were judged by.
pub(super) struct Stock<'a> {
    pub(super) record: &'a Record,
    trees: BTreeMap<&'a str, &'a NodeTree>,
    in_use: BTreeMap<(Role, &'a str), &'a Found>,
    authorities: Vec<&'a Certificate>,
}

impl<'a> Stock<'a> {
    pub(super) fn new(trees: &'a [NodeTree], report: &'a Report, record: &'a Record) -> Self {
        let cas = report.found.iter().filter(|found| found.holds == Holds::Ca).flat_map(|found| &found.certificates);
        Self {
            record,
            trees: trees.iter().map(|tree| (tree.node(), tree)).collect(),
            in_use: in_use(report),
            authorities: cas.filter(|ca| ca.is_ca()).collect(),
        }
    }

    /// The names of the scanned nodes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &'a str> {
        self.trees.keys().copied()
    }

    /// The certificate of each place that the node really uses.
    pub(super) fn in_use(&self) -> impl Iterator<Item = &'a Found> {
        self.in_use.values().copied()
    }

    /// A new key; where its role lives in a kubeconfig, with the live one.
    pub(super) fn new_key(&self, found: &Found, role: Role, key_type: KeyType) -> Result<KeySource, RequestError> {
        let Files::Kubeconfig(path) = role.identity().files else {
            return Ok(KeySource::New { key_type, kubeconfig: None });
        };
        let text =
            self.trees.get(found.node.as_str()).and_then(|tree| tree.file(path)).and_then(|file| file.text().ok());
        let text = text.ok_or_else(|| RequestError::NoKubeconfig(text::clip(&found.node, 64), role))?;
        Ok(KeySource::New { key_type, kubeconfig: Some(Zeroizing::new(text.to_owned())) })
    }

    /// The live key, once more.
    pub(super) fn live_key(&self, found: &Found, role: Role) -> Result<KeySource, RequestError> {
        let refuse = |why: &str| RequestError::NoKey(text::clip(&found.node, 64), role, why.to_owned());
        if found.key != KeyState::Matches {
            return Err(refuse("what lies there is not the key of the certificate"));
        }
        let tree = self.trees.get(found.node.as_str()).ok_or_else(|| refuse("the node was not scanned"))?;
        live_key(tree, role, &found.path).map(KeySource::Live).map_err(|problem| refuse(&problem.to_string()))
    }

    /// `certificate`, which is in use, as what a new one takes the place of.
    pub(super) fn replaced(&self, certificate: &Certificate) -> Today {
        let signed = |ca: &&&Certificate| {
            ca.subject() == certificate.issuer() && certificate.verify_signed_by(ca.public_key()).is_ok()
        };
        let issuer = self.authorities.iter().find(signed).map(|ca| ca.public_key().spki_sha256());
        Today { certificate: certificate.clone(), issuer }
    }

    /// What a new certificate at this place takes the place of.
    pub(super) fn today(&self, role: Role, node: &str) -> Option<Today> {
        let found = self.in_use.get(&(role, node)).filter(|found| !is_self_signed(found))?;
        found.certificate().map(|certificate| self.replaced(certificate))
    }
}

/// Whether a kubelet signed its serving certificate itself.
pub(super) fn is_self_signed(found: &Found) -> bool {
    found.problems.contains(&Problem::SelfSigned)
}

/// One finding a place: where a kubelet renewed itself, the renewed certificate.
fn in_use(report: &Report) -> BTreeMap<(Role, &str), &Found> {
    let mut places = BTreeMap::new();
    let is_shadowed = |found: &Found| found.problems.iter().any(|p| matches!(p, Problem::Shadowed(_)));
    for found in report.leaves() {
        let Some(role) = found.role else { continue };
        let place = places.entry((role, found.node.as_str())).or_insert(found);
        if is_shadowed(place) {
            *place = found;
        }
    }
    places
}
