//! Where new keys go on the nodes, and what lies there already.
//!
//! A file of the next generation is ours to remove only if the key in it is one that an unanswered request of this
//! host's log asked a certificate for, which the new request voids. Whatever else lies there is left alone, and refused.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{Ask, KeySource};
use super::fault::RequestError;
use super::make::KeyFile;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::desk::host::Desk;
use crate::devices::next_tree::NextTree;
use crate::devices::store::StoreError;
use crate::exchange::container::Container;
use crate::exchange::csr_bundle::layout::BundleLayout;
use crate::exchange::csr_bundle::manifest::Manifest;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::online::history::Past;
use crate::online::scan::NodeRoot;
use crate::online::stage::key_file;
use crate::pki::key::PublicKey;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::{json, text};

/// The next generations of the nodes of a request.
#[derive(Debug)]
pub(super) struct Places {
    trees: BTreeMap<String, NextTree>,
    /// The keys of requests that are void as soon as the new one is written down.
    dead_keys: BTreeSet<Digest>,
    /// What of them lies on the nodes.
    dead_files: Vec<(String, &'static str)>,
}

impl Places {
    /// Looks at the places of `asks` and of the requests `dead`, and makes the directories that are missing.
    pub(super) fn prepare(
        desk: &Desk,
        signer: &SshPublicKey,
        roots: &[NodeRoot],
        asks: &[Ask],
        dead: &[&Past],
    ) -> Result<Self, Refused> {
        let trees = roots.iter().map(|at| (at.node.clone(), NextTree::of(&at.root))).collect();
        let mut places = Self { trees, dead_keys: BTreeSet::new(), dead_files: Vec::new() };
        for tree in places.trees.values() {
            tree.sweep()?;
        }
        for past in dead {
            let manifest = manifest_of(desk, signer, past)?;
            places.dead_keys.extend(manifest.requests.iter().map(|request| request.spki_sha256));
            let at = manifest.requests.into_iter().map(|request| (request.place.node, key_file::path(request.profile)));
            places.dead_files.extend(at);
        }
        places.keep_the_dead()?;
        for ask in asks.iter().filter(|ask| matches!(ask.key, KeySource::New { .. })) {
            places.must_be_free(&ask.node, key_file::path(ask.role))?;
        }
        Ok(places)
    }

    /// Of the files that dead requests may have left, those that they left.
    fn keep_the_dead(&mut self) -> Result<(), StoreError> {
        let mut found = BTreeSet::new();
        for (node, live) in std::mem::take(&mut self.dead_files) {
            if self.key_at(&node, live)?.is_some_and(|key| self.dead_keys.contains(&key)) {
                found.insert((node, live));
            }
        }
        self.dead_files = found.into_iter().collect();
        Ok(())
    }

    fn must_be_free(&self, node: &str, live: &'static str) -> Result<(), Refused> {
        let not_scanned = || RequestError::NotScanned(text::clip(node, 64));
        let tree = self.trees.get(node).ok_or_else(not_scanned)?;
        tree.prepare(live)?;
        let is_dead = || self.dead_files.iter().any(|(other, path)| other == node && *path == live);
        match tree.read(live)? {
            Some(_) if !is_dead() => {
                let mirror = crate::cluster::layout::next(live).unwrap_or_default();
                Err(RequestError::Occupied(text::clip(node, 64), mirror).into())
            }
            _ => Ok(()),
        }
    }

    /// The digest of the public half of the key that lies in the mirror of `live`.
    fn key_at(&self, node: &str, live: &str) -> Result<Option<Digest>, StoreError> {
        let Some(bytes) = self.trees.get(node).map(|tree| tree.read(live)).transpose()?.flatten() else {
            return Ok(None);
        };
        let Ok(found) = std::str::from_utf8(&bytes) else { return Ok(None) };
        let key = match Kubeconfig::parse(found) {
            Ok(config) => match config.key() {
                Some(Material::Embedded(pem)) => PublicKey::of_private_pem(pem),
                _ => return Ok(None),
            },
            Err(_) => PublicKey::of_private_pem(found),
        };
        Ok(key.ok().map(|key| key.spki_sha256()))
    }

    /// Removes what dead requests left, then writes the new keys. After an error the new ones are gone again.
    pub(super) fn write(&self, files: &[(String, KeyFile)]) -> Result<(), StoreError> {
        for (node, live) in &self.dead_files {
            if let Some(tree) = self.trees.get(node) {
                tree.remove(live)?;
            }
        }
        for (done, (node, file)) in files.iter().enumerate() {
            let written = self.tree(node).and_then(|tree| tree.create(file.live, &file.bytes));
            written.inspect_err(|_| self.take_back(files.get(..done).unwrap_or_default()))?;
        }
        Ok(())
    }

    fn take_back(&self, files: &[(String, KeyFile)]) {
        for (node, file) in files {
            let _ = self.tree(node).and_then(|tree| tree.remove(file.live));
        }
    }

    fn tree(&self, node: &str) -> Result<&NextTree, StoreError> {
        self.trees.get(node).ok_or_else(|| StoreError::Missing(text::clip(node, 64)))
    }
}

/// What an earlier request asked for, from the bundle that was kept.
fn manifest_of(desk: &Desk, signer: &SshPublicKey, past: &Past) -> Result<Manifest, Refused> {
    let kept = desk.kept(&past.requested.statement)?;
    let [(_, payload), ..] = &kept.files;
    let container = Container::read(payload, &BundleLayout, signer)?;
    Ok(json::from_slice(container.manifest()).map_err(|_| RequestError::Kept(past.trace.clone()))?)
}
