//! What touches the world: files, media, the clock and randomness. The lower floors get values, never these.
//!
//! - [`clock`]: the host's clock
//! - [`entropy`]: the operating system's randomness
//! - [`ledger`]: the log on disk
//! - [`media`]: a removable medium, for now a directory
//! - `next_tree`: the next generation of a node, beside the live one
//! - [`objects`]: blobs named by their digest
//! - [`store`]: files on the local disk, whole or not at all

pub mod clock;
pub mod entropy;
pub mod ledger;
pub mod media;
#[cfg(feature = "online")]
pub mod next_tree;
pub mod objects;
pub mod store;
