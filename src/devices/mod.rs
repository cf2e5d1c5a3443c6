//! What touches the world: files, media, the clock and randomness. The lower floors get values, never these.
//!
//! - [`clock`]: the host's clock
//! - [`entropy`]: the operating system's randomness
//! - [`media`]: a removable medium, for now a directory
//! - [`store`]: files on the local disk, whole or not at all

pub mod clock;
pub mod entropy;
pub mod media;
pub mod store;
