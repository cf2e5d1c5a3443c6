//! The places on a node.

use std::collections::BTreeSet;

use super::holding::{Holding, Roots};
use super::place::{Kind, Place};
use super::program::Program;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::Domain;
use crate::cluster::tree::NodeTree;

/// Each place of the node that `tree` is of: CA files, kubeconfigs, and what `programs` name besides.
pub fn places(tree: &NodeTree, programs: &[Program], roots: &Roots) -> Vec<Place> {
    let mut places = Vec::new();
    let mut known = BTreeSet::new();
    for domain in Domain::ALL.into_iter().filter(|domain| tree.file(domain.ca_certificate()).is_some()) {
        known.insert(domain.ca_certificate().to_owned());
        places.push(file(tree, Kind::CaFile, domain.ca_certificate(), Some(domain), roots));
    }
    for path in tree.paths().filter(|path| path.starts_with("etc/kubernetes/") && path.ends_with(".conf")) {
        places.push(kubeconfig(tree, path, roots));
    }
    for (flag, domain, value) in programs.iter().flat_map(Program::ca_files) {
        let path = value.trim_start_matches('/');
        if known.insert(path.to_owned()) {
            let mut place = file(tree, Kind::Flag, path, Some(domain), roots);
            place.name = format!("{} (--{flag})", place.name);
            places.push(place);
        }
    }
    places.into_iter().map(|place| place.on(tree.node())).collect()
}

/// The files that the programs name and that `tree` does not hold, relative to the root.
pub fn references(tree: &NodeTree, programs: &[Program]) -> Vec<String> {
    let named: BTreeSet<_> = programs.iter().flat_map(Program::ca_files).map(|(_, _, file)| file).collect();
    let relative = named.into_iter().filter_map(|file| file.strip_prefix('/'));
    relative.filter(|file| tree.file(file).is_none()).map(str::to_owned).collect()
}

fn file(tree: &NodeTree, kind: Kind, path: &str, domain: Option<Domain>, roots: &Roots) -> Place {
    match tree.file(path).map(|file| file.text()) {
        Some(Ok(pem)) => Place::of(kind, path, domain, pem, roots),
        Some(Err(why)) => Place::unreadable(kind, path, domain, why),
        None => Place::unreadable(kind, path, domain, "there is no such file"),
    }
}

fn kubeconfig(tree: &NodeTree, path: &str, roots: &Roots) -> Place {
    let domain = Some(Domain::Kubernetes);
    let refused = |why: &str| Place::unreadable(Kind::Kubeconfig, path, domain, why);
    let config = match tree.file(path).map(|file| file.text().map(Kubeconfig::parse)) {
        Some(Ok(Ok(config))) => config,
        Some(Ok(Err(e))) => return refused(&e.to_string()),
        Some(Err(why)) => return refused(why),
        None => return refused("there is no such file"),
    };
    match config.ca() {
        Some(Material::Embedded(pem)) => Place::of(Kind::Kubeconfig, path, domain, pem, roots),
        Some(Material::File(named)) => {
            let at = crate::cluster::scan::resolve(path, named);
            let place = file(tree, Kind::Kubeconfig, &at, domain, roots);
            Place { name: path.to_owned(), ..place }
        }
        // It trusts what the system trusts: none of ours.
        None => Place { holding: Holding::Foreign, why: None, ..refused("it names no CA") },
    }
}
