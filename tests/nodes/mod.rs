//! Copies of the nodes of the fixture's cluster, to be changed.

// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Copies a tree and gives its files the modes of kubeadm, which git does not keep.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
            let public = [".crt", ".pub"].iter().any(|end| name.to_str().unwrap().ends_with(end));
            fs::set_permissions(&target, Permissions::from_mode(if public { 0o644 } else { 0o600 })).unwrap();
        }
    }
}
