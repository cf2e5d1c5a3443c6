//! What the events of a rotation say.

use serde::{Deserialize, Serialize};

use super::CheckResult;
use crate::wire::digest::Digest;

/// See [`Event::RotationIntent`](crate::audit::event::Event::RotationIntent).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationIntent {
    /// What is about to be done, in a few words.
    pub action: String,
    /// The checks that gave leave for it.
    pub checks: Vec<CheckResult>,
    /// The node; none for a change of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Digest of the plan.
    pub plan: Digest,
    /// The stage, `S1` to `S9`; `start` where what was found down is started, which belongs to none.
    pub stage: String,
    /// The earlier state that the run leads back to, `none`, `trust` or `leaf`; none where it leads forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `forward` or `back`.
    pub way: String,
}

/// See [`Event::RotationDone`](crate::audit::event::Event::RotationDone).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationDone {
    /// What was done, in a few words.
    pub action: String,
    /// Files that were replaced.
    pub files: u64,
    /// Index of the entry that announced it.
    pub intent: u64,
    /// From the announcement until it was seen to be done, in milliseconds.
    pub milliseconds: u64,
    /// The node; none for a change of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Requests of the meter in that time that failed with one retry.
    pub requests_failed: u64,
    /// Requests of the meter in that time that went well.
    pub requests_ok: u64,
    /// Components that were restarted.
    pub restarts: u64,
    /// The stage, as announced.
    pub stage: String,
    /// `forward` or `back`.
    pub way: String,
}

/// See [`Event::RotationPreflight`](crate::audit::event::Event::RotationPreflight).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationPreflight {
    /// Each item, as it went.
    pub checks: Vec<CheckResult>,
    /// Digest of the plan.
    pub plan: Digest,
    /// Digest of the snapshot that a person says was restored once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Digest>,
}

/// See [`Event::BudgetForgiven`](crate::audit::event::Event::BudgetForgiven).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetForgiven {
    /// Seconds in which requests were made and none went well.
    pub dark: u64,
    /// Requests that failed with one retry.
    pub failed: u64,
    /// Requests that went well.
    pub ok: u64,
    /// Why it goes on.
    pub why: String,
}

/// See [`Event::RotationHeld`](crate::audit::event::Event::RotationHeld).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationHeld {
    /// What was to be done, in a few words.
    pub action: String,
    /// The checks that stand in the way.
    pub checks: Vec<CheckResult>,
    /// Digest of the plan.
    pub plan: Digest,
    /// Why, in one line.
    pub why: String,
}

/// See [`Event::RotationReturned`](crate::audit::event::Event::RotationReturned).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationReturned {
    /// Digest of the plan.
    pub plan: Digest,
    /// The state that it led back to, `none`, `trust` or `leaf`.
    pub to: String,
}

/// See [`Event::RotationAgreed`](crate::audit::event::Event::RotationAgreed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationAgreed {
    /// The person.
    pub person: String,
    /// Digest of the plan.
    pub plan: Digest,
    /// Digest of the armored signature over the text.
    pub signature: Digest,
    /// To what: `drop` or `reclaim`.
    pub step: String,
    /// Digest of the signed text.
    pub text: Digest,
}

/// See [`Event::RotationVouched`](crate::audit::event::Event::RotationVouched).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationVouched {
    /// The users.
    pub names: Vec<String>,
    /// The person, by his own word.
    pub person: String,
}

/// See [`Event::ReclaimIntent`](crate::audit::event::Event::ReclaimIntent) and
/// [`Event::Reclaimed`](crate::audit::event::Event::Reclaimed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reclaimed {
    /// Files that are overwritten and removed.
    pub files: u64,
    /// The node.
    pub node: String,
    /// Digest of the plan.
    pub plan: Digest,
}
