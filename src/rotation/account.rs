//! The account that a node gives of itself, for the other nodes: what lies on its disk, what its processes have loaded,
//! since when they run. `airlock.node-facts/1`, canonical JSON (RFC 8785), one file a node.
//!
//! Whoever takes part in a rotation can see by the network what others serve and whom they accept. What lies on their
//! disks, and what the memory of those holds that serve nobody, only they can tell. An account is worth
//! what the way is worth on which it came; it is not signed, for who can write the files of a node can do worse to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::check::Check;
use super::component::Component;
use super::facts::{NodeFacts, Signer, Told};
use super::graph::Signing;
use super::store::Store;
use super::trust::{Leaf, Trust};
use crate::cluster::role::Role;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::json::{self, JsonError};
use crate::wire::time::Timestamp;

const FORMAT: &str = "airlock.node-facts/1";

/// The longest account, in bytes.
pub const MAX_ACCOUNT: u64 = 64 << 10;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The node.
    pub node: String,
    /// The rotation.
    pub trace: Trace,
    /// When it was written, by the clock of the node.
    pub written: Timestamp,
    /// What it saw of itself; `seen` is true, a skew and what must be seen from elsewhere are not in it.
    pub facts: NodeFacts,
    /// Times that others compare with theirs.
    pub times: Times,
    /// Places that hold the old root alone, or cannot be told; each as a person would look for it.
    pub only_old: Vec<String>,
    /// How far it saw the clocks of other nodes from its own, in seconds, by their names.
    pub clocks: BTreeMap<String, i64>,
    /// What its own files say to the checks that ask for each node by itself.
    pub ready: BTreeMap<Check, Told>,
    /// The newest preflight that was passed there.
    pub preflight: Option<Passed>,
    /// Whether leaves come to it with a bridge; all nodes go the same way.
    pub bridge: bool,
    /// Whether it has taken away what it kept of the old root.
    pub reclaimed: bool,
    /// Files that still hold anything of the old root.
    pub residue: u64,
    /// The leaves of the old root that it has, or keeps, by their SHA-256.
    pub old_leaves: BTreeSet<Digest>,
    /// When the clients of the API end that it has, or keeps, of the old root.
    pub old_ends: BTreeSet<Timestamp>,
    /// The DER of the clients of the API that it has of the new root; whoever reads it asks the new root whether they are.
    pub clients: BTreeSet<Base64>,
    /// The leaf of the old root by which it asks servers of Kubernetes whether they still take one, by its SHA-256.
    pub canary: Option<Digest>,
    /// Who is to certify kubelets, by its package; a control plane knows.
    pub signing: Option<Signing>,
    /// The DER of the CAs below the new roots that it has: each must stand in the bundle of every node.
    pub issuers: BTreeSet<Base64>,
    /// What it was told by check: by the API, where it is a control plane; by etcd, where it is a client of it.
    pub told: BTreeMap<Check, Told>,
    /// What was observed beside the nodes, by whoever was shown it; the others take the word of the first node.
    pub cluster: Option<Word>,
}

/// A preflight that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Passed {
    /// When, by the clock of the node.
    pub at: Timestamp,
    /// Digest of the plan.
    pub plan: Digest,
}

/// What the objects of the API hold, and whether the soak is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Word {
    /// See [`ClusterFacts`](super::facts::ClusterFacts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Trust>,
    /// Objects that hold the old root alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_old: Vec<String>,
    /// See [`ClusterFacts`](super::facts::ClusterFacts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Trust>,
    /// See [`ClusterFacts`](super::facts::ClusterFacts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_ca_maps: Option<Trust>,
    /// Since when each `kube-root-ca.crt` was seen to hold that, without having been seen to hold anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_ca_since: Option<Timestamp>,
    /// When the objects were looked at; none where nobody was shown any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Timestamp>,
    /// Whether nobody used the old root for the whole window.
    pub soaked: bool,
    /// Whether every object was looked at.
    pub whole: bool,
    /// See [`ClusterFacts`](super::facts::ClusterFacts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<Trust>,
}

impl Word {
    /// What it says once each `kube-root-ca.crt` is seen at `now` to hold `held`, and a person says that the oldest workload
    /// was started at `oldest`; `before` is the last word, however old that is. Who was started before the place held it
    /// has not learned it, whoever said so: not before the drop, nor before somebody went back.
    #[must_use]
    pub fn learning(
        self,
        before: Option<&Self>,
        held: Option<Trust>,
        oldest: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let same = before.filter(|word| word.root_ca_maps == held).and_then(|word| word.root_ca_since);
        let since = held.map(|_| same.unwrap_or(now));
        let counts = oldest.zip(since).is_some_and(|(oldest, since)| since < oldest && oldest <= now);
        let workloads = held.filter(|_| counts).or(self.workloads);
        Self { root_ca_maps: held, root_ca_since: since, workloads, ..self }
    }
}

/// When something happened, by the clock of the node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Times {
    /// Its API server was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apiserver_started: Option<Timestamp>,
    /// The newest certificate of its etcd was put in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etcd_leaf: Option<Timestamp>,
    /// Its etcd was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etcd_started: Option<Timestamp>,
    /// It announced its last step back to an earlier state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_back: Option<Timestamp>,
    /// The newest of all its certificates was put in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_leaf: Option<Timestamp>,
    /// The newest of its CA files was put in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_trust: Option<Timestamp>,
}

/// Why an account does not count.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AccountError {
    /// Not JSON of this form.
    #[error("the facts of a node are not of their form: {0}")]
    Json(#[from] JsonError),
    /// Another format or version.
    #[error("the facts of a node are not of the format {FORMAT}")]
    Format,
    /// A place is known and unknown at once.
    #[error("the facts of a node say two things of {0}")]
    Twice(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fields {
    #[serde(default, skip_serializing_if = "is_false")]
    bridge: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canary: Option<Digest>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    clients: BTreeSet<Base64>,
    /// Clocks that are ahead of its own; the canonical form has no negative numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clocks_ahead: BTreeMap<String, u64>,
    /// Clocks that are behind its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clocks_behind: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster: Option<Word>,
    disk: BTreeMap<Store, Trust>,
    format: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    issuers: BTreeSet<Base64>,
    leaves: BTreeMap<Role, Leaf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease_age: Option<u32>,
    memory: BTreeMap<Store, Trust>,
    node: String,
    /// Always there: a file that does not speak of them must not pass for a node without old clients.
    old_ends: BTreeSet<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    old_leaves: BTreeSet<Digest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    only_old: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preflight: Option<Passed>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ready: BTreeMap<Check, Told>,
    #[serde(default)]
    reclaimed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reconnected: Option<bool>,
    residue: u64,
    shown: BTreeMap<Role, Leaf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<Signer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signing: Option<Signing>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staged: Option<bool>,
    times: Times,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    told: BTreeMap<Check, Told>,
    trace: Trace,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unknown_disk: BTreeSet<Store>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unknown_leaves: BTreeSet<Role>,
    up: BTreeMap<Component, bool>,
    written: Timestamp,
}

impl Account {
    /// The file.
    ///
    /// # Errors
    /// [`JsonError`]: a name that cannot stand in it.
    pub fn json(&self) -> Result<Vec<u8>, JsonError> {
        let facts = &self.facts;
        json::to_vec(&Fields {
            bridge: self.bridge,
            canary: self.canary,
            clients: self.clients.clone(),
            clocks_ahead: clocks(&self.clocks, |skew| skew >= 0),
            clocks_behind: clocks(&self.clocks, |skew| skew < 0),
            cluster: self.cluster.clone(),
            disk: known(&facts.disk),
            format: FORMAT.to_owned(),
            issuers: self.issuers.clone(),
            leaves: known(&facts.files),
            lease_age: facts.lease_age,
            memory: facts.memory.clone(),
            node: self.node.clone(),
            old_ends: self.old_ends.clone(),
            old_leaves: self.old_leaves.clone(),
            only_old: self.only_old.clone(),
            preflight: self.preflight,
            ready: self.ready.clone(),
            reclaimed: self.reclaimed,
            reconnected: facts.reconnected,
            residue: self.residue,
            shown: facts.shown.clone(),
            signer: facts.signer,
            signing: self.signing,
            staged: facts.staged,
            times: self.times,
            told: self.told.clone(),
            trace: self.trace.clone(),
            unknown_disk: unknown(&facts.disk),
            unknown_leaves: unknown(&facts.files),
            up: facts.up.clone(),
            written: self.written,
        })
    }

    /// Reads exactly what [`Account::json`] gives.
    ///
    /// # Errors
    /// Any [`AccountError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, AccountError> {
        let read: Fields = json::from_slice(bytes)?;
        if read.format != FORMAT {
            return Err(AccountError::Format);
        }
        let facts = NodeFacts {
            seen: true,
            staged: read.staged,
            signer: read.signer,
            disk: together(read.disk, read.unknown_disk, |store| store.flag().to_owned())?,
            memory: read.memory,
            files: together(read.leaves, read.unknown_leaves, ToString::to_string)?,
            shown: read.shown,
            up: read.up,
            lease_age: read.lease_age,
            clock_skew: None,
            reconnected: read.reconnected,
        };
        let ahead = read.clocks_ahead.into_iter().map(|(name, skew)| (name, i64::try_from(skew).unwrap_or(i64::MAX)));
        let behind =
            read.clocks_behind.into_iter().map(|(name, skew)| (name, -i64::try_from(skew).unwrap_or(i64::MAX)));
        let clocks = ahead.chain(behind).collect();
        let Fields { node, trace, written, times, only_old, ready, preflight, bridge, reclaimed, .. } = read;
        let Fields { residue, old_leaves, old_ends, clients, canary, signing, issuers, told, cluster, .. } = read;
        Ok(Self {
            node,
            trace,
            written,
            facts,
            times,
            only_old,
            clocks,
            ready,
            preflight,
            bridge,
            reclaimed,
            residue,
            old_leaves,
            old_ends,
            clients,
            canary,
            signing,
            issuers,
            told,
            cluster,
        })
    }
}

/// For serde.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_false(value: &bool) -> bool {
    !*value
}

fn clocks(all: &BTreeMap<String, i64>, is_meant: fn(i64) -> bool) -> BTreeMap<String, u64> {
    all.iter().filter(|(_, skew)| is_meant(**skew)).map(|(name, skew)| (name.clone(), skew.unsigned_abs())).collect()
}

fn known<K: Ord + Copy, V: Copy>(all: &BTreeMap<K, Option<V>>) -> BTreeMap<K, V> {
    all.iter().filter_map(|(key, value)| Some((*key, (*value)?))).collect()
}

fn unknown<K: Ord + Copy, V>(all: &BTreeMap<K, Option<V>>) -> BTreeSet<K> {
    all.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| *key).collect()
}

fn together<K: Ord + Copy, V>(
    known: BTreeMap<K, V>,
    unknown: BTreeSet<K>,
    name: impl Fn(&K) -> String,
) -> Result<BTreeMap<K, Option<V>>, AccountError> {
    if let Some(twice) = unknown.iter().find(|key| known.contains_key(key)) {
        return Err(AccountError::Twice(name(twice)));
    }
    let known = known.into_iter().map(|(key, value)| (key, Some(value)));
    Ok(known.chain(unknown.into_iter().map(|key| (key, None))).collect())
}

impl Refusal for AccountError {
    fn reason(&self) -> Reason {
        let verification = |code| {
            Reason::new(Class::Verification, code, "have the node write its facts again: airlock online rotate --look")
        };
        match self {
            Self::Json(_) => verification("FACTS_FORM"),
            Self::Format => verification("FACTS_FORMAT"),
            Self::Twice(_) => verification("FACTS_TWICE"),
        }
    }
}

#[cfg(test)]
mod tests;
