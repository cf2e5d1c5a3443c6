//! From an enrolled CA to certificates beside the live ones: real packages, every check refused beside its good twin.

mod ca;
mod enrol;
#[path = "../formats/host.rs"]
#[allow(dead_code)]
mod host;
mod stage;
mod verify;
mod world;
