//! The order in which a rotation will use what is staged: the waves of its plan, those that belong together in one row.

use std::collections::BTreeSet;

use serde::Serialize;

use super::plan::Plan;
use crate::cluster::role::{Group, Role};
use crate::rotation;
use crate::rotation::component::Component;
use crate::rotation::stage::Stage;
use crate::rotation::step::Action;

/// One row, as it is shown.
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
    /// What must hold before the next one: the codes of the checks.
    pub gate: String,
}

/// Which roles come into use in a row.
type Belongs = fn(Role) -> bool;

/// The rows of what `plan` stages.
pub fn waves(plan: &Plan) -> Vec<Wave> {
    let mut rows: Vec<(&'static str, Option<Belongs>, Vec<&rotation::plan::Wave>)> = Vec::new();
    for wave in plan.rotation().waves() {
        let (title, belongs) = row_of(wave);
        match rows.last_mut() {
            Some((last, _, waves)) if *last == title => waves.push(wave),
            _ => rows.push((title, belongs, vec![wave])),
        }
    }
    (1..).zip(rows).map(|(number, (title, belongs, waves))| row(plan, number, title, belongs, &waves)).collect()
}

/// The row of a wave.
fn row_of(wave: &rotation::plan::Wave) -> (&'static str, Option<Belongs>) {
    match (wave.stage, wave.action) {
        (Stage::Preflight | Stage::Staged | Stage::SignerSplit, _) => ("split the signing pair", None),
        (Stage::TrustOnDisk, _) => ("old+new trust on disk", None),
        (Stage::TrustLoaded, _) => ("load trust, one by one", None),
        (Stage::Leaves, Action::SwapLeaves(Component::Etcd, _)) => ("etcd leaves", Some(is_etcd)),
        (Stage::Leaves, _) => ("apiserver leaves", Some(is_apiserver)),
        (_, Action::SwapIdentity(Component::Kubelet, _)) => ("kubelets", Some(is_kubelet)),
        (_, Action::SwapIdentity(Component::Admin, _)) => ("administrators, issuers", Some(is_other)),
        (_, Action::SwapIdentity(..)) => ("controller-manager, scheduler", Some(is_manager)),
        (Stage::Identities | Stage::Soak | Stage::OldTrustOff | Stage::Clean, _) => ("drop old root", None),
    }
}

fn row(
    plan: &Plan,
    wave: usize,
    component: &'static str,
    belongs: Option<Belongs>,
    waves: &[&rotation::plan::Wave],
) -> Wave {
    let steps = waves.iter().flat_map(|wave| plan.rotation().steps_of(wave));
    let nodes: BTreeSet<_> = steps.filter_map(|step| step.place).collect();
    let counts = |belongs: Belongs| {
        let staged = plan.staged().iter().filter(|(role, _)| belongs(*role)).count();
        (staged, plan.held().iter().filter(|held| belongs(held.role)).count())
    };
    let (certificates, held) = belongs.map_or((0, 0), counts);
    let mut gate: Vec<_> = waves.iter().flat_map(|wave| wave.gate()).map(|check| check.code()).collect();
    gate.sort_unstable();
    gate.dedup();
    Wave { wave, component, certificates, nodes: nodes.len(), held, gate: gate.join(", ") }
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
