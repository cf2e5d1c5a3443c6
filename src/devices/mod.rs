//! What touches the world: files, media, tokens, the clock and randomness. The lower floors get values, never these.
//!
//! - [`cast`]: a recording of what a terminal was sent
//! - [`clock`]: the host's clock
//! - [`entropy`]: the operating system's randomness
//! - `hsm`: the token that holds the CA's keys, over PKCS#11 (offline)
//! - [`ledger`]: the log on disk
//! - [`media`]: a removable medium, for now a directory
//! - `next_tree`: the next generation of a node, beside the live one (online)
//! - [`objects`]: blobs named by their digest
//! - [`secret`]: PINs and passphrases from files and descriptors
//! - [`store`]: files on the local disk, whole or not at all
//! - [`surroundings`]: the machine around this program

pub mod cast;
pub mod clock;
pub mod entropy;
#[cfg(feature = "offline")]
pub mod hsm;
pub mod ledger;
pub mod media;
#[cfg(feature = "online")]
pub mod next_tree;
pub mod objects;
pub mod secret;
pub mod store;
pub mod surroundings;
