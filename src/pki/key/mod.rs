//! Public keys, signature algorithms, and the verification of signatures.
//!
//! - [`PublicKey`]: a SubjectPublicKeyInfo that is sound and exact
//! - [`SignatureAlgorithm`]: the seven algorithms airlock knows
//! - [`Verifier`]: a key prepared for many signatures

mod algorithm;
mod error;
mod private;
mod public;
mod verifier;

pub use algorithm::SignatureAlgorithm;
pub use error::KeyError;
pub use public::{Curve, KeyType, PublicKey};
pub use verifier::Verifier;
