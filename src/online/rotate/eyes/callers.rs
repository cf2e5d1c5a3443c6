//! The certificates that are shown to servers: canaries of both roots, and the identities by which this node reads and
//! writes. They are this node's own; nothing is made for a probe.

use super::holdings::{self, Holding};
use super::own::Own;
use crate::cluster::role::Role;
use crate::devices::probe::Caller;
use crate::online::rotate::ground::Ground;

/// Who dials as whom; `None` where this node has no such certificate.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// Clients of etcd of the old and of the new root.
    pub etcd: Pair,
    /// Clients of the API of the old and of the new root, with few rights.
    pub kubernetes: Pair,
    /// The administrator, by the live file.
    pub admin: Option<Caller>,
}

/// A caller of each root.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Of the old one.
    pub old: Option<Caller>,
    /// Of the new one.
    pub new: Option<Caller>,
}

/// Those with the fewest rights first.
const ETCD: [Role; 2] = [Role::EtcdHealthcheckClient, Role::ApiserverEtcdClient];
const KUBERNETES: [Role; 3] = [Role::Scheduler, Role::ControllerManager, Role::KubeletClient];

impl Callers {
    /// Those of this node.
    pub fn of(ground: &Ground, own: &Own) -> Self {
        let admin = holdings::of(ground, own, Role::Admin).into_iter().next();
        Self {
            etcd: Pair::of(ground, own, &ETCD),
            kubernetes: Pair::of(ground, own, &KUBERNETES),
            admin: admin.as_ref().and_then(caller),
        }
    }
}

impl Pair {
    fn of(ground: &Ground, own: &Own, roles: &[Role]) -> Self {
        let find = |is_new| {
            roles.iter().find_map(|role| holdings::first(ground, own, *role, is_new).as_ref().and_then(caller))
        };
        Self { old: find(false), new: find(true) }
    }

    /// Both, the new one first: after the drop it alone is taken.
    pub fn each(&self) -> impl Iterator<Item = &Caller> {
        self.new.iter().chain(&self.old)
    }
}

fn caller(held: &Holding) -> Option<Caller> {
    Caller::holding(&held.chain, &held.key).ok()
}
