//! What the room of the cluster admin answers.

use crate::tui::language::Both;
use crate::tui::reading::Lines;

/// What is written beside the live files.
#[derive(Debug, Clone)]
pub struct StageFacts {
    /// The name of the cluster.
    pub cluster: String,
    /// The waves and what is held back, as a report tells them.
    pub lines: Lines,
    /// What certifies the new root by the old CA, where it is asked for.
    pub bridge: Vec<String>,
    /// Files in all.
    pub files: usize,
    /// Those that lie there already.
    pub equal: usize,
    /// The log entry by which they were written in this step.
    pub entry: Option<u64>,
}

/// What each node that stages for itself gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitFacts {
    /// How many nodes.
    pub nodes: usize,
    /// Certificates in all.
    pub certificates: usize,
    /// Private keys in all.
    pub keys: usize,
    /// The nodes and what is held back, as a report tells them.
    pub lines: Lines,
    /// How many files were written in this step, and the log entry that names them.
    pub done: Option<(usize, u64)>,
}

/// How far a rotation is.
#[derive(Debug, Clone)]
pub struct CourseFacts {
    /// The nodes of the cluster.
    pub nodes: usize,
    /// Each stage, and how many nodes have reached it.
    pub stages: Vec<(Both, usize)>,
    /// What may be claimed of the requests that were made meanwhile.
    pub success: Both,
    /// Why the last step was held; none where it was not.
    pub held: Option<Both>,
    /// What was done, oldest first.
    pub lines: Vec<Both>,
}
