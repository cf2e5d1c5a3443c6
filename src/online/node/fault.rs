//! Why a node does not take a package that is in order by itself.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Why a node does not take a package that is in order by itself.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NodeError {
    /// A newer package was accepted here.
    #[error("a package cut from the CA's package {last} was accepted here before; this one is of {found}")]
    Older {
        /// Sequence number of the newest CA's package.
        last: u64,
        /// That of this one.
        found: u64,
    },
    /// Two packages of the CA bear one number.
    #[error("another package of the CA with the number {0} was accepted here before")]
    Twin(u64),
}

impl Refusal for NodeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Older { .. } => {
                Reason::new(Class::Replay, "NODE_PACKAGE_OLDER", "have the admin split the newest package")
            }
            Self::Twin(_) => {
                Reason::new(Class::Replay, "NODE_PACKAGE_TWIN", "stop; find out who made it; call the auditor")
            }
        }
    }
}
