//! What lies where on a node: each place where a certificate or a key is or should be, read but not yet judged.

use std::collections::BTreeSet;

use super::problem::Problem;
use super::report::Holds;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::layout::SERVICE_ACCOUNT;
use crate::cluster::role::{Domain, Files, Role};
use crate::cluster::tree::NodeTree;
use crate::pki::certificate::{Certificate, CertificateError};
use crate::pki::key::{KeyError, PublicKey};
use crate::wire::{pem, text};

/// A place on a node.
pub(super) struct Place {
    pub(super) path: String,
    pub(super) holds: Holds,
    pub(super) role: Option<Role>,
    pub(super) domain: Option<Domain>,
    pub(super) by_path: Option<String>,
    pub(super) certificates: Result<Vec<Certificate>, Problem>,
    pub(super) key: Key,
    /// What a kubeconfig trusts.
    pub(super) trust: Vec<Certificate>,
    pub(super) shadowed_by: Option<&'static str>,
}

/// A private key, of which only the public half was kept.
pub(super) struct Key {
    pub(super) path: String,
    pub(super) state: KeyFile,
    /// The mode of its file, where others may read it.
    pub(super) open_mode: Option<u32>,
}

/// What became of a private key file.
pub(super) enum KeyFile {
    Missing,
    Unreadable(String),
    Of(PublicKey),
}

/// Every place on the node, the roles in the order of their table, then the CAs, then the rest by path.
pub(super) fn places(tree: &NodeTree) -> Vec<Place> {
    let mut places: Vec<_> = Role::ALL.iter().flat_map(|role| of_role(tree, *role)).collect();
    places.extend(Domain::ALL.iter().filter_map(|domain| of_ca(tree, *domain)));
    places.extend(service_account(tree));
    let known: BTreeSet<String> = places
        .iter()
        .flat_map(|p| [Some(p.path.clone()), p.by_path.clone(), Some(p.key.path.clone())])
        .flatten()
        .collect();
    places.extend(others(tree, &known));
    places
}

/// The files that the kubeconfigs in `tree` name and that it does not hold: to be read and put there before a survey.
pub fn references(tree: &NodeTree) -> Vec<String> {
    let mut missing = BTreeSet::new();
    for path in tree.paths().filter(|path| path.ends_with(".conf")) {
        let Some(Ok(config)) = tree.file(path).map(|file| file.text().map(Kubeconfig::parse)) else { continue };
        let Ok(config) = config else { continue };
        for material in [config.ca(), config.certificate(), config.key()].into_iter().flatten() {
            if let Material::File(file) = material {
                missing.insert(resolve(path, file));
            }
        }
    }
    missing.into_iter().filter(|path| tree.file(path).is_none()).collect()
}

fn of_role(tree: &NodeTree, role: Role) -> Vec<Place> {
    let identity = role.identity();
    let mut place = match identity.files {
        Files::Pair { certificate, key } if tree.file(certificate).or(tree.file(key)).is_some() => {
            Some(pair(tree, certificate, key, Holds::Leaf))
        }
        Files::Kubeconfig(path) if tree.file(path).is_some() => Some(kubeconfig(tree, path)),
        _ => None,
    };
    let renewed = identity.self_renewed.filter(|path| tree.file(path).is_some());
    let is_named = |place: &Place| place.by_path.as_deref() == renewed;
    let apart = renewed.filter(|_| !place.as_ref().is_some_and(is_named));
    if let (Some(place), Some(path)) = (&mut place, apart) {
        place.shadowed_by = Some(path);
    }
    let renewed = apart.map(|path| pair(tree, path, path, Holds::Leaf));
    let mut places: Vec<_> = place.into_iter().chain(renewed).collect();
    for place in &mut places {
        place.holds = Holds::Leaf;
        place.role = Some(role);
        place.domain = Some(identity.domain);
    }
    places
}

fn of_ca(tree: &NodeTree, domain: Domain) -> Option<Place> {
    tree.file(domain.ca_certificate()).or(tree.file(domain.ca_key()))?;
    let place = pair(tree, domain.ca_certificate(), domain.ca_key(), Holds::Ca);
    Some(Place { domain: Some(domain), ..place })
}

fn service_account(tree: &NodeTree) -> Option<Place> {
    let [key, _] = SERVICE_ACCOUNT;
    tree.file(key)?;
    Some(Place { certificates: Ok(Vec::new()), ..pair(tree, key, key, Holds::ServiceAccountKey) })
}

/// Certificates and keys in the PKI directory, and kubeconfigs, that belong to no role.
fn others(tree: &NodeTree, known: &BTreeSet<String>) -> Vec<Place> {
    let unknown = || tree.paths().filter(|path| !known.contains(*path));
    let is_pki = |path: &&str| path.starts_with("etc/kubernetes/pki/");
    let stem = |path: &str| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let certificates: Vec<_> =
        unknown().filter(is_pki).filter(|path| path.ends_with(".crt") || path.ends_with(".pem")).collect();
    let with_certificate: BTreeSet<_> = certificates.iter().filter_map(|path| stem(path)).collect();
    let lone_keys = unknown()
        .filter(is_pki)
        .filter(|path| path.ends_with(".key") && stem(path).is_some_and(|stem| !with_certificate.contains(&stem)));
    let configs = unknown().filter(|path| path.ends_with(".conf")).map(|path| kubeconfig(tree, path));
    let certificates = certificates.iter().map(|path| {
        let key = stem(path).map(|stem| format!("{stem}.key")).filter(|key| tree.file(key).is_some());
        pair(tree, path, key.as_deref().unwrap_or(path), Holds::Other)
    });
    certificates
        .chain(lone_keys.map(|path| Place { certificates: Ok(Vec::new()), ..pair(tree, path, path, Holds::Other) }))
        .chain(configs.filter(|place| place.certificates.is_ok()))
        .collect()
}

fn pair(tree: &NodeTree, certificate: &str, key: &str, holds: Holds) -> Place {
    Place {
        path: certificate.to_owned(),
        holds,
        role: None,
        domain: None,
        by_path: None,
        certificates: text_at(tree, certificate).and_then(parse),
        key: key_at(tree, key),
        trust: Vec::new(),
        shadowed_by: None,
    }
}

fn kubeconfig(tree: &NodeTree, path: &str) -> Place {
    let place = Place {
        path: path.to_owned(),
        holds: Holds::Other,
        role: None,
        domain: None,
        by_path: None,
        certificates: Err(Problem::Unreadable("it names no client certificate".to_owned())),
        key: Key { path: path.to_owned(), state: KeyFile::Missing, open_mode: None },
        trust: Vec::new(),
        shadowed_by: None,
    };
    let config = match text_at(tree, path).map(Kubeconfig::parse) {
        Ok(Ok(config)) => config,
        Ok(Err(e)) => return Place { certificates: Err(Problem::Unreadable(e.to_string())), ..place },
        Err(problem) => return Place { certificates: Err(problem), ..place },
    };
    let file = |material: Option<&Material>| match material {
        Some(Material::File(file)) => Some(resolve(path, file)),
        _ => None,
    };
    let certificates = match (config.certificate(), file(config.certificate())) {
        (Some(Material::Embedded(pem)), _) => parse(pem),
        (_, Some(file)) => text_at(tree, &file).and_then(parse),
        _ => place.certificates,
    };
    let key = match (config.key(), file(config.key())) {
        (Some(Material::Embedded(pem)), _) => Key {
            path: path.to_owned(),
            state: public_key(pem),
            open_mode: tree.file(path).filter(|file| file.is_open_to_others()).map(|file| file.mode),
        },
        (_, Some(file)) => key_at(tree, &file),
        _ => place.key,
    };
    let trust = match (config.ca(), file(config.ca())) {
        (Some(Material::Embedded(pem)), _) => parse(pem),
        (_, Some(file)) => text_at(tree, &file).and_then(parse),
        _ => Ok(Vec::new()),
    };
    Place { by_path: file(config.certificate()), certificates, key, trust: trust.unwrap_or_default(), ..place }
}

pub(super) fn text_at<'t>(tree: &'t NodeTree, path: &str) -> Result<&'t str, Problem> {
    let file = tree.file(path).ok_or_else(|| Problem::Unreadable(format!("no file {}", text::escape(path))))?;
    file.text().map_err(|why| Problem::Unreadable(format!("{}: {}", text::escape(path), text::clip(why, 120))))
}

fn key_at(tree: &NodeTree, path: &str) -> Key {
    let file = tree.file(path);
    let state = match file.map(|file| file.text()) {
        None => KeyFile::Missing,
        Some(Err(why)) => KeyFile::Unreadable(text::clip(why, 120)),
        Some(Ok(pem)) => public_key(pem),
    };
    let open = file.filter(|file| file.is_open_to_others() && !matches!(state, KeyFile::Missing));
    Key { path: path.to_owned(), state, open_mode: open.map(|file| file.mode) }
}

fn public_key(pem: &str) -> KeyFile {
    if pem.contains("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE KEY-----") {
        return KeyFile::Missing;
    }
    match PublicKey::of_private_pem(pem) {
        Ok(key) => KeyFile::Of(key),
        Err(e) => KeyFile::Unreadable(e.to_string()),
    }
}

/// Reads the certificates of a PEM file; private keys beside them are not even decoded.
fn parse(pem: &str) -> Result<Vec<Certificate>, Problem> {
    let blocks = pem.split("-----BEGIN ").filter(|block| block.starts_with("CERTIFICATE-----"));
    let only_certificates: String = blocks.map(|block| format!("-----BEGIN {block}")).collect();
    match Certificate::parse_foreign_all(&only_certificates) {
        Ok(none) if none.is_empty() => Err(Problem::Unreadable("no certificate in PEM".to_owned())),
        Ok(all) => Ok(all),
        Err(CertificateError::Key(e @ KeyError::WeakAlgorithm(_))) => Err(Problem::WeakAlgorithm(e.to_string())),
        Err(CertificateError::Key(e @ KeyError::RsaModulus(_))) => Err(Problem::WeakKey(e.to_string())),
        Err(e) => Err(Problem::Unreadable(text::clip(&e.to_string(), 200))),
    }
}

/// The public key in a file of one block labelled PUBLIC KEY.
pub(super) fn public_key_at(tree: &NodeTree, path: &str) -> Option<PublicKey> {
    let blocks = pem::blocks(tree.file(path)?.text().ok()?).ok()?;
    let (label, der) = blocks.first()?;
    (label == pem::PUBLIC_KEY).then(|| PublicKey::from_spki(der).ok())?
}

/// Where `file`, as a kubeconfig at `path` names it, lies in the tree: relative names are relative to the kubeconfig.
pub(in crate::cluster) fn resolve(path: &str, file: &str) -> String {
    let base = if file.starts_with('/') { "" } else { path.rsplit_once('/').map_or("", |(directory, _)| directory) };
    let mut parts = Vec::new();
    for part in base.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
