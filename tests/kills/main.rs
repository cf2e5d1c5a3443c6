//! Every verb that changes something, killed at the system calls by which it changes a file: of the state, of a medium,
//! of the token.
//!
//! A journey through both rooms is a table of steps, [`table`]. Before a step is taken for good, copies of both hosts
//! are killed while they take it, and judged: the same command again ends well, or says that it is done; the log is
//! whole and holds every entry it held when the host died; what the step does stands there exactly as often as it should;
//! no half-written file stayed, and no transfer that no entry names. By default each verb dies at some points, with
//! `AIRLOCK_SWEEP=all` at each.
#![cfg(all(feature = "offline", feature = "online"))]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod journey;
#[path = "../nodes/mod.rs"]
mod nodes;
mod place;
#[path = "../rig/program.rs"]
mod program;
mod step;
#[path = "../store_faults/sweep.rs"]
#[allow(clippy::expect_used)]
mod sweep;
mod table;
