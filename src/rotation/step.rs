//! One change on one node or of the cluster, and whether it is done. A step that is done may be done again.

use std::fmt;

use super::component::{Component, Seconds};
use super::facts::{Facts, NodeFacts, Signer};
use super::fleet::{Fleet, Member};
use super::graph::Shape;
use super::stage::Stage;
use super::store::{Store, leaf_reload, presenter};
use super::trust::{Leaf, Trust};
use crate::cluster::role::Role;

/// Which sources of trust on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Those of clients: the CA inside kubeconfigs.
    Clients,
    /// Those of servers: the CA files.
    Servers,
    /// Both.
    All,
    /// The CA file of Kubernetes alone.
    ClientCa,
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// To the new root.
    Forward,
    /// To the old root.
    Back,
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// What was found stopped is started; a run that was killed may have left it so. It belongs to no stage.
    Start(Component),
    /// The controller manager gets a signing pair of its own, its two flags point there, it is restarted.
    SplitSigner,
    /// The flags of the controller manager point to the trusted pair again, it is restarted.
    JoinSigner,
    /// The sources of trust of a node are replaced.
    PutTrust(Scope, Trust),
    /// The objects that airlock writes are replaced.
    Publish(Trust),
    /// The API server is stopped, etcd restarted, the API server started: what the node has of them.
    Cycle(Trust),
    /// A component is restarted.
    Restart(Component, Trust),
    /// Every namespace has the trust that the controller manager hands out.
    AwaitRootCa(Trust),
    /// Workloads that call the API are restarted.
    RollWorkloads(Trust),
    /// The hot leaves of a component are replaced.
    SwapLeaves(Component, Leaf),
    /// The signing pair becomes the intermediate, or the flags go.
    SwapSigner(Signer),
    /// One member of etcd is restarted to prove that the memory of the others is right.
    ProveReconnect,
    /// The leaves of a component are replaced and it is restarted.
    SwapIdentity(Component, Leaf),
    /// The cross-certificate goes from the files of a component that is not restarted for it; the leaf in them stays.
    Strip(Component),
    /// Nobody uses the old root for the whole window.
    Soak,
    /// What is left of the old root goes.
    Clean,
}

/// A change on one node, or of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The stage that it belongs to.
    pub stage: Stage,
    /// What is changed.
    pub action: Action,
    /// The place of the node in the fleet; none for a change of the cluster.
    pub place: Option<usize>,
    /// Which way.
    pub way: Way,
}

/// Roles whose leaves a component reads by itself; [`Action::SwapLeaves`] replaces these.
pub fn hot_roles(component: Component) -> impl Iterator<Item = Role> {
    roles(component).filter(|role| !matches!(leaf_reload(*role), super::store::Reload::Restart))
}

/// Roles of a component that come with a package, the signing pairs left out.
pub fn roles(component: Component) -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(move |role| presenter(*role) == component && !role.identity().is_ca)
}

impl Way {
    /// Whether `have` is as far as `want`, or farther in this direction.
    pub fn has_reached<T: Ord>(self, have: T, want: T) -> bool {
        match self {
            Self::Forward => have >= want,
            Self::Back => have <= want,
        }
    }
}

impl Scope {
    /// Whether the source of `store` belongs to it.
    pub fn includes(self, store: Store) -> bool {
        use super::store::Source;
        match (self, store.source()) {
            (Self::ClientCa, Source::File(path)) => path == crate::cluster::role::Domain::Kubernetes.ca_certificate(),
            (Self::Clients | Self::All, Source::Kubeconfig(_)) | (Self::Servers | Self::All, Source::File(_)) => true,
            _ => false,
        }
    }
}

impl Step {
    /// Whether the facts show that it is done. What is unknown is not.
    pub fn is_done(&self, fleet: &Fleet, shape: Shape, facts: &Facts) -> bool {
        match self.place {
            Some(place) => match (fleet.member(place), facts.node(place)) {
                (Some(member), Some(node)) => node.seen && self.is_done_on(member, shape, node),
                _ => false,
            },
            None => self.is_done_in_cluster(facts),
        }
    }

    fn is_done_on(&self, member: &Member, shape: Shape, node: &NodeFacts) -> bool {
        // What writes is done when it is written, whether or not the program runs: a step that is redone because something
        // is down must not put back what a later one has put there.
        match self.action {
            Action::Start(component) => node.is_up(component),
            Action::SplitSigner => node.signer.is_some_and(|signer| signer >= Signer::Apart),
            Action::JoinSigner => node.signer == Some(Signer::Shared),
            // On the way back the flags may point to the trusted pair again already.
            Action::SwapSigner(wanted) => {
                node.signer.is_some_and(|have| have == wanted || (self.way == Way::Back && have < wanted))
            }
            Action::PutTrust(scope, wanted) => stores(member, shape)
                .filter(|store| scope.includes(*store))
                .filter_map(|store| node.disk.get(&store))
                .all(|have| have.is_some_and(|have| self.way.has_reached(have, wanted))),
            Action::Cycle(wanted) => [Component::Etcd, Component::Apiserver]
                .into_iter()
                .filter(|component| member.runs(*component))
                .all(|component| self.has_loaded(member, shape, node, component, wanted)),
            Action::Restart(component, wanted) => self.has_loaded(member, shape, node, component, wanted),
            Action::SwapLeaves(component, wanted) => self.shows(member, node, component, hot_roles(component), wanted),
            Action::SwapIdentity(component, wanted) => self.shows(member, node, component, roles(component), wanted),
            Action::Strip(component) => {
                // What such a component shows is the same leaf with or without it, until its next start.
                let mut files =
                    roles(component).filter(|role| member.bears(*role)).filter_map(|role| node.files.get(&role));
                files.all(|leaf| leaf.is_some_and(|leaf| leaf != Leaf::Bridged))
            }
            Action::ProveReconnect => node.reconnected == Some(true) && node.is_up(Component::Etcd),
            Action::Publish(_) | Action::AwaitRootCa(_) | Action::RollWorkloads(_) | Action::Soak | Action::Clean => {
                false
            }
        }
    }

    fn is_done_in_cluster(&self, facts: &Facts) -> bool {
        let cluster = &facts.cluster;
        let reached = |have: Option<Trust>, wanted| have.is_some_and(|have| self.way.has_reached(have, wanted));
        match self.action {
            Action::Publish(wanted) => reached(cluster.published, wanted),
            Action::AwaitRootCa(wanted) => reached(cluster.root_ca_maps, wanted),
            Action::RollWorkloads(wanted) => reached(cluster.workloads, wanted),
            Action::Soak => cluster.soaked,
            Action::Clean => cluster.residue == Some(0),
            _ => false,
        }
    }

    /// Whether `of` has `wanted` in memory. On the way forward, where nobody knows and the file has gone beyond that, to start it
    /// anew would load what lies there: that is a later step's to do, and this one was done before the file changed.
    fn has_loaded(&self, member: &Member, shape: Shape, node: &NodeFacts, of: Component, wanted: Trust) -> bool {
        let mut places = stores(member, shape)
            .filter(|store| store.component() == of && node.disk.contains_key(store))
            .map(|store| match (node.memory.get(&store), node.disk.get(&store).copied().flatten()) {
                (Some(have), _) => self.way.has_reached(*have, wanted),
                (None, Some(file)) => self.way == Way::Forward && file > wanted,
                (None, None) => false,
            });
        match places.next() {
            // A program that verifies nobody here, as the kubelet of a member of etcd that has none.
            None => true,
            Some(first) => node.is_up(of) && first && places.all(|reached| reached),
        }
    }

    /// Whether each of `roles` that the node has lies there and is shown, and there is one.
    fn shows(
        &self,
        member: &Member,
        node: &NodeFacts,
        component: Component,
        roles: impl Iterator<Item = Role>,
        wanted: Leaf,
    ) -> bool {
        // A node without a kubelet, as a member of etcd may be, has no identity of one.
        let mut any = component == Component::Kubelet && !node.disk.keys().any(|store| store.component() == component);
        for role in roles.filter(|role| member.bears(*role)) {
            let Some(file) = node.files.get(&role) else { continue };
            let Some(file) = *file else { return false };
            any = true;
            // A client that was not watched is seen by its file alone.
            let shown = node.shown.get(&role).copied().unwrap_or(file);
            if !(self.way.has_reached(file, wanted) && self.way.has_reached(shown, wanted)) {
                return false;
            }
        }
        any
    }

    /// How long it takes.
    pub fn takes(&self, member: Option<&Member>) -> Seconds {
        const FILES: Seconds = Seconds { least: 0, most: 2 };
        let reload = |roles: &mut dyn Iterator<Item = Role>| {
            roles.fold(FILES, |sum, role| match leaf_reload(role) {
                super::store::Reload::Hot(seconds) if seconds.most > sum.most => seconds,
                _ => sum,
            })
        };
        match self.action {
            Action::SplitSigner | Action::JoinSigner | Action::SwapSigner(Signer::Off) => FILES.then(MANAGER.restart()),
            Action::SwapSigner(_) => Seconds { least: 0, most: 5 },
            // Whoever reloads by itself has done so after this long.
            Action::PutTrust(..) => FILES.then(Seconds { least: 0, most: 75 }),
            Action::Publish(_) => Seconds { least: 1, most: 5 },
            Action::Cycle(_) => [Component::Etcd, Component::Apiserver]
                .into_iter()
                .filter(|component| member.is_some_and(|member| member.runs(*component)))
                .fold(Seconds::NONE, |sum, component| sum.then(component.restart())),
            Action::Restart(component, _) | Action::Start(component) => component.restart(),
            Action::AwaitRootCa(_) => Seconds { least: 1, most: 60 },
            Action::RollWorkloads(_) => Component::Workloads.restart(),
            Action::SwapLeaves(component, _) => reload(&mut hot_roles(component)),
            Action::Strip(_) => FILES,
            Action::ProveReconnect => Component::Etcd.restart(),
            Action::SwapIdentity(component, _) => FILES.then(component.restart()),
            // The window is told apart from the work.
            Action::Soak => Seconds::NONE,
            Action::Clean => Seconds { least: 10, most: 300 },
        }
    }

    /// Whether it takes an API server out of the load balancer.
    pub const fn takes_control_plane_out(&self) -> bool {
        matches!(self.action, Action::Cycle(_) | Action::Restart(Component::Apiserver, _))
    }

    /// Whether it restarts a member of etcd.
    pub const fn restarts_etcd(&self) -> bool {
        matches!(self.action, Action::Cycle(_) | Action::ProveReconnect | Action::Restart(Component::Etcd, _))
    }
}

const MANAGER: Component = Component::ControllerManager;

/// The stores that live on `member` in such a cluster.
pub fn stores(member: &Member, shape: Shape) -> impl Iterator<Item = Store> {
    shape.stores().into_iter().filter(|store| store.is_on_nodes() && member.runs(store.component()))
}

impl Action {
    /// How what it changes comes into force, in a few words.
    pub const fn reload(self) -> &'static str {
        match self {
            Self::SwapLeaves(..) | Self::PutTrust(Scope::ClientCa, _) | Self::SwapSigner(Signer::Intermediate) => "hot",
            Self::PutTrust(..) => "hot or with the restart that follows",
            Self::SwapIdentity(Component::Admin, _) => "each run",
            Self::Publish(_) | Self::AwaitRootCa(_) => "hot",
            Self::Strip(_) => "with its next start",
            Self::Soak | Self::Clean => "none",
            _ => "restart",
        }
    }
}

impl fmt::Display for Action {
    /// What is done, in a few words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(component) => write!(f, "start {}", component.as_str()),
            Self::SplitSigner => f.write_str("split the signing pair from ca.crt"),
            Self::JoinSigner => f.write_str("sign with ca.crt again"),
            Self::PutTrust(Scope::Clients, trust) => write!(f, "{} trust into kubeconfigs", trust.as_str()),
            Self::PutTrust(Scope::ClientCa, trust) => write!(f, "{} trust into ca.crt", trust.as_str()),
            Self::PutTrust(_, trust) => write!(f, "{} trust on disk", trust.as_str()),
            Self::Publish(trust) => write!(f, "{} trust into cluster objects", trust.as_str()),
            Self::Cycle(trust) => write!(f, "load {} trust: apiserver, etcd", trust.as_str()),
            Self::Restart(component, trust) => write!(f, "load {} trust: {}", trust.as_str(), component.as_str()),
            Self::AwaitRootCa(trust) => write!(f, "kube-root-ca.crt is {} everywhere", trust.as_str()),
            Self::RollWorkloads(trust) => write!(f, "load {} trust: workloads", trust.as_str()),
            Self::SwapLeaves(component, leaf) => write!(f, "{} leaves: {}", leaf.as_str(), component.as_str()),
            Self::SwapSigner(Signer::Off) => f.write_str("stop signing online"),
            Self::SwapSigner(Signer::Intermediate) => f.write_str("sign with the new intermediate"),
            Self::SwapSigner(_) => f.write_str("sign with the old CA again"),
            Self::ProveReconnect => f.write_str("restart one etcd: memory is right"),
            Self::SwapIdentity(component, leaf) => write!(f, "{} identity: {}", leaf.as_str(), component.as_str()),
            Self::Strip(component) => write!(f, "take the cross-certificate out: {}", component.as_str()),
            Self::Soak => f.write_str("nobody uses the old root"),
            Self::Clean => f.write_str("remove what is left of the old root"),
        }
    }
}
