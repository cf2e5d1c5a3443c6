//! The fields of a node package's `MANIFEST.json`.

use serde::{Deserialize, Serialize};

use crate::cluster::role::{Domain, Role};
use crate::exchange::csr_bundle::manifest::{Request, Tool};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Value of `format`.
pub const FORMAT: &str = "airlock.node-package/1";

/// `MANIFEST.json` of a node package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The CA host that answered; its record lies in the package.
    pub ca: Party,
    /// The certificates of the node, by the numbers of their requests.
    pub certificates: Vec<Part>,
    /// The cluster.
    pub cluster: Party,
    /// When it was made.
    pub created: Timestamp,
    /// Where the CA's package brings roots that certify one another, in order: a bridge is made of them.
    pub crosses: Vec<Domain>,
    /// [`FORMAT`].
    pub format: String,
    /// The node, as the cluster record names it.
    pub node: String,
    /// The CA's package that it was cut from.
    pub package: Origin,
    /// Every profile of which the CA's package has a certificate, on whichever node, in order: they decide how the cluster
    /// signs from then on, and so the plan of its rotation, which must be one on all nodes.
    pub profiles: Vec<Role>,
    /// The one that it is encrypted to.
    pub recipient: Recipient,
    /// `intl-1`.
    pub suite: String,
    /// The program that made it.
    pub tool: Tool,
    /// The id of the exchange.
    pub trace: Trace,
    /// UID of the cluster's namespace kube-system.
    pub uid: String,
}

/// The CA's package that a node package was cut from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Its sequence number.
    pub seq: u64,
    /// SHA-256 of its container, as the log of the cluster names it.
    pub sha256: Digest,
    /// Identifier of its statement.
    pub statement: Digest,
}

/// A certificate in the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// SHA-256 of its DER.
    pub cert_sha256: Digest,
    /// Whether its private key travels with it; otherwise the node has it.
    pub key: bool,
    /// What was asked.
    pub request: Request,
}
