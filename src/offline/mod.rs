//! The offline room: where officers decide and the token signs.
//!
//! - [`room`]: the open room: what is in force, the attested time, the token
//! - [`force`]: policy, roster and peers, folded from the log
//! - [`holdings`]: the CAs of each cluster, folded from the log
//! - [`machine`]: the keys of the host in the token, and the signed head of the log
//! - [`sign`]: the one ladder around every signature of an issuer key

pub mod force;
pub mod holdings;
pub mod machine;
pub mod room;
pub mod sign;
