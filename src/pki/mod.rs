//! The nouns of the trade: what X.509 and PKCS#10 say, read strictly and kept byte for byte.
//!
//! - [`key`]: public keys, signature algorithms, and the verification of signatures
//! - [`name`]: distinguished names, exact in every byte and safe to show
//! - [`san`]: subject alternative names in their order
//! - [`extension`]: X.509 extensions, and the few we write
//! - [`serial`]: serial numbers
//! - [`validity`]: from when until when
//! - [`csr`]: certification requests, which prove possession of their key
//! - [`certificate`]: certificates, and the TBS bytes they are made of
//! - [`crl`]: revocation lists
//! - [`chain`]: who may have issued whom
//! - `path`: the way of a leaf to a pinned root, in the online room only
//! - [`key_uri`]: where a key lives in an HSM
//!
//! Everything here reads DER with one valid encoding per value and gives it back unchanged; nothing here knows a clock,
//! a random generator or a file.

pub mod certificate;
pub mod chain;
pub mod crl;
pub mod csr;
mod exact;
pub mod extension;
pub mod key;
pub mod key_uri;
#[cfg(test)]
pub(crate) mod mint;
pub mod name;
#[cfg(feature = "online")]
pub mod path;
pub mod san;
pub mod serial;
mod signed;
pub mod validity;
