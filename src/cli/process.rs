//! The process itself: what it must never leave behind.

use std::io::Write as _;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Lets neither a core dump nor a panic show what is in memory.
///
/// Where the system refuses, the work goes on: the limits guard against accidents, and keys lie in wiped memory anyhow.
pub fn harden() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(|panic| {
        // Where it happened, never what was there: the message of a panic may hold a value.
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let _ = writeln!(std::io::stderr(), "[FAIL] internal error{place}; report this to the maintainers");
    }));
}
