//! The CAs that lie on the nodes, and who issued what.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::Place;
use super::report::Holds;
use crate::cluster::role::Domain;
use crate::pki::certificate::Certificate;
use crate::wire::digest::Digest;

/// The CA certificates on disk.
pub(super) struct Authorities {
    by_node: BTreeMap<(String, Domain), Vec<Certificate>>,
}

/// The longest chain that is followed within a file.
const MAX_CHAIN: usize = 4;

impl Authorities {
    /// Takes the CAs from the places of all nodes.
    pub(super) fn of<'a>(places: impl Iterator<Item = (&'a str, &'a Place)>) -> Self {
        let mut by_node = BTreeMap::new();
        for (node, place) in places.filter(|(_, place)| place.holds == Holds::Ca) {
            if let (Some(domain), Ok(certificates)) = (place.domain, &place.certificates) {
                by_node.insert((node.to_owned(), domain), certificates.clone());
            }
        }
        Self { by_node }
    }

    /// The CAs by which a certificate on `node` is judged: the node's own, or where it has none those of the others.
    pub(super) fn for_node(&self, node: &str, domain: Domain) -> Vec<&Certificate> {
        match self.by_node.get(&(node.to_owned(), domain)) {
            Some(own) => own.iter().collect(),
            None => self.by_node.iter().filter(|((_, of), _)| *of == domain).flat_map(|(_, all)| all).collect(),
        }
    }

    /// The first of `nodes` that has other CAs of `domain` than `node` has.
    pub(super) fn differing<'n>(&self, node: &str, domain: Domain, nodes: &'n [String]) -> Option<&'n str> {
        let own = self.by_node.get(&(node.to_owned(), domain)).map(|all| fingerprints(all.iter()))?;
        let first = nodes.iter().find(|other| self.by_node.contains_key(&((*other).clone(), domain)))?;
        let theirs = self.by_node.get(&(first.clone(), domain)).map(|all| fingerprints(all.iter()))?;
        (own != theirs).then_some(first.as_str())
    }
}

/// The certificates, whatever their order.
pub(super) fn fingerprints<'a>(certificates: impl Iterator<Item = &'a Certificate>) -> BTreeSet<Digest> {
    certificates.map(Certificate::fingerprint).collect()
}

/// Whether one of `authorities` issued the first of `chain`, directly or through the others. Names and signatures are
/// compared; validity is judged elsewhere.
pub(super) fn is_issued(chain: &[Certificate], authorities: &[&Certificate]) -> bool {
    let Some((leaf, rest)) = chain.split_first() else { return false };
    let mut current = leaf;
    for _ in 0..MAX_CHAIN {
        if authorities.iter().any(|ca| has_signed(ca, current)) {
            return true;
        }
        let Some(next) = rest.iter().find(|other| has_signed(other, current) && *other != current) else {
            return false;
        };
        current = next;
    }
    false
}

/// Whether the first of `chain` leads to a self-signed certificate within the file.
pub(super) fn is_self_made(chain: &[Certificate]) -> bool {
    let own: Vec<_> = chain.iter().filter(|certificate| certificate.is_self_signed()).collect();
    chain.first().is_some_and(Certificate::is_self_signed) || is_issued(chain, &own)
}

fn has_signed(issuer: &Certificate, certificate: &Certificate) -> bool {
    issuer.is_ca()
        && issuer.subject() == certificate.issuer()
        && certificate.verify_signed_by(issuer.public_key()).is_ok()
}
