//! Who verifies whom in a cluster, and the order that follows.
//!
//! Each connection gives two edges, one for each end that shows a certificate. An edge demands that its verifier learns
//! before its presenter changes, and that its verifier forgets after. What is free beyond that goes in the order of
//! [`Component::ALL`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::component::Component;
use super::stage::Pass;
use super::store::{Store, presenter};
use super::trust::Leaf;
use crate::cluster::role::Role;
use crate::refusal::{Class, Reason, Refusal};

/// Somebody verifies somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Edge {
    /// By what it trusts.
    pub verifier: Store,
    /// Whose certificate.
    pub presenter: Role,
}

/// How trust comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// Everybody trusts both roots for a while.
    DualTrust,
    /// New leaves bring the new root signed by the old one, so that who trusts the old one alone accepts them.
    Bridge,
}

/// Who certifies kubelets once the old root is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// The controller manager, with an intermediate whose key lives online.
    Intermediate,
    /// Nobody online: requests of kubelets are carried through the air gap in batches.
    Batched,
}

/// What the graph depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    /// How trust comes about.
    pub variant: Variant,
    /// Who certifies kubelets.
    pub signing: Signing,
    /// Whether API servers verify kubelets (`--kubelet-certificate-authority`).
    pub verifies_kubelets: bool,
}

/// A change to everything of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// The store learns the new root.
    Learn(Store),
    /// The role shows new leaves.
    Present(Role),
    /// The store forgets the old root.
    Forget(Store),
}

/// The demands contradict one another: a fault of the table.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0} changes of the plan wait for one another")]
pub struct GraphError(usize);

const fn edge(verifier: Store, presenter: Role) -> Edge {
    Edge { verifier, presenter }
}

/// Every edge of a kubeadm cluster.
const EDGES: &[Edge] = &[
    edge(Store::EtcdPeers, Role::EtcdPeer),
    edge(Store::EtcdClients, Role::ApiserverEtcdClient),
    edge(Store::EtcdClients, Role::EtcdHealthcheckClient),
    // The gateway inside etcd dials its own port.
    edge(Store::EtcdClients, Role::EtcdServer),
    edge(Store::ApiserverEtcd, Role::EtcdServer),
    edge(Store::ApiserverClients, Role::ControllerManager),
    edge(Store::ApiserverClients, Role::Scheduler),
    edge(Store::ApiserverClients, Role::KubeletClient),
    edge(Store::ApiserverClients, Role::Admin),
    edge(Store::ApiserverClients, Role::SuperAdmin),
    // Whom the controller manager certifies.
    edge(Store::ApiserverClients, Role::IntermediateKubernetes),
    edge(Store::ApiserverFrontProxy, Role::FrontProxyClient),
    edge(Store::ExtensionsFrontProxy, Role::FrontProxyClient),
    edge(Store::ApiserverKubelets, Role::KubeletServer),
    edge(Store::KubeletClients, Role::ApiserverKubeletClient),
    edge(Store::ControllerManagerServer, Role::Apiserver),
    edge(Store::SchedulerServer, Role::Apiserver),
    edge(Store::KubeletServer, Role::Apiserver),
    edge(Store::AdminServer, Role::Apiserver),
    edge(Store::WorkloadsServer, Role::Apiserver),
];

/// What one store learns from another.
const SOURCES: &[(Store, Store)] = &[
    (Store::WorkloadsServer, Store::ControllerManagerRoot),
    (Store::ExtensionsFrontProxy, Store::ApiserverFrontProxy),
];

impl Variant {
    /// The leaf that everybody shows once leaves are swapped.
    pub const fn leaf(self) -> Leaf {
        match self {
            Self::DualTrust => Leaf::New,
            Self::Bridge => Leaf::Bridged,
        }
    }

    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DualTrust => "dual trust",
            Self::Bridge => "cross-signed bridge",
        }
    }
}

impl Shape {
    /// The edges of such a cluster.
    pub fn edges(self) -> impl Iterator<Item = Edge> {
        EDGES.iter().copied().filter(move |edge| {
            (self.verifies_kubelets || edge.verifier != Store::ApiserverKubelets)
                && (self.signing == Signing::Intermediate || edge.presenter != Role::IntermediateKubernetes)
        })
    }

    /// The stores of such a cluster, those that only teach others included.
    pub fn stores(self) -> BTreeSet<Store> {
        let verifiers: BTreeSet<_> = self.edges().map(|edge| edge.verifier).collect();
        with_sources(verifiers)
    }

    /// The stores that must know both roots for a while. With a bridge only those to whom somebody comes without the
    /// cross-certificate: the controller manager signs without it.
    pub fn learners(self) -> BTreeSet<Store> {
        let comes_bare = |edge: &Edge| self.variant == Variant::DualTrust || !self.is_bridged(edge.presenter);
        with_sources(self.edges().filter(comes_bare).map(|edge| edge.verifier).collect())
    }

    /// Whether new leaves of `role` bring the cross-certificate.
    pub fn is_bridged(self, role: Role) -> bool {
        self.variant == Variant::Bridge && role != Role::IntermediateKubernetes
    }

    /// Every change, each after all those it waits for.
    ///
    /// # Errors
    /// [`GraphError`]: a fault of the table.
    pub fn order(self) -> Result<Vec<Task>, GraphError> {
        let mut waits: BTreeMap<Task, BTreeSet<Task>> = BTreeMap::new();
        let learners = self.learners();
        for store in self.stores() {
            waits.entry(Task::Forget(store)).or_default();
        }
        for store in &learners {
            waits.entry(Task::Learn(*store)).or_default();
        }
        for (before, after) in self.demands() {
            if waits.contains_key(&before) || matches!(before, Task::Present(_)) {
                waits.entry(before).or_default();
                waits.entry(after).or_default().insert(before);
            }
        }
        sorted(waits)
    }

    /// Each pair of changes of which the first must come before the second.
    pub fn demands(self) -> Vec<(Task, Task)> {
        let learners = self.learners();
        let mut demands = Vec::new();
        for Edge { verifier, presenter } in self.edges() {
            if learners.contains(&verifier) {
                demands.push((Task::Learn(verifier), Task::Present(presenter)));
            }
            demands.push((Task::Present(presenter), Task::Forget(verifier)));
        }
        for (taught, source) in SOURCES {
            if learners.contains(taught) {
                demands.push((Task::Learn(*source), Task::Learn(*taught)));
            }
            demands.push((Task::Forget(*source), Task::Forget(*taught)));
        }
        demands
    }
}

impl Task {
    /// The pass in which it is done.
    pub const fn pass(self) -> Pass {
        match self {
            Self::Learn(_) => Pass::Trust,
            Self::Present(_) => Pass::Leaf,
            Self::Forget(_) => Pass::Drop,
        }
    }

    /// The component that changes.
    pub const fn component(self) -> Component {
        match self {
            Self::Learn(store) | Self::Forget(store) => store.component(),
            Self::Present(role) => presenter(role),
        }
    }
}

fn with_sources(mut stores: BTreeSet<Store>) -> BTreeSet<Store> {
    for (taught, source) in SOURCES {
        if stores.contains(taught) {
            stores.insert(*source);
        }
    }
    stores
}

/// Kahn's algorithm; of what is free the first by pass and component goes first.
fn sorted(mut waits: BTreeMap<Task, BTreeSet<Task>>) -> Result<Vec<Task>, GraphError> {
    let mut order = Vec::with_capacity(waits.len());
    while !waits.is_empty() {
        let free = waits.iter().filter(|(_, before)| before.is_empty()).map(|(task, _)| *task);
        let Some(next) = free.min_by_key(|task| (task.pass(), task.component(), *task)) else {
            return Err(GraphError(waits.len()));
        };
        waits.remove(&next);
        for before in waits.values_mut() {
            before.remove(&next);
        }
        order.push(next);
    }
    Ok(order)
}

impl Refusal for GraphError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Internal, "ROTATION_GRAPH", "report this to the maintainers; nothing was touched")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [Shape; 3] = [
        Shape { variant: Variant::DualTrust, signing: Signing::Intermediate, verifies_kubelets: true },
        Shape { variant: Variant::DualTrust, signing: Signing::Batched, verifies_kubelets: false },
        Shape { variant: Variant::Bridge, signing: Signing::Intermediate, verifies_kubelets: true },
    ];

    fn at(order: &[Task], task: Task) -> usize {
        order.iter().position(|one| *one == task).unwrap()
    }

    #[test]
    fn every_demand_is_met() {
        for shape in SHAPES {
            let order = shape.order().unwrap();
            for (before, after) in shape.demands() {
                assert!(at(&order, before) < at(&order, after), "{shape:?}: {before:?} {after:?}");
            }
            assert_eq!(order.len(), order.iter().collect::<BTreeSet<_>>().len());
        }
    }

    #[test]
    fn both_ends_of_a_connection_leave_no_order_but_three_passes() {
        for shape in &SHAPES[..2] {
            let passes: Vec<_> = shape.order().unwrap().into_iter().map(Task::pass).collect();
            assert!(passes.is_sorted(), "{passes:?}");
        }
    }

    #[test]
    fn a_bridge_spares_the_learning_where_the_cross_certificate_comes_along() {
        let bridge = SHAPES[2];
        assert_eq!(bridge.learners(), BTreeSet::from([Store::ApiserverClients]));
        let batched = Shape { signing: Signing::Batched, ..bridge };
        assert!(batched.learners().is_empty());
        assert_eq!(SHAPES[0].learners(), SHAPES[0].stores());
    }

    #[test]
    fn what_waits_for_itself_is_found() {
        let (a, b) = (Task::Learn(Store::EtcdPeers), Task::Present(Role::EtcdPeer));
        let ring = BTreeMap::from([(a, BTreeSet::from([b])), (b, BTreeSet::from([a]))]);
        assert_eq!(sorted(ring), Err(GraphError(2)));
    }
}
