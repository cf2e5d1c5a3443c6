//! The second half of the offline room on a SoftHSM2 token: a bundle is received, confirmed, verified, reviewed, planned,
//! approved, signed and sealed.
#![cfg(feature = "offline")]
// Clippy's leave for tests reaches only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../rig/failing.rs"]
mod failing;
#[path = "../rig/mod.rs"]
mod rig;
mod scene;
#[path = "../store_faults/sweep.rs"]
mod sweep;
#[path = "../offline_setup/world.rs"]
#[allow(dead_code)]
mod world;

mod audited;
mod bulk;
mod every_kind;
mod frozen;
mod kills;
mod refusals;
mod speed;
mod stops;
mod trust;
mod votes;
mod whole;
mod yardsticks;
