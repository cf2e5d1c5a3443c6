//! What a place that embeds CAs holds of the old and of the new root.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::cluster::role::Domain;
use crate::wire::digest::Digest;

/// The verdict on a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holding {
    /// An old root, and no new one: the old one must not be dropped yet.
    OnlyOld,
    /// An old and a new one.
    Both,
    /// A new root, and no old one.
    OnlyNew,
    /// Certificates, and none of these roots among them: it is no matter of this rotation.
    Foreign,
    /// It cannot be told, so it may hold the old root.
    Unreadable,
}

/// The roots of a rotation by their SHA-256 fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots {
    old: BTreeSet<(Domain, Digest)>,
    new: BTreeSet<(Domain, Digest)>,
}

impl Roots {
    /// `old` are trusted today, `new` come; what is in both is new, for it stays.
    pub fn new(
        old: impl IntoIterator<Item = (Domain, Digest)>,
        new: impl IntoIterator<Item = (Domain, Digest)>,
    ) -> Self {
        let new: BTreeSet<_> = new.into_iter().collect();
        let old = old.into_iter().filter(|root| !new.contains(root)).collect();
        Self { old, new }
    }

    /// How many old and how many new ones.
    pub fn counts(&self) -> (usize, usize) {
        (self.old.len(), self.new.len())
    }

    /// Whether the certificate with this fingerprint is one that comes.
    pub fn is_new(&self, print: Digest) -> bool {
        self.new.iter().any(|(_, root)| *root == print)
    }

    /// Whether the certificate with this fingerprint is one that goes.
    pub fn is_old(&self, print: Digest) -> bool {
        self.old.iter().any(|(_, root)| *root == print)
    }

    /// What certificates with these fingerprints are of the roots of `domain`, or of all where none is meant.
    pub fn holding(&self, prints: &BTreeSet<Digest>, domain: Option<Domain>) -> Holding {
        let any = |roots: &BTreeSet<(Domain, Digest)>| {
            roots.iter().any(|(of, print)| domain.is_none_or(|domain| domain == *of) && prints.contains(print))
        };
        match (any(&self.old), any(&self.new)) {
            (true, false) => Holding::OnlyOld,
            (true, true) => Holding::Both,
            (false, true) => Holding::OnlyNew,
            (false, false) => Holding::Foreign,
        }
    }
}

impl Holding {
    /// Whether the old root must not be dropped while a place says this.
    pub const fn forbids_drop(self) -> bool {
        matches!(self, Self::OnlyOld | Self::Unreadable)
    }

    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnlyOld => "only old",
            Self::Both => "old+new",
            Self::OnlyNew => "only new",
            Self::Foreign => "foreign",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
