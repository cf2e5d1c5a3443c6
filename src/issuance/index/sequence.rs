//! Sequence numbers of bundles and packages (R21): each above the last, none so far above it that a peer is stuck.

use thiserror::Error;

use super::Index;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::MAX_INTEGER;

/// How far a sequence number may be above the last.
pub const MAX_STEP: u64 = 1000;

/// A sequence number that does not follow.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("sequence number {found} does not follow {last}: from {least} to {most} would", least = last + 1, most = last + MAX_STEP)]
pub struct SequenceError {
    /// The last one that counted.
    pub last: u64,
    /// The one that came.
    pub found: u64,
}

impl Index {
    /// The sequence number of the last bundle of this cluster that was answered by a plan; 0 before the first.
    pub fn bundle_seq(&self, cluster_uid: &str) -> u64 {
        self.bundle_seqs.get(cluster_uid).copied().unwrap_or(0)
    }

    /// The sequence number of the last package that was sealed here, or accepted; 0 before the first.
    pub fn package_seq(&self) -> u64 {
        self.package_seq
    }

    /// Demands that a bundle of this cluster follows the last.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub fn admits_bundle(&self, cluster_uid: &str, seq: u64) -> Result<(), SequenceError> {
        follows(self.bundle_seq(cluster_uid), seq)
    }

    /// Demands that a package follows the last.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub fn admits_package(&self, seq: u64) -> Result<(), SequenceError> {
        follows(self.package_seq, seq)
    }
}

/// Demands that `found` follows `last`.
///
/// # Errors
/// [`SequenceError`].
pub fn follows(last: u64, found: u64) -> Result<(), SequenceError> {
    let step = found.saturating_sub(last);
    if (1..=MAX_STEP).contains(&step) && found <= MAX_INTEGER { Ok(()) } else { Err(SequenceError { last, found }) }
}

impl Refusal for SequenceError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Replay, "SEQUENCE", "ask the sender for its newest transfer; an older one is not taken")
    }
}
