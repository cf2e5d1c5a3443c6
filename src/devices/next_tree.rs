//! The next generation of a node: private files beside the live ones, in the trees that mirror them.
//!
//! A path is that of the live file, `etc/kubernetes/pki/apiserver.key`; what is written is its mirror,
//! `etc/kubernetes.next/pki/apiserver.key`. Nothing live is opened for writing, nothing is overwritten. On the way to a
//! mirror links are followed as the node itself would follow them; the mirror and what lies in it are never links.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cluster::layout::{NEXT, next};
use crate::devices::store::tree::{MAX_FILE, directory};
use crate::devices::store::{Directory, StoreError};
use crate::wire::digest::Digest;
use crate::wire::text;

const PRIVATE: u32 = 0o600;

/// The trees of the next generation of one node.
#[derive(Debug, Clone)]
pub struct NextTree {
    root: PathBuf,
}

impl NextTree {
    /// Those of the node whose file system, or a copy of it, lies at `root`.
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Makes the directories (mode 0700) into which the mirror of `live` goes.
    ///
    /// # Errors
    /// [`StoreError::Name`] for a path outside the live trees, [`StoreError::Missing`] where the live tree itself is not
    /// there, [`StoreError::NotDirectory`] for links, [`StoreError::NotPrivate`] for directories open to others; any
    /// error of the disk.
    pub fn prepare(&self, live: &str) -> Result<(), StoreError> {
        let (path, _) = self.mirror(live)?;
        let (above, top, rest) = split(&path).ok_or_else(|| self.name(live))?;
        let mut here = directory(&self.root, above)?.ok_or_else(|| StoreError::Missing(self.shown(above)))?;
        for part in std::iter::once(top).chain(rest.split('/').filter(|part| !part.is_empty())) {
            here = here.private_within(part)?;
        }
        Ok(())
    }

    /// Writes the mirror of `live` with mode 0600; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::Exists`]; as [`NextTree::prepare`], which is done on the way.
    pub fn create(&self, live: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.prepare(live)?;
        let (path, name) = self.mirror(live)?;
        self.enter(&path)?.ok_or_else(|| StoreError::Missing(self.shown(&path)))?.create_new(&name, bytes, PRIVATE)
    }

    /// Writes the mirror of `live` in place of the one whose digest is `known`, in one step.
    ///
    /// # Errors
    /// [`StoreError::Differs`] where something else lies there by now; any error of the disk.
    pub fn replace(&self, live: &str, known: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let (path, name) = self.mirror(live)?;
        let directory = self.enter(&path)?.ok_or_else(|| StoreError::Missing(self.shown(&path)))?;
        if Digest::of(&directory.read(&name, MAX_FILE)?) != *known {
            return Err(StoreError::Differs(self.shown(&format!("{path}/{name}"))));
        }
        directory.replace(&name, bytes, PRIVATE)
    }

    /// The mirror of `live`, where there is one.
    ///
    /// # Errors
    /// As [`Directory::read`]; a link is refused.
    pub fn read(&self, live: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let (path, name) = self.mirror(live)?;
        let Some(directory) = self.enter(&path)? else { return Ok(None) };
        match directory.read(&name, MAX_FILE) {
            Err(StoreError::Missing(_)) => Ok(None),
            read => read.map(Some),
        }
    }

    /// Removes the mirror of `live`, durably; that there is none is fine.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn remove(&self, live: &str) -> Result<(), StoreError> {
        let (path, name) = self.mirror(live)?;
        let Some(directory) = self.enter(&path)? else { return Ok(()) };
        match directory.remove(&name) {
            Err(StoreError::Missing(_)) => Ok(()),
            removed => removed.and_then(|()| directory.flush()),
        }
    }

    /// Removes what killed runs left unfinished. For the holder of the state lock only.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn sweep(&self) -> Result<(), StoreError> {
        for top in NEXT {
            if let Some(top) = self.enter(top)? {
                top.sweep()?;
            }
        }
        Ok(())
    }

    /// The directory of the mirror and the name in it.
    fn mirror(&self, live: &str) -> Result<(String, String), StoreError> {
        let plain = !live.split('/').any(|part| matches!(part, "" | "." | ".."));
        let mirrored = next(live).filter(|_| plain).ok_or_else(|| self.name(live))?;
        let (directory, name) = mirrored.rsplit_once('/').ok_or_else(|| self.name(live))?;
        Ok((directory.to_owned(), name.to_owned()))
    }

    /// The directory `path` within the mirrors, where there is one.
    fn enter(&self, path: &str) -> Result<Option<Directory>, StoreError> {
        let (above, top, rest) = split(path).ok_or_else(|| self.name(path))?;
        let Some(mut here) = directory(&self.root, above)? else { return Ok(None) };
        for part in std::iter::once(top).chain(rest.split('/').filter(|part| !part.is_empty())) {
            here = match here.within(part) {
                Err(StoreError::Missing(_)) => return Ok(None),
                entered => entered?,
            };
        }
        Ok(Some(here))
    }

    fn name(&self, path: &str) -> StoreError {
        StoreError::Name(self.shown(path))
    }

    fn shown(&self, path: &str) -> String {
        text::escape(&self.root.join(path).to_string_lossy())
    }
}

/// What lies above a mirror, the name of the mirror, and the directories within it.
fn split(path: &str) -> Option<(&str, &str, &str)> {
    NEXT.iter().find_map(|top| {
        let rest = path.strip_prefix(top)?;
        let (above, name) = top.rsplit_once('/')?;
        (rest.is_empty() || rest.starts_with('/')).then_some((above, name, rest))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir_all};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const KEY: &str = "etc/kubernetes/pki/etcd/peer.key";
    const MIRROR: &str = "etc/kubernetes.next/pki/etcd/peer.key";

    fn node() -> (tempfile::TempDir, NextTree) {
        let root = tempfile::tempdir().unwrap();
        create_dir_all(root.path().join("etc/kubernetes/pki")).unwrap();
        let tree = NextTree::of(root.path());
        (root, tree)
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn files_go_into_the_mirror_and_are_private() {
        let (root, tree) = node();
        assert!(tree.read(KEY).unwrap().is_none());
        tree.create(KEY, b"key").unwrap();
        assert_eq!(tree.read(KEY).unwrap().unwrap().as_slice(), b"key");
        assert_eq!(mode(&root.path().join(MIRROR)), 0o600);
        for above in ["etc/kubernetes.next", "etc/kubernetes.next/pki", "etc/kubernetes.next/pki/etcd"] {
            assert_eq!(mode(&root.path().join(above)), 0o700);
        }
        assert!(matches!(tree.create(KEY, b"other"), Err(StoreError::Exists(_))));
        tree.remove(KEY).unwrap();
        tree.remove(KEY).unwrap();
        assert!(tree.read(KEY).unwrap().is_none());
    }

    #[test]
    fn only_what_is_known_is_replaced() {
        let (root, tree) = node();
        assert!(matches!(tree.replace(KEY, &Digest::of(b"old"), b"new"), Err(StoreError::Missing(_))));
        tree.create(KEY, b"old").unwrap();
        assert!(matches!(tree.replace(KEY, &Digest::of(b"other"), b"new"), Err(StoreError::Differs(_))));
        tree.replace(KEY, &Digest::of(b"old"), b"new").unwrap();
        assert_eq!(tree.read(KEY).unwrap().unwrap().as_slice(), b"new");
        assert_eq!(mode(&root.path().join(MIRROR)), 0o600);
    }

    #[test]
    fn nothing_outside_the_mirrors_is_named() {
        let (_root, tree) = node();
        for path in [
            "etc/passwd",
            "/etc/kubernetes/x",
            "etc/kubernetes/../passwd",
            "etc/kubernetes/./x",
            "etc/kubernetes/",
            "etc/kubernetes/pki//x",
            "etc/kubernetes.next/x",
            "",
        ] {
            assert!(matches!(tree.create(path, b""), Err(StoreError::Name(_))), "{path}");
            assert!(matches!(tree.read(path), Err(StoreError::Name(_))), "{path}");
            assert!(matches!(tree.remove(path), Err(StoreError::Name(_))), "{path}");
        }
    }

    #[test]
    fn a_mirror_is_no_link_and_not_open_to_others() {
        for link in ["etc/kubernetes.next", "etc/kubernetes.next/pki", "etc/kubernetes.next/pki/etcd"] {
            let (root, tree) = node();
            let elsewhere = tempfile::tempdir().unwrap();
            std::fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o700)).unwrap();
            let at = root.path().join(link);
            if let Some(above) = at.parent().filter(|above| !above.exists()) {
                Directory::private(above).unwrap();
            }
            symlink(elsewhere.path(), &at).unwrap();
            assert!(matches!(tree.create(KEY, b"key"), Err(StoreError::NotDirectory(_))), "{link}");
            assert!(matches!(tree.read(KEY), Err(StoreError::NotDirectory(_))), "{link}");
            assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none());
        }
        let (root, tree) = node();
        std::fs::create_dir(root.path().join("etc/kubernetes.next")).unwrap();
        std::fs::set_permissions(root.path().join("etc/kubernetes.next"), Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(tree.create(KEY, b"key"), Err(StoreError::NotPrivate(_))));
    }

    #[test]
    fn a_file_that_is_a_link_is_neither_read_nor_followed() {
        let (root, tree) = node();
        tree.prepare(KEY).unwrap();
        symlink("/etc/passwd", root.path().join(MIRROR)).unwrap();
        assert!(matches!(tree.create(KEY, b"key"), Err(StoreError::Exists(_))));
        assert!(matches!(tree.read(KEY), Err(StoreError::NotRegular(_))));
    }

    #[test]
    fn the_way_to_the_mirror_is_the_nodes_own() {
        let (root, tree) = node();
        create_dir_all(root.path().join("data/kubelet/pki")).unwrap();
        create_dir_all(root.path().join("var/lib")).unwrap();
        symlink("/data/kubelet", root.path().join("var/lib/kubelet")).unwrap();
        tree.create("var/lib/kubelet/pki/kubelet.key", b"key").unwrap();
        assert!(root.path().join("data/kubelet/pki.next/kubelet.key").exists());
        let (_root, bare) = node();
        let refused = bare.create("var/lib/kubelet/pki/kubelet.key", b"key");
        assert!(matches!(refused, Err(StoreError::Missing(_))));
    }

    #[test]
    fn what_a_killed_run_left_is_swept() {
        let (root, tree) = node();
        tree.sweep().unwrap();
        tree.create(KEY, b"key").unwrap();
        let left = root.path().join("etc/kubernetes.next/pki/.x.00.airlock-tmp");
        std::fs::write(&left, b"half").unwrap();
        tree.sweep().unwrap();
        assert!(!left.exists() && root.path().join(MIRROR).exists());
    }
}
