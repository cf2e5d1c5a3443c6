//! The named checks of a rotation: what each demands, and how it is judged by facts.

use std::fmt;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use super::component::Component;
use super::facts::{Facts, NodeFacts};
use super::fleet::{Fleet, Member};
use super::matrix;
use super::plan::Plan;
use super::step::stores;
use super::trust::Trust;
use crate::wire::text::fill;

/// Writes the enum of checks and their rows.
macro_rules! checks {
    ($($check:ident $code:literal $meaning:literal)+) => {
        /// A check with a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay, DeserializeFromStr)]
        pub enum Check {
            $(#[doc = $meaning] $check,)+
        }

        impl Check {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$check),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$check => $code,)+ }
            }

            /// What it demands.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$check => $meaning,)+ }
            }
        }
    };
}

checks! {
    Backup "backup" "a backup of the files and a snapshot of etcd exist, and the snapshot was restored once"
    Clocks "clocks" "each clock is less than five minutes from ours"
    EtcdHealthy "etcd-healthy" "each member of etcd is healthy, of one term and with one leader"
    ReadWrite "read-write" "each API server answers a read and a write, not /readyz alone"
    ChainsOnDisk "chains-on-disk" "each leaf chains to the CA on its disk, with its intermediates"
    NotExpiring "not-expiring" "no leaf ends within thirty days"
    InventoryWhole "inventory-whole" "each place that embeds a CA was looked at"
    SingleCa "single-ca" "each CA file holds one certificate beside those that come"
    Preflight "preflight" "the preflight of exactly this plan was passed, and not long ago"
    SignerKnown "signer-known" "the signing flags of each controller manager are known"
    StagedWhole "staged-whole" "keys, certificates and trust of each node lie beside its live files and fit together"
    SignerIssues "signer-issues" "a fresh request is certified under the old root"
    LeaderHeld "leader-held" "a controller manager holds the lease"
    BundlesExact "bundles-exact" "each source of trust holds what the step wants, no more and no less"
    HotCanary "hot-canary" "API servers and kubelets know a client of the new root: forbidden, not unauthorised"
    EtcdCanary "etcd-canary" "each member accepts a client and a peer of the new root"
    TrustLoaded "trust-loaded" "no process is older than its trust"
    RootCaEverywhere "root-ca-everywhere" "kube-root-ca.crt is right in every namespace"
    WorkloadsRolled "workloads-rolled" "each workload that calls the API is younger than its trust"
    ServedAsStaged "served-as-staged" "each port shows the staged leaf, asked by address without and with SNI"
    MatrixGreen "matrix-green" "every verifier accepts every leaf that is shown to it"
    Reconnected "reconnected" "a member of etcd was restarted after the swap, and came back"
    NodeLeases "node-leases" "the lease of each node is younger than 40 s"
    KubeletPath "kubelet-path" "the API server reaches each kubelet"
    CsrFlow "csr-flow" "a fresh request is certified under the new root, or is listed for the next bundle"
    OldUnused "old-unused" "nobody used a certificate of the old root for the whole window"
    SecondPerson "second-person" "a second person agreed to drop the old root"
    NoneOnlyOld "none-only-old" "no place holds the old root alone"
    OldRefused "old-refused" "a client of the old root is refused everywhere"
    DropWindow "drop-window" "old trust has been off everywhere for the whole window"
    NothingLeft "nothing-left" "nothing of the old root is left in files and objects"
    Quorum "quorum" "etcd keeps its quorum while one member is away"
    OneOut "one-out" "no other control plane is out"
    Budget "budget" "the budget of failed requests is not spent"
    RollbackRehearsed "rollback-rehearsed" "the way back was walked on paper from each state, and its files are there"
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It is not known, so nothing goes on.
    Unknown,
    /// It does not hold.
    Fail,
}

/// A check, how it went, and by what that was seen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How it went.
    pub outcome: Outcome,
    /// What was seen, in one line of ASCII.
    pub evidence: String,
}

/// The farthest that a clock may be off, in seconds: kubeadm and our CA date leaves back by that much or more.
pub const MAX_SKEW: i64 = 300;

/// The oldest that the lease of a healthy node may be, in seconds (`node-monitor-grace-period` is 40 s by default).
pub const MAX_LEASE_AGE: u32 = 40;

impl Check {
    /// Whether only an administrator can prove it: who is none takes it that it was, where the wave that it opens has begun.
    pub const fn takes_an_administrator(self) -> bool {
        matches!(self, Self::SignerIssues | Self::CsrFlow | Self::KubeletPath)
    }

    /// Whether it asks for something that `fleet` has: members of etcd alone have no API to be read or written.
    pub fn concerns(self, fleet: &Fleet) -> bool {
        let runs = |component| fleet.with(component).next().is_some();
        match self {
            Self::ReadWrite
            | Self::SignerKnown
            | Self::SignerIssues
            | Self::LeaderHeld
            | Self::HotCanary
            | Self::RootCaEverywhere
            | Self::WorkloadsRolled
            | Self::NodeLeases
            | Self::KubeletPath
            | Self::CsrFlow => runs(Component::Apiserver),
            Self::EtcdHealthy | Self::EtcdCanary | Self::Reconnected => runs(Component::Etcd),
            _ => true,
        }
    }

    /// Judges it for a step that wants `trust` everywhere.
    pub fn judge(self, plan: &Plan, facts: &Facts, trust: Trust) -> Finding {
        let (outcome, evidence) = match self {
            Self::Clocks => clocks(plan.fleet(), facts),
            Self::EtcdHealthy => with_probe(self, facts, each_with(plan.fleet(), facts, Component::Etcd)),
            Self::ReadWrite => with_probe(self, facts, each_with(plan.fleet(), facts, Component::Apiserver)),
            Self::StagedWhole => each_node(plan.fleet(), facts, |_, node| node.staged),
            Self::InventoryWhole => looked_at(facts.cluster.inventory_whole),
            Self::BundlesExact => each_node(plan.fleet(), facts, |_, node| {
                node.disk.values().try_fold(true, |all, have| have.map(|have| all && have == trust))
            }),
            Self::TrustLoaded => loaded(plan, facts, trust),
            Self::RootCaEverywhere => one(facts.cluster.root_ca_maps, trust),
            Self::WorkloadsRolled => one(facts.cluster.workloads, trust),
            Self::MatrixGreen => matrix::judge(plan, facts),
            Self::Reconnected => {
                let any = facts.nodes.iter().any(|node| node.reconnected == Some(true));
                yes_or_no(any, "a member came back", "no member was restarted after the swap")
            }
            Self::NodeLeases => each_node(plan.fleet(), facts, |_, node| match node.has(Component::Kubelet) {
                // A member of etcd alone may have no kubelet.
                false => Some(true),
                true => node.lease_age.map(|age| age < MAX_LEASE_AGE),
            }),
            Self::OldUnused => {
                let (outcome, said) = yes_or_no(facts.cluster.soaked, "the window is over", "the window is not over");
                (outcome, facts.told.get(&self).map_or(said, |told| told.evidence.clone()))
            }
            Self::NoneOnlyOld => none_only_old(facts),
            Self::NothingLeft => match facts.cluster.residue {
                Some(0) => (Outcome::Pass, "nothing".to_owned()),
                Some(left) => (Outcome::Fail, fill("{} place{s}", [&left])),
                None => unknown(),
            },
            _ => told(self, facts),
        };
        Finding { check: self, outcome, evidence }
    }
}

/// Also of a node whose account does not count, as one that was written in the future.
fn clocks(fleet: &Fleet, facts: &Facts) -> (Outcome, String) {
    let skew = |place| facts.node(place).and_then(|node| node.clock_skew);
    let is_near = |skew: i64| skew.abs() < MAX_SKEW;
    tally(fleet.members().iter().zip(0..).map(|(member, place)| (member.name.as_str(), skew(place).map(is_near))))
}

fn unknown() -> (Outcome, String) {
    (Outcome::Unknown, "not observed".to_owned())
}

/// What is missing was not looked at; nobody knows that it is wrong.
fn looked_at(all: bool) -> (Outcome, String) {
    match all {
        true => (Outcome::Pass, "every place".to_owned()),
        false => (Outcome::Unknown, "not observed: places are missing".to_owned()),
    }
}

fn yes_or_no(holds: bool, yes: &str, no: &str) -> (Outcome, String) {
    if holds { (Outcome::Pass, yes.to_owned()) } else { (Outcome::Fail, no.to_owned()) }
}

/// What a probe said, for what cannot be told from the facts of nodes.
fn told(check: Check, facts: &Facts) -> (Outcome, String) {
    match facts.told.get(&check) {
        Some(told) => (if told.holds { Outcome::Pass } else { Outcome::Fail }, told.evidence.clone()),
        None => unknown(),
    }
}

/// The worse of what nodes show and what a probe said, where one was asked.
fn with_probe(check: Check, facts: &Facts, seen: (Outcome, String)) -> (Outcome, String) {
    let probe = told(check, facts);
    if facts.told.contains_key(&check) && probe.0 > seen.0 { probe } else { seen }
}

/// One fact that is asked of each node; those where it does not hold are named, the first few of them.
fn each_node(fleet: &Fleet, facts: &Facts, holds: impl Fn(&Member, &NodeFacts) -> Option<bool>) -> (Outcome, String) {
    let members = fleet.members().iter().enumerate();
    tally(members.map(|(place, member)| {
        let node = facts.node(place).filter(|node| node.seen);
        (member.name.as_str(), node.and_then(|node| holds(member, node)))
    }))
}

fn each_with(fleet: &Fleet, facts: &Facts, component: Component) -> (Outcome, String) {
    tally(fleet.with(component).filter_map(|place| {
        let node = facts.node(place).filter(|node| node.seen);
        Some((fleet.member(place)?.name.as_str(), node.and_then(|node| node.up.get(&component).copied())))
    }))
}

fn loaded(plan: &Plan, facts: &Facts, trust: Trust) -> (Outcome, String) {
    let shape = plan.shape();
    each_node(plan.fleet(), facts, |member, node| {
        let on_disk = stores(member, shape).filter(|store| node.disk.contains_key(store));
        on_disk.map(|store| node.memory.get(&store)).try_fold(true, |all, have| have.map(|have| all && *have == trust))
    })
}

fn one(have: Option<Trust>, wanted: Trust) -> (Outcome, String) {
    match have {
        None => unknown(),
        Some(have) if have == wanted => (Outcome::Pass, have.as_str().to_owned()),
        Some(have) => (Outcome::Fail, format!("{}, not {}", have.as_str(), wanted.as_str())),
    }
}

fn none_only_old(facts: &Facts) -> (Outcome, String) {
    match facts.cluster.only_old.as_slice() {
        [] if facts.cluster.inventory_whole => (Outcome::Pass, "every place knows the new root".to_owned()),
        [] => unknown(),
        [first, rest @ ..] => (Outcome::Fail, names(first, rest.len())),
    }
}

/// How many say yes, and who does not.
pub(super) fn tally<'n>(answers: impl Iterator<Item = (&'n str, Option<bool>)>) -> (Outcome, String) {
    let (mut yes, mut no, mut silent) = (0_usize, Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Some(true) => yes = yes.saturating_add(1),
            Some(false) => no.push(name),
            None => silent.push(name),
        }
    }
    match (no.split_first(), silent.split_first()) {
        (Some((first, rest)), _) => (Outcome::Fail, names(first, rest.len())),
        (None, Some((first, rest))) => (Outcome::Unknown, format!("not observed: {}", names(first, rest.len()))),
        (None, None) if yes == 0 => unknown(),
        (None, None) => (Outcome::Pass, format!("{yes} of {yes}")),
    }
}

fn names(first: &str, more: usize) -> String {
    let first = crate::wire::text::clip(first, 64);
    if more == 0 { first } else { format!("{first} and {more} more") }
}

impl Finding {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.outcome == Outcome::Pass
    }
}

/// The text is the code of no check.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no check of this code")]
pub struct CheckError;

impl std::str::FromStr for Check {
    type Err = CheckError;

    fn from_str(code: &str) -> Result<Self, CheckError> {
        Self::ALL.iter().copied().find(|check| check.code() == code).ok_or(CheckError)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
