//! What a verifier trusts, what a presenter shows, and whether the one accepts the other.

use serde::{Deserialize, Serialize};

use crate::cluster::embed::Holding;

/// What a verifier trusts of the two roots. In the order of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// The old root.
    Old,
    /// The old and the new one.
    Both,
    /// The new root.
    New,
}

/// What a presenter shows. In the order of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaf {
    /// A leaf of the old root.
    Old,
    /// A leaf of the new root, and behind it the new root signed by the old one.
    Bridged,
    /// A leaf of the new root.
    New,
}

impl Trust {
    /// Whether who trusts this accepts `leaf` (RFC 5280, section 6: a path to a trusted root exists).
    pub const fn accepts(self, leaf: Leaf) -> bool {
        match (self, leaf) {
            (Self::Both, _) | (_, Leaf::Bridged) | (Self::Old, Leaf::Old) | (Self::New, Leaf::New) => true,
            (Self::Old, Leaf::New) | (Self::New, Leaf::Old) => false,
        }
    }

    /// What a place with these certificates makes one trust; nothing of ours where there is neither root.
    pub const fn of(holding: Holding) -> Option<Self> {
        match holding {
            Holding::OnlyOld => Some(Self::Old),
            Holding::Both => Some(Self::Both),
            Holding::OnlyNew => Some(Self::New),
            Holding::Foreign | Holding::Unreadable => None,
        }
    }

    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Both => "old+new",
            Self::New => "new",
        }
    }
}

impl Leaf {
    /// Whether it is of the new root.
    pub const fn is_new(self) -> bool {
        matches!(self, Self::Bridged | Self::New)
    }

    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Bridged => "new+cross",
            Self::New => "new",
        }
    }
}
