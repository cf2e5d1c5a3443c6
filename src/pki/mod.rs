//! The nouns of the trade: what X.509 and PKCS#10 say, read strictly and kept byte for byte.
//!
//! - [`key`]: public keys, signature algorithms, and the verification of signatures
//! - [`name`]: distinguished names, exact in every byte and safe to show
//! - [`san`]: subject alternative names in their order
//! - [`extension`]: X.509 extensions, and the few we write
//! - [`serial`]: serial numbers
//! - [`validity`]: from when until when
//! - [`certificate`]: certificates, and the TBS bytes they are made of
//!
//! Everything here reads DER with one valid encoding per value and gives it back unchanged; nothing here knows a clock,
//! a random generator or a file.

pub mod certificate;
mod exact;
pub mod extension;
pub mod key;
pub mod name;
pub mod san;
pub mod serial;
mod signed;
pub mod validity;
