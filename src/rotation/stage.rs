//! The ten states of a rotation, the three passes they form, and the states one can go back to.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Writes the enum of stages and their rows.
macro_rules! stages {
    ($($(#[$doc:meta])* $stage:ident $id:literal $name:literal $pass:expr,)+) => {
        /// A state of a rotation; each is reached when its exit checks hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay)]
        pub enum Stage {
            $($(#[$doc])* $stage,)+
        }

        impl Stage {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$stage),+];

            /// `S0` to `S9`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$stage => $id,)+ }
            }

            /// What it is called.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$stage => $name,)+ }
            }

            /// The pass it belongs to; none before the first.
            pub const fn pass(self) -> Option<Pass> {
                match self { $(Self::$stage => $pass,)+ }
            }
        }
    };
}

stages! {
    /// Nothing was touched; what must hold before was looked at.
    Preflight "S0" "preflight" None,
    /// Certificates and keys of the new root lie beside the live ones.
    Staged "S1" "staged" None,
    /// The controller manager signs with a file of its own, no longer with what the cluster trusts.
    SignerSplit "S2" "signer split" Some(Pass::Trust),
    /// Every file that is trusted holds old and new.
    TrustOnDisk "S3" "trust on disk" Some(Pass::Trust),
    /// Every process trusts old and new.
    TrustLoaded "S4" "trust loaded" Some(Pass::Trust),
    /// Servers, and the clients among the control planes, show new leaves.
    Leaves "S5" "leaves" Some(Pass::Leaf),
    /// Controller managers, schedulers, administrators and kubelets have new identities.
    Identities "S6" "identities" Some(Pass::Leaf),
    /// Nobody has used the old root for long enough.
    Soak "S7" "soak" Some(Pass::Leaf),
    /// No process trusts the old root.
    OldTrustOff "S8" "old trust off" Some(Pass::Drop),
    /// Nothing of the old root is left; there is no way back.
    Clean "S9" "clean" Some(Pass::Drop),
}

/// A pass through the cluster; the order of components is the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// Everybody learns to trust the new root.
    Trust,
    /// Everybody shows leaves of the new root.
    Leaf,
    /// Everybody forgets the old root.
    Drop,
}

/// A state to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay, DeserializeFromStr)]
pub enum Back {
    /// As before the rotation: old trust, old leaves.
    None,
    /// Both roots are trusted, leaves are old.
    Trust,
    /// Both roots are trusted, leaves are new.
    Leaf,
}

/// The text names no state to go back to.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not none, trust or leaf")]
pub struct BackError;

impl Stage {
    /// The next one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| *stage > self)
    }

    /// The one before.
    pub fn before(self) -> Option<Self> {
        Self::ALL.iter().copied().rev().find(|stage| *stage < self)
    }
}

impl Back {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Trust, Self::Leaf];

    /// Where a cluster that went back to it stands.
    pub const fn stage(self) -> Stage {
        match self {
            Self::None => Stage::Staged,
            Self::Trust => Stage::TrustLoaded,
            Self::Leaf => Stage::Identities,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Trust => "trust",
            Self::Leaf => "leaf",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trust => "trust",
            Self::Leaf => "leaf",
            Self::Drop => "drop",
        })
    }
}

impl fmt::Display for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Back {
    type Err = BackError;

    fn from_str(text: &str) -> Result<Self, BackError> {
        Self::ALL.into_iter().find(|back| back.as_str() == text).ok_or(BackError)
    }
}

impl Refusal for BackError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "ROTATION_BACK", "name none, trust or leaf")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_one_another_and_passes_do_not_mix() {
        let mut walked = vec![Stage::Preflight];
        while let Some(next) = walked.last().unwrap().next() {
            assert_eq!(next.before(), walked.last().copied());
            walked.push(next);
        }
        assert_eq!(walked, Stage::ALL);
        let ids: Vec<_> = (0..10).map(|number| format!("S{number}")).collect();
        assert_eq!(Stage::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(), ids);
        let passes: Vec<_> = Stage::ALL.iter().map(|stage| stage.pass()).collect();
        assert!(passes.is_sorted());
    }

    #[test]
    fn the_ways_back_have_one_name_each() {
        for back in Back::ALL {
            assert_eq!(back.to_string().parse(), Ok(back));
        }
        for other in ["", "None", "trust ", "drop"] {
            assert_eq!(other.parse::<Back>(), Err(BackError), "{other}");
        }
    }
}
