//! Every certificate of a role that this node has with its key: the live one, those that are kept, the one that comes.

use zeroize::Zeroizing;

use super::own::Own;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Files, Role};
use crate::devices::next_tree::NextTree;
use crate::devices::store::{Links, read_file, tree::MAX_FILE};
use crate::devices::swap::{Link, Place};
use crate::online::rotate::ground::Ground;
use crate::online::rotate::site::Site;
use crate::pki::certificate::Certificate;
use crate::pki::key::PublicKey;
use crate::rotation::trust::Leaf;

/// A certificate with its key.
pub struct Holding {
    /// The certificate and what comes with it, PEM.
    pub chain: Zeroizing<String>,
    /// Its key, PEM.
    pub key: Zeroizing<String>,
    /// Whose it is.
    pub leaf: Leaf,
    /// Of a kubelet that renews itself: the file of both.
    pub file: Option<String>,
}

/// Those of `role`, the live one first, then those that are kept, the newest first, then the one that comes. What cannot
/// be read, or has no key here, is left out.
pub fn of(ground: &Ground, own: &Own, role: Role) -> Vec<Holding> {
    let mut chains = Vec::new();
    let mut keys = Vec::new();
    match role.identity().files {
        Files::Pair { certificate, key } => {
            chains.extend(texts(ground, certificate));
            keys.extend(texts(ground, key));
        }
        Files::Kubeconfig(path) => {
            for text in texts(ground, path) {
                let Ok(config) = Kubeconfig::parse(&text) else { continue };
                let embedded = |material: Option<&Material>| match material {
                    Some(Material::Embedded(pem)) => Some(pem.clone()),
                    _ => None,
                };
                chains.extend(embedded(config.certificate()));
                keys.extend(embedded(config.key()));
            }
        }
    }
    let mut held: Vec<_> = renewed(&ground.site, role)
        .into_iter()
        .filter_map(|(name, text)| {
            let holding = pair(own, role, &text, std::slice::from_ref(&text))?;
            Some(Holding { file: Some(name), ..holding })
        })
        .collect();
    held.extend(chains.iter().filter_map(|chain| pair(own, role, chain, &keys)));
    held
}

/// The first of `role` that is of the root which `leaf` says.
pub fn first(ground: &Ground, own: &Own, role: Role, is_new: bool) -> Option<Holding> {
    of(ground, own, role).into_iter().find(|held| held.leaf.is_new() == is_new)
}

fn pair(own: &Own, role: Role, chain: &Zeroizing<String>, keys: &[Zeroizing<String>]) -> Option<Holding> {
    let certificates = Certificate::parse_foreign_all(chain).ok()?;
    let leaf = own.issuers.leaf(role.domain(), &certificates)?;
    let wanted = certificates.first()?.public_key();
    let key = keys.iter().find(|key| PublicKey::of_private_pem(key).is_ok_and(|public| public == *wanted))?;
    Some(Holding { chain: chain.clone(), key: key.clone(), leaf, file: None })
}

/// The text of the live file, of its generations and of its mirror.
fn texts(ground: &Ground, path: &str) -> Vec<Zeroizing<String>> {
    let mut found = Vec::new();
    if let Ok(place) = Place::at(&ground.site.live(path)) {
        found.extend(place.read().ok().flatten());
        let kept = place.history().unwrap_or_default();
        found.extend(kept.into_iter().rev().map(|kept| kept.bytes));
    }
    found.extend(NextTree::of(&ground.site.node.root).read(path).ok().flatten());
    found.iter().filter_map(text).collect()
}

/// The files of a kubelet that renews itself, the current one first.
pub(super) fn renewed(site: &Site, role: Role) -> Vec<(String, Zeroizing<String>)> {
    let Some(current) = role.identity().self_renewed.map(|path| site.live(path)) else { return Vec::new() };
    let Ok(link) = Link::at(&current) else { return Vec::new() };
    let Some((start, target)) = current
        .file_name()
        .and_then(|name| name.to_str()?.strip_suffix("current.pem"))
        .zip(link.target().ok().flatten())
    else {
        return Vec::new();
    };
    let beside = link.beside(start, ".pem").unwrap_or_default();
    let others = beside.into_iter().rev().filter(|name| *name != target);
    let names = std::iter::once(target.clone()).chain(others);
    names
        .filter_map(|name| {
            let bytes = read_file(&current.with_file_name(&name), MAX_FILE, Links::Refuse).ok()?;
            Some((name, text(&bytes)?))
        })
        .collect()
}

fn text(bytes: &Zeroizing<Vec<u8>>) -> Option<Zeroizing<String>> {
    std::str::from_utf8(bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}
