//! What the log of this host says of the rotation: nothing else remembers it from one run to the next.

use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::trace::Trace;
use crate::rotation::account::Passed;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What this node did under the trace before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// The newest preflight that was passed here.
    pub preflight: Option<Passed>,
    /// When a step back to an earlier state was announced last.
    pub last_back: Option<Timestamp>,
    /// Whether what was kept of the old root was taken away, or begun to be.
    pub reclaimed: bool,
    /// The plan under which that was begun and not ended, and nothing was staged or swapped under any trace since.
    pub reclaiming: Option<Digest>,
}

impl Past {
    /// What the log of `desk` says under `trace`.
    pub fn of(desk: &Desk, trace: &Trace) -> Self {
        let mut past = Self::default();
        let of_trace = |entry: &&Entry| entry.trace.as_deref() == Some(trace.as_str()) && entry.outcome == Outcome::Ok;
        for entry in desk.entries() {
            past.reclaiming = match &entry.event {
                Event::ReclaimIntent(intent) if of_trace(&entry) => Some(intent.plan),
                Event::Reclaimed(_) | Event::RotationIntent(_) | Event::Staged(_) => None,
                _ => past.reclaiming,
            };
        }
        for entry in desk.entries().iter().filter(of_trace) {
            match &entry.event {
                Event::RotationPreflight(told) => past.preflight = Some(Passed { at: entry.time, plan: told.plan }),
                Event::RotationIntent(intent) if intent.way == "back" => past.last_back = Some(entry.time),
                Event::ReclaimIntent(_) => past.reclaimed = true,
                _ => {}
            }
        }
        past
    }
}
