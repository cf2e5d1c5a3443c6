//! What the config of the online side says of nodes that stage for themselves: on the host of the admin whom to encrypt
//! to, on a node who it is and whose word it takes.
//!
//! ```toml
//! [recipients]                           # on the admin's host: what each node printed when it was set up
//! cp1 = "age1..."
//!
//! [node]                                 # on a node
//! name = "cp1"
//! cluster_key = "ssh-ed25519 ..."        # the statement key of its cluster
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::strict::ConfigError;
use crate::cluster::record::Record;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::party::Party;

/// This host is a node, and takes packages by this key alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeConfig {
    name: String,
    party: Party,
    cluster_key: SshPublicKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeTable {
    name: String,
    cluster_key: String,
}

impl NodeConfig {
    pub(super) fn of(file: &str, table: NodeTable, record: &Record) -> Result<Self, ConfigError> {
        let NodeTable { name, cluster_key } = table;
        if record.node(&name).is_none() {
            return Err(ConfigError::value(file, "node.name", &format!("{name} is not in the cluster record")));
        }
        let party = format!("host:{name}").parse().map_err(|e| ConfigError::value(file, "node.name", &e))?;
        let key = SshPublicKey::from_line(&cluster_key);
        let cluster_key = key.map_err(|e| ConfigError::value(file, "node.cluster_key", &e))?;
        Ok(Self { name, party, cluster_key })
    }

    /// Its name in the cluster record.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// It as a party: that of its log.
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// The key of its cluster.
    pub fn cluster_key(&self) -> &SshPublicKey {
        &self.cluster_key
    }
}

/// The recipient of each node; no two nodes have one, for then each could open the other's.
pub(super) fn recipients(
    file: &str,
    table: BTreeMap<String, String>,
    record: &Record,
) -> Result<BTreeMap<String, Recipient>, ConfigError> {
    let refuse = |message: &dyn std::fmt::Display| Err(ConfigError::value(file, "recipients", message));
    let (mut all, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for (node, text) in table {
        if record.node(&node).is_none() {
            return refuse(&format!("{node} is not in the cluster record"));
        }
        let recipient: Recipient = match text.parse() {
            Ok(recipient) => recipient,
            Err(error) => return refuse(&format!("{node}: {error}")),
        };
        if !seen.insert(text) {
            return refuse(&format!("{node} has the recipient of another node"));
        }
        all.insert(node, recipient);
    }
    Ok(all)
}
