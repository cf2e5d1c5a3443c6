//! What airlock touches of the world outside its own memory.
//!
//! - [`hsm`]: the token that holds the keys, over PKCS#11

#[cfg(feature = "offline")]
pub mod hsm;
