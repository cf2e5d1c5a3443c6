//! What may be issued, and the exact bytes: from requests to a frozen plan, from approvals to orders for the HSM.
//!
//! - [`authority`]: the CAs of one cluster
//! - [`profile`]: what a certificate of each kind holds
//! - [`policy`]: what a site allows
//! - [`index`]: what was issued before
//! - [`request`]: a request to be judged, and what it is judged by
//! - [`rule`]: the rules of review, one a file
//! - [`judge`]: the verdict on every request
//! - [`template`]: the exact bytes to be signed

pub mod authority;
pub mod index;
pub mod judge;
pub mod policy;
pub mod profile;
pub mod request;
pub mod rule;
#[cfg(test)]
mod specimen;
pub mod template;
