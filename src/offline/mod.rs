//! The offline room: where officers decide and the token signs.
//!
//! - [`room`]: the open room: what is in force, the attested time, the token
//! - [`force`]: policy, roster and peers, folded from the log
//! - [`holdings`]: the CAs of each cluster, folded from the log
//! - [`genesis`]: a host begins
//! - [`machine`]: the keys of the host in the token, and the signed head of the log
//! - [`clock`]: people compare the clock, a quorum sets it back
//! - [`matter`]: what is put before people, and whether it is still open
//! - [`decide`]: one door for every decision
//! - [`agree`]: whether enough people have approved
//! - [`enrol`]: both sides introduce themselves
//! - [`policy`], [`people`], [`quarantine`]: what a quorum changes without a plan
//! - [`ca`]: the CAs of the clusters, and their revocation lists
//! - [`receive`], [`confirm`]: a bundle comes in, and officers type its rows
//! - [`case`]: a bundle on the table, and everything it is judged by
//! - [`verify`], [`review`]: the checks V01 to V12, and what becomes of each request
//! - [`plan`]: the exact bytes to be signed
//! - [`approve`]: officers approve a plan
//! - [`sign`]: the one ladder around every signature of an issuer key
//! - [`seal`]: the package that answers, and its sheet
//! - [`sheet`]: the paper of what was sent, once more

pub mod agree;
pub mod approve;
pub mod ca;
pub mod case;
pub mod clock;
pub mod confirm;
pub mod decide;
pub mod enrol;
pub mod force;
pub mod genesis;
pub mod holdings;
pub mod machine;
pub mod matter;
pub mod people;
pub mod plan;
pub mod policy;
pub mod quarantine;
pub mod receive;
pub mod review;
pub mod room;
pub mod seal;
pub mod sheet;
pub mod sign;
pub mod verify;
