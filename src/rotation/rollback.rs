//! The way back. It obeys the same law as the way forward: before a leaf goes back everybody trusts both roots in memory,
//! and the new root is forgotten only when nobody shows a leaf of it.

use thiserror::Error;

use super::facts::{Facts, Signer};
use super::graph::GraphError;
use super::plan::{Plan, Tempo, expand};
use super::stage::{Back, Pass, Stage};
use super::state;
use super::step::{Action, Scope, Way};
use super::trust::{Leaf, Trust};
use crate::refusal::{Class, Reason, Refusal};

/// Why one cannot go back.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RollbackError {
    /// What would be needed is gone.
    #[error("a node has taken away what it kept of the old root: there is no way back for any")]
    Clean,
    /// The cluster is not that far.
    #[error("the cluster stands at {0}, and {1} is ahead of it")]
    Ahead(Stage, Stage),
    /// A fault of the table.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// The steps from wherever the cluster stands in `plan` back to `back`. What is as it was is found done.
///
/// # Errors
/// [`RollbackError`].
pub fn rollback(plan: &Plan, tempo: Tempo, facts: &Facts, back: Back) -> Result<Plan, RollbackError> {
    if facts.cluster.residue == Some(0) || facts.cluster.closed {
        return Err(RollbackError::Clean);
    }
    let reached = state::derive(plan, facts).reached;
    // A pass that was begun can be taken back; one that was not is ahead.
    if back != Back::None && !state::has_begun_after(plan, facts, back.stage()) {
        return Err(RollbackError::Ahead(reached, back.stage()));
    }
    let order = plan.shape().order()?;
    let mut building = expand::Building::new(plan.fleet(), plan.shape(), tempo);
    let drop = expand::components(&order, Pass::Drop);
    building.trust_on_disk(Stage::OldTrustOff, Scope::All, Trust::Both, Way::Back);
    building.load(Stage::OldTrustOff, &drop, Trust::Both, Way::Back);
    if back != Back::Leaf {
        let leaf: Vec<_> = expand::components(&order, Pass::Leaf).into_iter().rev().collect();
        building.leaves(&leaf, Leaf::Old, Way::Back);
    }
    if back == Back::None {
        building.trust_on_disk(Stage::TrustOnDisk, Scope::All, Trust::Old, Way::Back);
        building.load(Stage::TrustLoaded, &drop, Trust::Old, Way::Back);
        building.wave(Stage::SignerSplit, Action::JoinSigner, Way::Back);
    }
    let (steps, waves) = building.done();
    Ok(Plan::of(plan.fleet().clone(), plan.shape(), tempo, steps, waves))
}

/// Whether a controller manager may sign with the trusted file again: only while that holds one certificate.
pub fn may_join(signer: Signer, on_disk: Option<Trust>) -> bool {
    signer == Signer::Shared || on_disk == Some(Trust::Old)
}

impl Refusal for RollbackError {
    fn reason(&self) -> Reason {
        match self {
            Self::Clean => Reason::new(
                Class::Usage,
                "ROTATION_NO_WAY_BACK",
                "ask the CA for certificates of the root you want, and rotate to it",
            ),
            Self::Ahead(..) => {
                Reason::new(Class::Usage, "ROTATION_AHEAD", "see where the cluster stands: airlock online status")
            }
            Self::Graph(error) => error.reason(),
        }
    }
}
