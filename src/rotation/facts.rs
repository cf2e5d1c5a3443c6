//! What was observed of a cluster: of each node, of each program on it, of the objects of the API, and what probes said.
//!
//! A fact that is not there is unknown, and what is unknown never counts as good.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::Check;
use super::component::Component;
use super::store::{Reload, Store};
use super::trust::{Leaf, Trust};
use crate::cluster::role::Role;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Everything that was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Of each node, in the order of the fleet.
    pub nodes: Vec<NodeFacts>,
    /// Of what belongs to no node.
    pub cluster: ClusterFacts,
    /// What probes and people said, by check.
    pub told: BTreeMap<Check, Told>,
}

/// What was observed of a node. In `disk` and `files` a key that is not there says that the node has no such place; `None`
/// says that it has one and that it cannot be told what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// Whether the node was looked at.
    pub seen: bool,
    /// Whether all that is meant for it lies beside its live files and fits; `false` where a part is missing.
    pub staged: Option<bool>,
    /// With what its controller manager signs, by the arguments of its process; where it is down, by its manifest.
    pub signer: Option<Signer>,
    /// What the source of each store holds on disk.
    pub disk: BTreeMap<Store, Option<Trust>>,
    /// What each store holds in memory, by probe or by [`in_memory`].
    pub memory: BTreeMap<Store, Trust>,
    /// What lies in the file of each role.
    pub files: BTreeMap<Role, Option<Leaf>>,
    /// What is shown on a new connection, by IP address and without SNI where it is a server.
    pub shown: BTreeMap<Role, Leaf>,
    /// Whether each program runs and does its work, by a probe that reads and writes.
    pub up: BTreeMap<Component, bool>,
    /// How long ago its lease was renewed, in seconds.
    pub lease_age: Option<u32>,
    /// How far its clock is from ours, in seconds; either sign.
    pub clock_skew: Option<i64>,
    /// Whether its etcd was restarted, and came back, after the last new leaf was put in place on any node.
    pub reconnected: Option<bool>,
}

/// What was observed beside the nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// What the least of the objects holds that airlock writes: `cluster-info`, `caBundle`s of servers of this CA.
    pub published: Option<Trust>,
    /// What the least `kube-root-ca.crt` of all namespaces holds.
    pub root_ca_maps: Option<Trust>,
    /// What the oldest workload that calls the API has loaded.
    pub workloads: Option<Trust>,
    /// What `extension-apiserver-authentication` makes aggregated API servers trust.
    pub extensions: Option<Trust>,
    /// Places that still hold the old root alone, or cannot be told; each as a person would look for it.
    pub only_old: Vec<String>,
    /// Whether every place was looked at: each node, and the objects.
    pub inventory_whole: bool,
    /// Whether the soak is over, by [`soak`](super::soak).
    pub soaked: bool,
    /// Places that still hold anything of the old root.
    pub residue: Option<usize>,
    /// Whether a node has taken away what it kept of the old root: then there is no way back for any.
    pub closed: bool,
    /// Those of them by which nodes ask whether the old root is still taken.
    pub canaries: BTreeSet<Digest>,
    /// The leaves of the old root that nodes have, or keep, by their SHA-256.
    pub old_leaves: BTreeSet<Digest>,
}

/// With what a controller manager signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// With the pair that the cluster trusts: a bundle there would stop it.
    Shared,
    /// With the old CA in a file of its own.
    Apart,
    /// With the intermediate of the new root.
    Intermediate,
    /// Not at all: requests of kubelets are carried to the CA.
    Off,
}

/// What a probe or a person said to a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// What was seen, in one line of ASCII.
    pub evidence: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What a store holds in memory when its source holds `disk`, changed at `changed`, and its process runs since
/// `started`: what is loaded at start is what lay there then. A probe that says otherwise is believed before this.
///
/// A process that started within the second of the change may have read either, and counts as not loaded.
pub fn in_memory(store: Store, disk: Trust, before: Trust, changed: Timestamp, started: Timestamp) -> Trust {
    match store.reload() {
        Reload::Hot(_) | Reload::EachRun => disk,
        Reload::Restart if started > changed => disk,
        Reload::Restart => before,
    }
}

impl Facts {
    /// What the node at `place` has; nothing is known of a node that was not looked at.
    pub fn node(&self, place: usize) -> Option<&NodeFacts> {
        self.nodes.get(place)
    }

    /// What `store` holds in memory at `place`, or in the cluster where it lives on no node.
    pub fn memory(&self, store: Store, place: Option<usize>) -> Option<Trust> {
        match (store, place) {
            (Store::WorkloadsServer, _) => self.cluster.workloads,
            (Store::ExtensionsFrontProxy, _) => self.cluster.extensions,
            (_, Some(place)) => self.node(place)?.memory.get(&store).copied(),
            (_, None) => None,
        }
    }
}

impl NodeFacts {
    /// The least that any of its places holds, of those that `is_meant` picks; unknown where one of them is.
    pub fn least_on_disk(&self, is_meant: impl Fn(Store) -> bool) -> Option<Trust> {
        let meant = self.disk.iter().filter(|(store, _)| is_meant(**store)).map(|(_, trust)| *trust);
        meant.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Whether the node has a place of `component` that is trusted.
    pub fn has(&self, component: Component) -> bool {
        self.disk.keys().any(|store| store.component() == component)
    }

    /// Whether `component` runs and does its work.
    pub fn is_up(&self, component: Component) -> bool {
        self.up.get(&component) == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_at_start_is_old_until_a_restart() {
        let time = |seconds| Timestamp::from_unix(seconds).unwrap();
        let memory = |store, started| in_memory(store, Trust::Both, Trust::Old, time(100), time(started));
        assert_eq!(memory(Store::EtcdPeers, 99), Trust::Old);
        assert_eq!(memory(Store::EtcdPeers, 100), Trust::Old, "the same second decides nothing");
        assert_eq!(memory(Store::EtcdPeers, 101), Trust::Both);
        assert_eq!(memory(Store::ApiserverClients, 99), Trust::Both);
        assert_eq!(memory(Store::AdminServer, 99), Trust::Both);
    }
}
