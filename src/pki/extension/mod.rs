//! X.509 extensions (RFC 5280, 4.2): all of them visible in their order, the common ones read.
//!
//! - [`Extension`] and [`Extensions`]: what stands there, nothing dropped and nothing twice
//! - [`BasicConstraints`], [`KeyUsage`], [`ExtendedKeyUsage`]: what a key may do
//! - [`AuthorityKeyId`]: which key signed
//! - [`NameConstraints`]: the names below a CA

mod key_id;
mod list;
mod name_constraints;
pub mod oid;
mod usage;

pub use key_id::AuthorityKeyId;
pub use list::{Extension, ExtensionError, Extensions};
pub use name_constraints::{NameConstraints, Subtree};
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

#[cfg(test)]
mod tests;
