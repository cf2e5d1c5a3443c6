//! The CAs of a cluster, made and kept by this host.
//!
//! ```text
//! keys in the token → plan (the exact bytes) → officers and auditor approve → token signs → installed in the log
//! ```
//!
//! - [`roots`]: the first roots of a cluster, and the next ones
//! - [`cross`]: two roots of a domain certify each other
//! - [`lists`]: revocation lists
//! - [`ceremony`]: what every plan of the CA's own begins and ends with
//! - [`install`]: a plan is signed, and what was signed is the CA's from then on

pub mod ceremony;
pub mod cross;
mod error;
pub mod install;
pub mod lists;
pub mod roots;

pub use error::CaError;
