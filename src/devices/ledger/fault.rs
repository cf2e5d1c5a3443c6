//! Why the log on disk refused.

use thiserror::Error;

use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal};

/// Why the log on disk refused.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The disk refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An earlier append went wrong and could not be taken back.
    #[error("{0} is not written to any more: an earlier line could not be taken back")]
    Broken(String),
}

impl Refusal for LedgerError {
    fn reason(&self) -> Reason {
        match self {
            Self::Store(error) => error.reason(),
            Self::Broken(_) => {
                Reason::new(Class::Storage, "LOG_BROKEN", "have the disk checked, then run the command again")
            }
        }
    }
}
