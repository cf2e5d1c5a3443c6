//! A scan of the real cluster in `fixtures/cluster`, checked against openssl, and of the same cluster with one thing
//! wrong at a time.

#![cfg(feature = "online")]

mod fixture;
mod openssl;
mod problems;

use std::path::{Path, PathBuf};

use airlock::cluster::record::Record;
use airlock::cluster::scan::{EXPIRING_WITHIN, Question, Report, survey};
use airlock::cluster::tree::{Content, NodeFile, NodeTree};
use airlock::devices::store::tree::read_node;

pub(crate) const NODES: [&str; 4] = ["cp1", "cp2", "cp3", "w1"];

pub(crate) fn root(node: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cluster/kubeadm-ha").join(node)
}

pub(crate) fn record() -> Record {
    Record::from_json(include_bytes!("../../fixtures/cluster/prod-1.cluster.json")).unwrap()
}

/// The fixture, with the modes that kubeadm gives its files and that git does not keep.
pub(crate) fn trees() -> Vec<NodeTree> {
    let kubeadm = |path: &str| if path.ends_with(".crt") || path.ends_with(".pub") { 0o644 } else { 0o600 };
    NODES.iter().map(|node| copy(&read_node(&root(node), node).unwrap(), node, |path| Some(kubeadm(path)))).collect()
}

/// A copy of `tree` under another name, with the modes that `mode` gives; without the files it gives none.
pub(crate) fn copy(tree: &NodeTree, node: &str, mode: impl Fn(&str) -> Option<u32>) -> NodeTree {
    let mut copied = NodeTree::new(node);
    for path in tree.paths() {
        let text = tree.file(path).unwrap().text().unwrap();
        if let Some(mode) = mode(path) {
            copied.insert(path, file(text, mode));
        }
    }
    copied
}

pub(crate) fn file(text: &str, mode: u32) -> NodeFile {
    NodeFile { content: Content::Bytes(text.as_bytes().to_vec().into()), mode }
}

/// A scan ten days after the cluster was made.
pub(crate) fn scan(trees: &[NodeTree]) -> Report {
    scan_at(trees, "2026-12-02T00:00:00Z")
}

pub(crate) fn scan_at(trees: &[NodeTree], now: &str) -> Report {
    let record = record();
    let question = Question { now: now.parse().unwrap(), expiring_within: EXPIRING_WITHIN, record: Some(&record) };
    survey(trees, &question)
}
