//! What must be refused, at the command line: each with its own code and exit status, without output, and in the log.
//!
//! The hosts are made once; a case that changes something works on a copy. What a library function refuses is tested
//! where it lives; here it is seen that nothing between it and the person loses the refusal.
#![cfg(all(feature = "offline", feature = "online"))]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod agreed;
mod clock;
mod disk;
mod elsewhere;
mod forged;
mod host;
mod introduced;
#[path = "../store_faults/mounts.rs"]
#[allow(dead_code)]
mod mounts;
mod names;
mod officers;
mod offline;
mod online;
mod paper;
mod printing;
#[path = "../rig/program.rs"]
mod program;
mod pulled;
#[path = "../rig/mod.rs"]
mod rig;
#[path = "../offline_ceremony/scene.rs"]
#[allow(dead_code)]
mod scene;
mod setup;
mod split;
#[path = "../offline_setup/world.rs"]
#[allow(dead_code)]
mod world;
mod wounds;
#[path = "../container_wounds/zip.rs"]
mod zip;
