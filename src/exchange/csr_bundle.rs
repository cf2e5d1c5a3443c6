//! The CSR bundle `airlock.csr-bundle/1`: what a cluster asks of its CA.
//!
//! - [`manifest`]: the fields of `MANIFEST.json`
//! - [`number`]: the numbers of requests and the names of their files

pub mod manifest;
pub mod number;
