//! Rotation, where it touches the world: three real members of etcd with TLS under real writers, real files, real
//! processes; and, where no real server is at hand, a stand-in that is marked as one.

mod alerts;
mod bridge;
mod components;
mod control_plane;
mod engine;
mod engine_faults;
mod engine_kills;
mod etcd;
mod facts;
mod lead;
mod load;
#[path = "../store_faults/mounts.rs"]
#[allow(dead_code)]
mod mounts;
mod nodes;
mod orders;
mod people;
mod pki;
mod plane;
mod speed;
mod stand_in;
mod swaps;
#[path = "../store_faults/sweep.rs"]
mod sweep;
mod trust;
mod vouched;
mod word;
