//! The order in which a rotation will use what is staged: a wave starts only when the one before is healthy.

use std::collections::BTreeSet;

use serde::Serialize;

use super::plan::Plan;
use crate::cluster::role::{Group, Role};

/// One wave, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wave {
    /// From 1.
    pub wave: usize,
    /// What changes in it.
    pub component: &'static str,
    /// Certificates; none where only trust changes.
    pub certificates: usize,
    /// Nodes it touches.
    pub nodes: usize,
    /// Certificates that are held back.
    pub held: usize,
    /// What must be healthy before the next wave.
    pub gate: &'static str,
}

/// What belongs to a wave.
#[derive(Clone, Copy)]
enum Of {
    /// What every node trusts.
    Trust,
    /// The certificates of some roles.
    Roles(fn(Role) -> bool),
    /// Nothing that is staged.
    Nothing,
}

const ROWS: [(&str, Of, &str); 8] = [
    ("old+new trust on disk", Of::Trust, "all read bundle"),
    ("load trust, one by one", Of::Trust, "canary, GET+PATCH"),
    ("etcd leaves", Of::Roles(is_etcd), "quorum + leader"),
    ("apiserver leaves", Of::Roles(is_apiserver), "GET+PATCH, 60 s"),
    ("controller-manager, scheduler", Of::Roles(is_manager), "lease renewed"),
    ("kubelets", Of::Roles(is_kubelet), "Ready, lease < 40 s"),
    ("administrators, issuers", Of::Roles(is_other), "GET"),
    ("drop old root", Of::Nothing, "evidence, then 72 h"),
];

/// The waves of what `plan` stages.
pub fn waves(plan: &Plan) -> Vec<Wave> {
    (1..).zip(ROWS).map(|(wave, (component, of, gate))| row(plan, wave, component, of, gate)).collect()
}

fn row(plan: &Plan, wave: usize, component: &'static str, of: Of, gate: &'static str) -> Wave {
    let (certificates, nodes, held) = match of {
        Of::Trust => (0, plan.nodes().len(), 0),
        Of::Nothing => (0, 0, 0),
        Of::Roles(belongs) => {
            let staged: Vec<_> = plan.staged().iter().filter(|(role, _)| belongs(*role)).collect();
            let nodes: BTreeSet<_> = staged.iter().map(|(_, node)| node).collect();
            (staged.len(), nodes.len(), plan.held().iter().filter(|held| belongs(held.role)).count())
        }
    };
    Wave { wave, component, certificates, nodes, held, gate }
}

fn is_etcd(role: Role) -> bool {
    role.identity().group == Group::Etcd
}

fn is_manager(role: Role) -> bool {
    matches!(role, Role::ControllerManager | Role::Scheduler)
}

fn is_apiserver(role: Role) -> bool {
    role.identity().group == Group::ControlPlane && !is_manager(role)
}

fn is_kubelet(role: Role) -> bool {
    role.identity().group == Group::Kubelet
}

fn is_other(role: Role) -> bool {
    matches!(role.identity().group, Group::Admin | Group::Issuer)
}
