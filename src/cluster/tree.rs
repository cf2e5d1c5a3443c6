//! The files of a node, as a device read them: contents by path, relative to the root of the node's file system.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// The files of one node that concern certificates.
#[derive(Debug)]
pub struct NodeTree {
    node: String,
    files: BTreeMap<String, NodeFile>,
}

/// A file of a node; where its path leads through symbolic links, the file they lead to.
#[derive(Debug)]
pub struct NodeFile {
    /// What it holds.
    pub content: Content,
    /// Its permissions, the lowest twelve bits of its mode.
    pub mode: u32,
}

/// What a file holds.
pub enum Content {
    /// Its bytes; wiped from memory, for they may be a key.
    Bytes(Zeroizing<Vec<u8>>),
    /// Why there are none.
    Unreadable(String),
}

impl NodeTree {
    /// The tree of the node called `node`, at first empty.
    pub fn new(node: &str) -> Self {
        Self { node: node.to_owned(), files: BTreeMap::new() }
    }

    /// The name of the node.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Puts `file` at `path`, relative to the root and without a leading slash.
    pub fn insert(&mut self, path: &str, file: NodeFile) {
        self.files.insert(path.to_owned(), file);
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&NodeFile> {
        self.files.get(path)
    }

    /// Every path in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

impl NodeFile {
    /// Its text, or why there is none.
    ///
    /// # Errors
    /// A reason to show.
    pub fn text(&self) -> Result<&str, &str> {
        match &self.content {
            Content::Bytes(bytes) => std::str::from_utf8(bytes).map_err(|_| "it is not text"),
            Content::Unreadable(why) => Err(why),
        }
    }

    /// Whether anybody but its owner may read or change it.
    pub fn is_open_to_others(&self) -> bool {
        self.mode & 0o077 != 0
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Unreadable(why) => write!(f, "Unreadable({why:?})"),
        }
    }
}
