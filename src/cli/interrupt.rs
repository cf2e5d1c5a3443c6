//! Ctrl-C during work that is better ended than cut off.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Whether a person, or the system, has asked for an end.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_asked: AtomicBool,
    /// Whether the work has asked whether it goes on: from then on it is ended and never cut off.
    has_begun: AtomicBool,
}

impl Interrupt {
    /// From now on SIGINT, SIGTERM and SIGHUP ask for an end and end nothing by themselves; `told` is then said on
    /// standard error. Before the work has begun, while a device is waited for, a second one does what it does without
    /// us. Where the system refuses, signals do what they did before, which loses nothing that is written down.
    pub(super) fn heard(told: &'static str) -> Self {
        let asked = Self::default();
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            let heard = asked.clone();
            thread::spawn(move || {
                for signal in signals.forever() {
                    if heard.is_second() && !heard.0.has_begun.load(Ordering::SeqCst) {
                        let _ = emulate_default_handler(signal);
                    }
                    // The line begins anew: `^C` or a bar stands on it. Nobody may be there any more to read it.
                    let _ = writeln!(io::stderr(), "\n{told}");
                }
            });
        }
        asked
    }

    /// Whether to go on.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        self.0.has_begun.store(true, Ordering::SeqCst);
        if self.0.is_asked.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_second(&self) -> bool {
        self.0.is_asked.swap(true, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command, ExitStatus, Stdio};

    use super::*;

    /// Whether the work of this process has begun, where it is the one that is interrupted.
    const INSIDE: &str = "AIRLOCK_TEST_INTERRUPT";

    #[test]
    fn it_goes_on_until_somebody_asks_for_an_end() {
        let asked = Interrupt::default();
        assert!(asked.flow().is_continue());
        assert!(!asked.is_second() && asked.is_second());
        assert!(asked.clone().flow().is_break());
    }

    #[test]
    fn a_second_one_cuts_off_what_has_not_begun_and_nothing_else() {
        if let Ok(has_begun) = env::var(INSIDE) {
            let asked = Interrupt::heard("asked");
            if has_begun == "true" {
                assert!(asked.flow().is_continue());
            }
            writeln!(io::stderr(), "heard").unwrap();
            // Until the one who interrupts has seen enough.
            io::stdin().read_line(&mut String::new()).unwrap();
            std::process::exit(7);
        }
        assert_eq!(interrupted("false").signal(), Some(SIGINT));
        assert_eq!(interrupted("true").code(), Some(7));
    }

    /// How a process ends that is interrupted twice, and then let go.
    fn interrupted(has_begun: &str) -> ExitStatus {
        let name = "cli::interrupt::tests::a_second_one_cuts_off_what_has_not_begun_and_nothing_else";
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(INSIDE, has_begun)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut hears = |text: &str| said.by_ref().any(|line| line.unwrap_or_default() == text);
        assert!(hears("heard"));
        kill(&child);
        assert!(hears("asked"));
        kill(&child);
        // The second is answered too, or is the end.
        hears("asked");
        drop(child.stdin.take());
        child.wait().unwrap()
    }

    fn kill(child: &Child) {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    }
}
