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
//! - [`lint`]: what is wrong with those bytes
//! - [`privilege`]: whether they give full rights
//! - [`crl`]: the next revocation list of an issuer
//! - [`plan`]: the closed list of every effect, which people approve
//! - [`quorum`]: whether enough of them have
//! - [`order`]: batches of signatures for the HSM, announced before they are made

pub mod authority;
pub mod crl;
pub mod index;
pub mod judge;
pub mod lint;
pub mod order;
pub mod plan;
pub mod policy;
pub mod privilege;
pub mod profile;
pub mod quorum;
pub mod request;
pub mod rule;
#[cfg(test)]
mod specimen;
pub mod template;
