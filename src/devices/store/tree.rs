//! A node's files, for a scan: those that concern certificates, under the root of the node's file system or of a copy.
//!
//! Symbolic links are followed as the node itself would follow them: an absolute one begins at the given root, and none
//! leads above it. What cannot be read is not an error but a finding.

use std::collections::VecDeque;
use std::path::Path;

use rustix::fs::{self, AtFlags, FileType};
use rustix::io::Errno;

use super::directory::Directory;
use super::fault::{StoreError, shown};
use crate::cluster::embed::node;
use crate::cluster::embed::program::{Program, programs};
use crate::cluster::layout::{LIVE, PROGRAMS, concerns_certificates, concerns_programs};
use crate::cluster::scan::references;
use crate::cluster::tree::{Content, NodeFile, NodeTree};
use crate::wire::text;

/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = 1 << 20;
/// The most files of a node.
pub const MAX_FILES: usize = 1024;

const MAX_DEPTH: usize = 6;
const MAX_LINKS: usize = 16;

/// Reads what concerns certificates on the node called `node` from under `root`, the files that its kubeconfigs name
/// included.
///
/// # Errors
/// [`StoreError::Missing`] where none of the directories kubeadm makes is there; [`StoreError::Crowded`] above
/// [`MAX_FILES`]; what the disk says of `root` itself.
pub fn read_node(root: &Path, node: &str) -> Result<NodeTree, StoreError> {
    let mut tree = NodeTree::new(node);
    let mut seen = 0;
    let mut any = false;
    for live in LIVE {
        any |= Walk { root, wants: concerns_certificates, seen: &mut seen }.descend(live, MAX_DEPTH, &mut tree)?;
    }
    if !any {
        return Err(StoreError::Missing(shown(&root.join(LIVE.first().copied().unwrap_or_default()))));
    }
    for path in references(&tree) {
        if let Some(file) = read(root, &path)? {
            tree.insert(&path, file);
        }
    }
    Ok(tree)
}

/// Reads into `tree` what tells which programs run on its node, and the files with CAs that their flags name.
///
/// # Errors
/// [`StoreError::Crowded`] above [`MAX_FILES`]; what the disk says of `root` itself.
pub fn read_programs(root: &Path, tree: &mut NodeTree) -> Result<Vec<Program>, StoreError> {
    let mut found = NodeTree::new(tree.node());
    let mut seen = 0;
    for directory in PROGRAMS {
        // Units may have a directory of drop-ins; what lies below the kubelet's own are pods.
        let depth = usize::from(directory.starts_with("etc/systemd/"));
        Walk { root, wants: concerns_programs, seen: &mut seen }.descend(directory, depth, &mut found)?;
    }
    let all = programs(&found);
    for path in node::references(tree, &all) {
        if let Some(file) = read(root, &path)? {
            tree.insert(&path, file);
        }
    }
    Ok(all)
}

/// A walk through directories that reads what is wanted.
struct Walk<'w> {
    root: &'w Path,
    wants: fn(&str) -> bool,
    seen: &'w mut usize,
}

impl Walk<'_> {
    /// Reads the directory `path` and those below it; whether it is there.
    fn descend(&mut self, path: &str, depth: usize, tree: &mut NodeTree) -> Result<bool, StoreError> {
        let Some(directory) = directory(self.root, path)? else { return Ok(false) };
        for entry in directory.entries()?.into_iter().filter(|entry| entry.nameable) {
            *self.seen += 1;
            if *self.seen > MAX_FILES {
                return Err(StoreError::Crowded(shown(self.root), MAX_FILES));
            }
            let below = format!("{path}/{}", entry.name);
            if (self.wants)(&below) {
                if let Some(file) = read(self.root, &below)? {
                    tree.insert(&below, file);
                }
            } else if depth > 0 {
                self.descend(&below, depth - 1, tree)?;
            }
        }
        Ok(true)
    }
}

/// The directory that `path` leads to, where it leads to one.
pub(crate) fn directory(root: &Path, path: &str) -> Result<Option<Directory>, StoreError> {
    match resolve(root, path)? {
        Some(found) if found.kind == FileType::Directory => found.directory.within(&found.name).map(Some),
        _ => Ok(None),
    }
}

/// The file that `path` leads to, `None` where nothing is there. Only faults of the way to it are errors.
fn read(root: &Path, path: &str) -> Result<Option<NodeFile>, StoreError> {
    let Some(found) = resolve(root, path)? else { return Ok(None) };
    let mode = fs::statat(found.directory.fd(), found.name.as_str(), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| StoreError::of(&found.directory.path().join(&found.name), e))?
        .st_mode;
    let content = match found.directory.read(&found.name, MAX_FILE) {
        Ok(bytes) => Content::Bytes(bytes),
        Err(e) => Content::Unreadable(text::clip(&e.to_string(), 200)),
    };
    Ok(Some(NodeFile { content, mode: mode & 0o7777 }))
}

/// A place in the tree after every link was followed.
struct Resolved {
    directory: Directory,
    name: String,
    kind: FileType,
}

/// A path that is being followed.
struct Way {
    /// The directories from the root to where we are; never empty.
    stack: Vec<Directory>,
    rest: VecDeque<String>,
    links: usize,
}

/// Follows `path` from `root` link by link. `None` where it leads to nothing.
fn resolve(root: &Path, path: &str) -> Result<Option<Resolved>, StoreError> {
    let mut way = Way { stack: vec![Directory::open(root)?], rest: parts(path), links: 0 };
    while let Some(name) = way.rest.pop_front() {
        let Some(here) = way.stack.pop() else { break };
        if name == ".." {
            if way.stack.is_empty() {
                way.stack.push(here);
            }
            continue;
        }
        let stat = match fs::statat(here.fd(), name.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => break,
            stat => stat.map_err(|e| StoreError::of(&here.path().join(&name), e))?,
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink if way.links < MAX_LINKS => way.follow(here, &name)?,
            FileType::Symlink => break,
            kind if way.rest.is_empty() => return Ok(Some(Resolved { directory: here, name, kind })),
            FileType::Directory => {
                let below = here.within(&name)?;
                way.stack.extend([here, below]);
            }
            _ => break,
        }
    }
    Ok(None)
}

impl Way {
    /// Puts the target of the link `name` in front of the rest.
    fn follow(&mut self, here: Directory, name: &str) -> Result<(), StoreError> {
        let fault = |e| StoreError::of(&here.path().join(name), e);
        let target = fs::readlinkat(here.fd(), name, Vec::new()).map_err(fault)?;
        // A target that is not UTF-8 leads to nothing we could name.
        let target = target.to_string_lossy();
        self.links += 1;
        self.stack.push(here);
        if target.starts_with('/') {
            self.stack.truncate(1);
        }
        for part in parts(&target).into_iter().rev() {
            self.rest.push_front(part);
        }
        Ok(())
    }
}

fn parts(path: &str) -> VecDeque<String> {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir_all, write};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn node() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for directory in ["etc/kubernetes/pki/etcd", "etc/kubernetes/manifests", "var/lib/kubelet/pki"] {
            create_dir_all(root.path().join(directory)).unwrap();
        }
        root
    }

    fn text<'t>(tree: &'t NodeTree, path: &str) -> Result<&'t str, &'t str> {
        tree.file(path).unwrap().text()
    }

    #[test]
    fn what_concerns_certificates_is_read_with_its_mode_and_nothing_else() {
        let root = node();
        for path in ["etc/kubernetes/pki/etcd/peer.crt", "etc/kubernetes/manifests/etcd.yaml", "etc/kubernetes/x.txt"] {
            write(root.path().join(path), path).unwrap();
        }
        let key = root.path().join("etc/kubernetes/pki/etcd/peer.key");
        write(&key, "key").unwrap();
        std::fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
        let tree = read_node(root.path(), "cp1").unwrap();
        let paths: Vec<_> = tree.paths().collect();
        assert_eq!(paths, ["etc/kubernetes/pki/etcd/peer.crt", "etc/kubernetes/pki/etcd/peer.key"]);
        assert_eq!(text(&tree, paths[0]), Ok(paths[0]));
        assert_eq!(tree.file(paths[1]).unwrap().mode, 0o640);
        assert_eq!(tree.node(), "cp1");
    }

    #[test]
    fn links_lead_where_they_lead_on_the_node_and_never_out() {
        let root = node();
        let at = |path: &str| root.path().join(path);
        write(at("var/lib/kubelet/pki/kubelet-client-2026.pem"), "dated").unwrap();
        let current = "var/lib/kubelet/pki/kubelet-client-current.pem";
        symlink("/var/lib/kubelet/pki/kubelet-client-2026.pem", at(current)).unwrap();
        create_dir_all(at("data/pki")).unwrap();
        write(at("data/pki/ca.crt"), "elsewhere").unwrap();
        std::fs::remove_dir_all(at("etc/kubernetes/pki")).unwrap();
        symlink("../../../../data/pki", at("etc/kubernetes/pki")).unwrap();
        symlink("/etc/passwd", at("data/pki/out.crt")).unwrap();
        symlink("../../../../../../../../etc/passwd", at("data/pki/up.crt")).unwrap();
        symlink("loop.crt", at("data/pki/loop.crt")).unwrap();
        symlink("../pki", at("data/pki/again")).unwrap();
        let tree = read_node(root.path(), "w1").unwrap();
        assert_eq!(text(&tree, current), Ok("dated"));
        assert_eq!(text(&tree, "etc/kubernetes/pki/ca.crt"), Ok("elsewhere"));
        assert!(tree.paths().all(|path| !text(&tree, path).unwrap().contains("root")));
        assert!(["out", "up", "loop"].iter().all(|name| tree.paths().all(|path| !path.contains(name))));
    }

    #[test]
    fn what_cannot_be_read_is_a_finding() {
        let root = node();
        std::fs::File::create(root.path().join("etc/kubernetes/pki/ca.crt")).unwrap().set_len(MAX_FILE + 1).unwrap();
        create_dir_all(root.path().join("etc/kubernetes/pki/apiserver.crt")).unwrap();
        let tree = read_node(root.path(), "cp1").unwrap();
        assert!(text(&tree, "etc/kubernetes/pki/ca.crt").unwrap_err().contains("longer than"));
        assert!(text(&tree, "etc/kubernetes/pki/apiserver.crt").unwrap_err().contains("not a regular file"));
    }

    #[test]
    fn what_is_no_node_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(read_node(empty.path(), "cp1"), Err(StoreError::Missing(_))));
        assert!(matches!(read_node(&empty.path().join("none"), "cp1"), Err(StoreError::Missing(_))));
        let crowded = node();
        for number in 0..=MAX_FILES {
            write(crowded.path().join(format!("etc/kubernetes/pki/{number}.crt")), "").unwrap();
        }
        assert!(matches!(read_node(crowded.path(), "cp1"), Err(StoreError::Crowded(_, MAX_FILES))));
    }

    #[test]
    fn files_that_a_kubeconfig_names_are_read_too() {
        let root = node();
        create_dir_all(root.path().join("srv")).unwrap();
        write(root.path().join("srv/leaf.pem"), "leaf").unwrap();
        let config = "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: https://x\n\
            contexts:\n- name: x\n  context:\n    cluster: c\n    user: u\ncurrent-context: x\n\
            users:\n- name: u\n  user:\n    client-certificate: ../../srv/leaf.pem\n    client-key: /srv/none.key\n";
        write(root.path().join("etc/kubernetes/admin.conf"), config).unwrap();
        let tree = read_node(root.path(), "cp1").unwrap();
        assert_eq!(tree.paths().collect::<Vec<_>>(), ["etc/kubernetes/admin.conf", "srv/leaf.pem"]);
        assert_eq!(text(&tree, "srv/leaf.pem"), Ok("leaf"));
    }
}
