//! Where a run leads.

use crate::rotation::stage::Back;

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The new root.
    Forward,
    /// An earlier state.
    Back(Back),
}

impl Goal {
    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back(Back::None) => "back to none",
            Self::Back(Back::Trust) => "back to trust",
            Self::Back(Back::Leaf) => "back to leaf",
        }
    }

    /// The earlier state that it leads back to, as it is typed.
    pub fn back(self) -> Option<String> {
        match self {
            Self::Forward => None,
            Self::Back(back) => Some(back.to_string()),
        }
    }
}
