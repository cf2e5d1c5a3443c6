//! A CSR bundle of the real cluster: keys beside the live ones, nothing live touched, everything judged by openssl.

#![cfg(feature = "online")]

mod again;
mod choices;
#[path = "../rig/failing.rs"]
mod failing;
mod faults;
mod fixture;
mod kills;
#[allow(dead_code)]
#[path = "../store_faults/mounts.rs"]
mod mounts;
#[path = "../nodes/mod.rs"]
mod nodes;
#[path = "../store_faults/sweep.rs"]
mod sweep;
mod world;
