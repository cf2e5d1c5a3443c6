//! Roots, as manifests, plans and records list them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cluster::role::Domain;
use crate::wire::digest::Digest;

/// Where a root stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootStatus {
    /// Certificates are issued from it.
    Current,
    /// It is trusted and will be current.
    Next,
    /// It is still trusted and issues no certificates any more.
    Retiring,
}

/// A root by its digest, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootName {
    /// The world of trust it certifies.
    pub domain: Domain,
    /// Digest of its DER.
    pub sha256: Digest,
    /// Where it stands.
    pub status: RootStatus,
}

/// The text is not the status of a root.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not current, next or retiring")]
pub struct RootStatusError;

impl RootStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Current, Self::Next, Self::Retiring];

    /// As it stands in manifests and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Retiring => "retiring",
        }
    }
}

impl fmt::Display for RootStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RootStatus {
    type Err = RootStatusError;

    fn from_str(text: &str) -> Result<Self, RootStatusError> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(RootStatusError)
    }
}
