//! Ctrl-C during work that is better ended than cut off.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whether a person, or the system, has asked for an end.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on SIGINT, SIGTERM and SIGHUP ask for an end and end nothing by themselves; `told` is then said on
    /// standard error. Where the system refuses, signals do what they did before, which loses nothing that is written
    /// down.
    pub(super) fn heard(told: &'static str) -> Self {
        let asked = Self::default();
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            let heard = asked.clone();
            thread::spawn(move || {
                for _ in signals.forever() {
                    heard.0.store(true, Ordering::Relaxed);
                    // The line begins anew: `^C` or a bar stands on it. Nobody may be there any more to read it.
                    let _ = writeln!(io::stderr(), "\n{told}");
                }
            });
        }
        asked
    }

    /// Whether to go on.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_until_somebody_asks_for_an_end() {
        let asked = Interrupt::default();
        assert!(asked.flow().is_continue());
        asked.0.store(true, Ordering::Relaxed);
        assert!(asked.clone().flow().is_break());
    }
}
