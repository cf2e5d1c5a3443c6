//! A person asks for the end of what the rooms do, at the next place where nothing is lost.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A brake between the face and the worker, who is busy and hears nothing else.
#[derive(Debug, Clone, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Asks for the end.
    pub fn pull(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Something begins that nobody has asked to end.
    pub fn release(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether to go on.
    pub fn flow(&self) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_holds_one_end_is_felt_at_the_other() {
        let (face, worker) = (Brake::default(), Brake::default());
        face.pull();
        assert!(worker.flow().is_continue(), "another one");
        let worker = face.clone();
        assert!(worker.flow().is_break());
        worker.release();
        assert!(face.flow().is_continue());
    }
}
