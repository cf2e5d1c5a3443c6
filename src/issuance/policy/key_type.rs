//! The types of keys that are certified, by name.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::pki::key::KeyType;

/// A type of key that a policy may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertifiedKey(KeyType);

impl CertifiedKey {
    /// Every one there is; others have no name in a policy.
    pub const ALL: [Self; 7] = [
        Self(KeyType::Rsa(2048)),
        Self(KeyType::Rsa(3072)),
        Self(KeyType::Rsa(4096)),
        Self(KeyType::P256),
        Self(KeyType::P384),
        Self(KeyType::P521),
        Self(KeyType::Ed25519),
    ];

    /// The type.
    pub fn key_type(self) -> KeyType {
        self.0
    }

    /// Whether an HSM may hold it as the key of a root: RSA-2048 is too short for ten years, and no token that we know
    /// signs by P-521.
    pub fn suits_a_root(self) -> bool {
        !matches!(self.0, KeyType::Rsa(2048) | KeyType::P521)
    }
}

impl fmt::Display for CertifiedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for CertifiedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let named = Self::ALL.into_iter().find(|key| key.to_string() == text);
        named.ok_or_else(|| de::Error::custom("not one of RSA-2048, RSA-3072, RSA-4096, P-256, P-384, P-521, Ed25519"))
    }
}
