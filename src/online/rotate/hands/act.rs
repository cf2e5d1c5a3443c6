//! From the action to what is done.

use super::leaves;
use super::restart;
use super::signer;
use super::trust;
use crate::audit::log::Recorded;
use crate::cluster::role::Role;
use crate::devices::store::StateLock;
use crate::online::rotate::announced::Announced;
use crate::online::rotate::eyes::Seen;
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::component::Component;
use crate::rotation::facts::Signer;
use crate::rotation::step::{Action, hot_roles, roles};
use crate::rotation::trust::{Leaf, Trust};
use crate::wire::time::Timestamp;

/// What a step changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Files that were replaced.
    pub files: u64,
    /// Components that were restarted.
    pub restarts: u64,
}

/// Everything that a step needs.
pub struct Scene<'s> {
    /// What does not change.
    pub ground: &'s Ground,
    /// What was seen last.
    pub seen: &'s Seen,
    /// Only the holder of the state swaps files.
    pub lock: &'s StateLock,
    /// Now.
    pub now: Timestamp,
}

/// Does what was announced.
///
/// # Errors
/// [`RotateError`]; what disks and components say. Every live file is whole then, and every pair fits.
pub fn act(scene: &Scene<'_>, announced: Recorded<Announced>) -> Result<Made, Refused> {
    let step = announced.into_value().permit.step();
    match step.action {
        Action::Start(component) => restart::start(scene, component),
        Action::PutTrust(scope, wanted) => trust::put(scene, scope, wanted),
        Action::Cycle(_) => restart::cycle(scene),
        Action::Restart(component, _) => restart::restart(scene, component),
        Action::ProveReconnect => restart::restart(scene, Component::Etcd),
        Action::SwapLeaves(component, leaf) => leaves::swap(scene, hot_roles(component), leaf),
        // Only files that hold it: a kubelet may have renewed itself since.
        Action::Strip(component) => {
            let held = |role: &Role| scene.seen.own.facts.files.get(role) == Some(&Some(Leaf::Bridged));
            leaves::swap(scene, roles(component).filter(held), Leaf::New)
        }
        Action::SwapIdentity(component, leaf) => {
            let files = leaves::swap(scene, roles(component), leaf)?;
            let restarted =
                if component == Component::Admin { Made::default() } else { restart::restart(scene, component)? };
            Ok(files.and(restarted))
        }
        Action::SplitSigner => signer::split(scene),
        Action::JoinSigner => signer::join(scene),
        Action::SwapSigner(Signer::Off) => signer::stop(scene),
        Action::SwapSigner(wanted) => signer::swap(scene, wanted),
        Action::Publish(_) | Action::AwaitRootCa(_) | Action::RollWorkloads(_) | Action::Soak | Action::Clean => {
            Err(RotateError::ByHand { action: step.action.to_string(), how: by_hand(step.action).to_owned() }.into())
        }
    }
}

/// What a person does for a change of the cluster.
pub fn by_hand(action: Action) -> &'static str {
    match action {
        Action::Publish(Trust::New) => {
            "put the new root alone into cluster-info and the caBundles that status names (pki/ca.crt holds both until the next \
             step), print them again"
        }
        Action::Publish(Trust::Old) => {
            "put the old root alone into cluster-info and the caBundles that status names, print them again"
        }
        Action::Publish(Trust::Both) => {
            "put the old and the new root, as in pki/ca.crt, into cluster-info and the caBundles that status names, print them \
             again"
        }
        Action::AwaitRootCa(_) => "wait until each kube-root-ca.crt is right, print them again with kubectl",
        Action::RollWorkloads(_) => "restart what calls the API, then say so with --workloads-rolled",
        Action::Soak => "wait",
        _ => "airlock online reclaim on each node",
    }
}

impl Made {
    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self { files: self.files + other.files, restarts: self.restarts + other.restarts }
    }

    /// So many files.
    pub const fn files(files: u64) -> Self {
        Self { files, restarts: 0 }
    }

    /// So many restarts.
    pub const fn restarts(restarts: u64) -> Self {
        Self { files: 0, restarts }
    }
}
