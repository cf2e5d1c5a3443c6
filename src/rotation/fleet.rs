//! The nodes of a cluster, and the quorum of etcd.

use crate::cluster::record::{NodeRole, Record};
use crate::cluster::role::{Hosts, Role};
use crate::rotation::component::Component;

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Whether an API server, a controller manager and a scheduler run on it.
    pub control_plane: bool,
    /// Whether a member of etcd runs on it.
    pub etcd: bool,
}

/// The nodes, control planes first; a step names them by their place here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fleet(Vec<Member>);

impl Fleet {
    /// `members` with those of etcd and the control planes first, otherwise in the given order.
    pub fn new(mut members: Vec<Member>) -> Self {
        members.sort_by_key(|member| (!member.etcd, !member.control_plane));
        Self(members)
    }

    /// The nodes of the cluster record.
    pub fn of(record: &Record) -> Self {
        let member = |node: &crate::cluster::record::Node| Member {
            name: node.name.clone(),
            control_plane: node.roles.contains(&NodeRole::ControlPlane),
            etcd: node.roles.contains(&NodeRole::Etcd),
        };
        Self::new(record.nodes().iter().map(member).collect())
    }

    /// The nodes.
    pub fn members(&self) -> &[Member] {
        &self.0
    }

    /// The node at `place`.
    pub fn member(&self, place: usize) -> Option<&Member> {
        self.0.get(place)
    }

    /// The places of the nodes on which `component` runs.
    pub fn with(&self, component: Component) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(move |(_, member)| member.runs(component)).map(|(place, _)| place)
    }

    /// How many members of etcd there are.
    pub fn etcd_members(&self) -> usize {
        self.with(Component::Etcd).count()
    }

    /// How many members of etcd must be healthy.
    pub fn quorum(&self) -> usize {
        self.etcd_members() / 2 + 1
    }

    /// Whether a restart of one member takes etcd away as a whole: the others are no quorum. Of no members none is taken.
    pub fn has_small_etcd(&self) -> bool {
        matches!(self.etcd_members(), 1 | 2)
    }

    /// Whether a restart of the API server takes the API away: there is no second one.
    pub fn has_one_apiserver(&self) -> bool {
        self.with(Component::Apiserver).count() == 1
    }

    /// Whether a restart of one node takes etcd or the API away as a whole.
    pub fn is_single(&self) -> bool {
        self.has_small_etcd() || self.has_one_apiserver()
    }
}

impl Member {
    /// Whether `component` runs here; what is the cluster's runs on no node.
    pub const fn runs(&self, component: Component) -> bool {
        match component {
            Component::Etcd => self.etcd,
            Component::Apiserver | Component::ControllerManager | Component::Scheduler | Component::Admin => {
                self.control_plane
            }
            Component::Kubelet => true,
            Component::Workloads | Component::Extensions => false,
        }
    }

    /// Whether the certificate of `role` lives here.
    pub fn bears(&self, role: Role) -> bool {
        match role.identity().hosts {
            Hosts::ControlPlane => self.control_plane,
            Hosts::Etcd => self.etcd,
            Hosts::Every => true,
        }
    }
}
