//! Every place of a cluster that embeds a CA, and what it holds of the old and of the new root.
//!
//! - [`holding`]: the roots of a rotation, and the verdict on a place
//! - [`place`]: a place and what kind it is
//! - [`edit`]: a manifest with other values of some flags
//! - [`program`]: the programs of a node with their flags, from static pod manifests and systemd units
//! - [`node`]: the places on a node
//! - [`object`]: the places among the objects of the API, as `kubectl get -o json` prints them
//! - [`inventory`]: all of them

pub mod edit;
pub mod holding;
pub mod inventory;
pub mod node;
pub mod object;
pub mod place;
pub mod program;

pub use holding::{Holding, Roots};
pub use inventory::Inventory;
pub use place::{Kind, Place};
