//! Details of events about nodes that stage for themselves.

use serde::{Deserialize, Serialize};

use crate::wire::digest::Digest;

/// See [`Event::NodeMade`](crate::audit::event::Event::NodeMade).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMade {
    /// The cluster, `cluster:…`.
    pub cluster: String,
    /// Fingerprint of the cluster's key, as the config pins it.
    pub key: String,
    /// Whom packages for this node are encrypted to.
    pub recipient: String,
    /// UID of the cluster's namespace kube-system.
    pub uid: String,
}

/// See [`Event::Split`](crate::audit::event::Event::Split).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Digest of the container of the CA's package.
    pub container: Digest,
    /// What is written, by node.
    pub files: Vec<SplitFile>,
    /// Identifier of the statement of the CA's package.
    pub statement: Digest,
}

/// The package of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitFile {
    /// Certificates in it.
    pub certificates: u64,
    /// Private keys in it.
    pub keys: u64,
    /// The node.
    pub node: String,
    /// Whom it is encrypted to.
    pub recipient: String,
    /// Digest of the encrypted file.
    pub sha256: Digest,
}

/// See [`Event::SplitWritten`](crate::audit::event::Event::SplitWritten).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitWritten {
    /// The nodes whose packages they are.
    pub nodes: Vec<String>,
    /// The directory that they were written into.
    pub out: String,
    /// Identifier of the statement of the CA's package.
    pub statement: Digest,
}

/// See [`Event::NodePackageAccepted`](crate::audit::event::Event::NodePackageAccepted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePackageAccepted {
    /// Digest of the record of the CA.
    pub ca: Digest,
    /// Digest of the container of the CA's package that it was cut from.
    pub container: Digest,
    /// Fingerprint of the cluster's key that signed it.
    pub key: String,
    /// Sequence number of the CA's package.
    pub package_seq: u64,
    /// Digest of the list of the cluster's people.
    pub people: Digest,
    /// Digest of the encrypted file, which the state keeps.
    pub sealed: Digest,
    /// Identifier of the statement of the CA's package.
    pub statement: Digest,
}
