//! From an enrolled CA to certificates beside the live ones: real packages, every check refused beside its good twin.

mod ansible;
mod bridge;
mod ca;
mod enrol;
#[path = "../rig/failing.rs"]
mod failing;
mod fleet;
mod fleet_wounds;
#[path = "../formats/host.rs"]
#[allow(dead_code)]
mod host;
mod kills;
#[path = "../nodes/mod.rs"]
mod nodes;
#[path = "../formats/packed.rs"]
mod packed;
mod rotate;
mod stage;
#[path = "../store_faults/sweep.rs"]
mod sweep;
mod told;
mod trust;
mod turns;
mod verify;
mod world;
