//! Removable media on real block devices: loop devices under a sysfs that a test wrote. What this machine cannot do is
//! skipped with its reason.

#![cfg(all(feature = "offline", feature = "online"))]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod command;
mod drive;
mod find;
mod fuse;
mod guest;
mod machine;
#[path = "../nodes/mod.rs"]
#[allow(dead_code)]
mod nodes;
#[path = "../kills/place.rs"]
#[allow(dead_code)]
mod place;
#[path = "../rig/program.rs"]
mod program;
mod real;
mod register;
#[path = "../kills/step.rs"]
#[allow(dead_code)]
mod step;
mod stick;
#[path = "../store_faults/sweep.rs"]
mod sweep;
#[path = "../kills/table.rs"]
#[allow(dead_code)]
mod table;
mod transfer;
mod unsure;
mod verbs;
mod wipe;
