//! What a run did, and why it ended.

use std::time::Duration;

use super::fault::RotateError;
use super::hands::Made;
use crate::refusal::Refused;
use crate::rotation::gate::Held;
use crate::rotation::stage::Stage;

/// What a run did, and why it ended.
#[derive(Debug)]
pub struct Ended {
    /// The steps that were done, in words, with what they took.
    pub steps: Vec<Done>,
    /// Why it ended.
    pub why: Why,
    /// Where the cluster stands.
    pub reached: Stage,
    /// What the meter counted, in one line.
    pub meter: String,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What was done, in a few words.
    pub action: String,
    /// The stage.
    pub stage: Stage,
    /// What was changed.
    pub made: Made,
    /// How long it took.
    pub took: Duration,
}

/// Why a run ended.
#[derive(Debug)]
pub enum Why {
    /// All is done; the old generations are still kept where `reclaim` is due.
    Finished,
    /// It is another node's turn.
    Turn(RotateError),
    /// Checks hold it.
    Held(Held),
    /// Something refused.
    Refused(Refused),
}

impl std::fmt::Display for Done {
    /// As `S4 load old+new trust: apiserver, etcd, 1.7 s`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}, {:.1} s", self.stage, self.action, self.took.as_secs_f64())
    }
}
