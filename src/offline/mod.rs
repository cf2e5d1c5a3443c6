//! The offline room: where officers decide and the token signs.
//!
//! - [`room`]: the open room: what is in force, the attested time, the token
//! - [`force`]: policy, roster and peers, folded from the log
//! - [`holdings`]: the CAs of each cluster, folded from the log
//! - [`clock`]: people compare the clock, a quorum sets it back
//! - [`matter`]: what is put before people, and whether it is still open
//! - [`decide`]: a person approves, witnesses or rejects it
//! - [`agree`]: enough people have
//! - [`genesis`]: a host begins
//! - [`machine`]: the keys of the host in the token, and the signed head of the log

pub mod agree;
pub mod clock;
pub mod decide;
pub mod force;
pub mod genesis;
pub mod holdings;
pub mod machine;
pub mod matter;
pub mod room;
