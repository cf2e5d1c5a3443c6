//! What touches the world: files, media, tokens, the clock and randomness. The lower floors get values, never these.
//!
//! - [`clock`]: the host's clock
//! - [`entropy`]: the operating system's randomness
//! - `hsm`: the token that holds the CA's keys, over PKCS#11 (offline)
//! - [`media`]: a removable medium, for now a directory
//! - [`store`]: files on the local disk, whole or not at all

pub mod clock;
pub mod entropy;
#[cfg(feature = "offline")]
pub mod hsm;
pub mod media;
pub mod store;
