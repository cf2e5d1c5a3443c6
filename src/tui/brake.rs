//! A person asks for the end of what the rooms do, at the next place where nothing is lost.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A brake between the face and the worker, who is busy and hears nothing else. There is one for each thing that is handed
/// over: to stop one stops it and what was handed over before, and never what comes behind.
#[derive(Debug, Clone, Default)]
pub struct Brake {
    number: u64,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What has a number below this is to end.
    below: AtomicU64,
    has_left: AtomicBool,
    is_bound: AtomicBool,
}

/// While this lives, an end that nobody waits for has a price.
#[derive(Debug)]
pub struct Bound(Arc<Shared>);

impl Brake {
    /// The brake of what is handed over next; nobody has asked for its end, whatever was stopped before.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { number: self.number + 1, shared: Arc::clone(&self.shared) }
    }

    /// Asks for the end of what this is the brake of, and of everything before, begun or not.
    pub fn pull(&self) {
        self.shared.below.fetch_max(self.number + 1, Ordering::SeqCst);
    }

    /// Whether to go on.
    pub fn flow(&self) -> ControlFlow<()> {
        let is_stopped = self.number < self.shared.below.load(Ordering::SeqCst);
        if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Everybody leaves: what goes on is to end, and what has not begun never does.
    pub fn leave(&self) {
        self.pull();
        self.shared.has_left.store(true, Ordering::SeqCst);
    }

    /// Whether everybody has left.
    pub fn has_left(&self) -> bool {
        self.shared.has_left.load(Ordering::SeqCst)
    }

    /// From here on, until what is returned is dropped, the end is waited for.
    #[must_use]
    pub fn bind(&self) -> Bound {
        self.shared.is_bound.store(true, Ordering::SeqCst);
        Bound(Arc::clone(&self.shared))
    }

    /// Whether the end is to be waited for.
    pub fn is_bound(&self) -> bool {
        self.shared.is_bound.load(Ordering::SeqCst)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.0.is_bound.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_holds_one_end_is_felt_at_the_other() {
        let (face, other) = (Brake::default(), Brake::default());
        let worker = face.clone();
        face.pull();
        assert!(other.flow().is_continue(), "another one");
        assert!(worker.flow().is_break());
    }

    #[test]
    fn a_stop_is_of_what_was_handed_over_and_of_nothing_behind_it() {
        let first = Brake::default().next();
        let second = first.next();
        first.pull();
        assert!(first.flow().is_break() && second.flow().is_continue() && second.next().flow().is_continue());
        // What waits in the queue ends too, whenever it begins.
        second.pull();
        assert!(first.flow().is_break() && second.flow().is_break() && second.next().flow().is_continue());
    }

    #[test]
    fn whoever_leaves_stops_all_and_waits_for_what_is_bound() {
        let brake = Brake::default().next();
        let bound = brake.bind();
        brake.next().leave();
        assert!(brake.has_left() && brake.flow().is_break() && brake.is_bound());
        drop(bound);
        assert!(!brake.is_bound());
    }
}
