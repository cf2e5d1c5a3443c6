//! What touches the world: files, media, tokens, the clock and randomness. The lower floors get values, never these.
//!
//! - [`cast`]: a recording of what a terminal was sent
//! - [`clock`]: the host's clock
//! - `component`: what runs on a node, stopped and started (online)
//! - [`entropy`]: the operating system's randomness
//! - `hsm`: the token that holds the CA's keys, over PKCS#11 (offline)
//! - [`ledger`]: the log on disk
//! - [`media`]: a removable medium, for now a directory
//! - `next_tree`: the next generation of a node, beside the live one (online)
//! - [`objects`]: blobs named by their digest
//! - [`font`]: the Chinese font of the host
//! - [`printer`]: a line printer, or a queue of the print service
//! - `probe`: what a cluster shows to whoever dials it (online)
//! - `process`: processes of this host (online)
//! - `program`: programs of this host, run by their argument lists (online)
//! - [`secret`]: PINs and passphrases from files and descriptors
//! - [`store`]: files on the local disk, whole or not at all
//! - [`surroundings`]: the machine around this program
//! - `swap`: live files replaced, their old generation kept (online)

pub mod cast;
pub mod clock;
#[cfg(feature = "online")]
pub mod component;
pub mod entropy;
pub mod font;
#[cfg(feature = "offline")]
pub mod hsm;
pub mod ledger;
pub mod media;
#[cfg(feature = "online")]
pub mod next_tree;
pub mod objects;
pub mod printer;
#[cfg(feature = "online")]
pub mod probe;
#[cfg(feature = "online")]
pub mod process;
#[cfg(feature = "online")]
pub mod program;
pub mod secret;
pub mod store;
pub mod surroundings;
#[cfg(feature = "online")]
pub mod swap;
