//! Why nothing was swapped.

use thiserror::Error;

use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal};

/// Why a swap, the way back or a reclaim was refused. Unless it is [`SwapError::Half`], every live file is as it was.
#[derive(Debug, Error)]
pub enum SwapError {
    /// The disk refused. What had been renamed already was renamed back.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk refused in the middle, and then refused the way back too: the file that is new while others are old.
    #[error("{0} was swapped, the files that belong to it were not, and it could not be put back")]
    Half(String, #[source] StoreError),
    /// Somebody else changed the file between the first look and the swap.
    #[error("{0} was changed by somebody else meanwhile")]
    Touched(String),
    /// There is no such generation of this file.
    #[error("there is no generation {1} of {0}")]
    NoGeneration(String, u32),
    /// The old generation and the live file are one and the same.
    #[error("generation {1} of {0} is the live file itself")]
    StillLive(String, u32),
    /// There is no live file: the old generation is the last that is left.
    #[error("generation {1} of {0} is the last copy: the live file is gone")]
    OnlyCopy(String, u32),
    /// Another name leads to the same bytes: overwriting them would destroy what somebody else keeps.
    #[error("generation {1} of {0} is also kept under another name")]
    Shared(String, u32),
}

impl Refusal for SwapError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::Store(error) => error.reason(),
            Self::Half(..) => held("SWAP_HALF", "make room on the disk and run the command again at once: it finishes"),
            Self::Touched(_) => held("SWAP_TOUCHED", "find out who writes the file, then run the command again"),
            Self::NoGeneration(..) => held("SWAP_NO_GENERATION", "see which generations lie beside the file"),
            Self::StillLive(..) => held("SWAP_STILL_LIVE", "finish the swap first: run it again"),
            Self::OnlyCopy(..) => {
                held("SWAP_ONLY_COPY", "find out what took the live file away; put this one back first")
            }
            Self::Shared(..) => {
                held("SWAP_SHARED", "find the other name with find -samefile and decide what it is for")
            }
        }
    }
}
