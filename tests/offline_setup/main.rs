//! The first half of the offline room on a SoftHSM2 token: a host begins, people decide, CAs are made, peers enrol.
#![cfg(feature = "offline")]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../rig/failing.rs"]
mod failing;
#[path = "../rig/mod.rs"]
mod rig;
mod world;

mod begin;
mod ca;
mod change;
mod decide;
mod enrol;
