//! What a run did, and why it ended.

use std::time::Duration;

use super::fault::RotateError;
use super::goal::Goal;
use super::hands::Made;
use crate::refusal::Refused;
use crate::rotation::gate::Held;
use crate::rotation::stage::{Back, Stage};

/// What a run did, and why it ended.
#[derive(Debug)]
pub struct Ended {
    /// The steps that were done, in words, with what they took.
    pub steps: Vec<Done>,
    /// Where to it went.
    pub goal: Goal,
    /// Why it ended.
    pub why: Why,
    /// Where the cluster stands.
    pub reached: Stage,
    /// Whether nothing of the old root is left on any node.
    pub is_clean: bool,
    /// What the meter counted, in one line.
    pub meter: String,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What was done, in a few words.
    pub action: String,
    /// The stage; `start` for what was found down.
    pub stage: &'static str,
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

impl Ended {
    /// How it ended, in a word or a few that no other ending has.
    pub fn outcome(&self) -> &'static str {
        match (&self.why, self.goal) {
            (Why::Finished, Goal::Forward) if self.is_clean => "clean",
            (Why::Finished, Goal::Forward) => "dropped",
            (Why::Finished, Goal::Back(Back::None)) => "rolled back to none",
            (Why::Finished, Goal::Back(Back::Trust)) => "rolled back to trust",
            (Why::Finished, Goal::Back(Back::Leaf)) => "rolled back to leaf",
            (Why::Turn(_), _) => "another node's turn",
            (Why::Held(_), _) => "held",
            (Why::Refused(_), _) => "refused",
        }
    }

    /// The node that has its turn, and what is done there.
    pub fn waits_for(&self) -> Option<(&str, &str)> {
        match &self.why {
            Why::Turn(RotateError::Turn { node, action }) => Some((node, action)),
            _ => None,
        }
    }
}

impl std::fmt::Display for Done {
    /// As `S4 load old+new trust: apiserver, etcd, 1.7 s`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stage = if self.stage == crate::online::course::START { "" } else { self.stage };
        let space = if stage.is_empty() { "" } else { " " };
        write!(f, "{stage}{space}{}, {:.1} s", self.action, self.took.as_secs_f64())
    }
}
