//! What may be issued, and the exact bytes: from requests to a frozen plan, from approvals to orders for the HSM.
//!
//! - [`authority`]: the CAs of one cluster
//! - [`policy`]: what a site allows
//! - [`profile`]: what a certificate of each kind holds

pub mod authority;
pub mod policy;
pub mod profile;
