//! Why nothing is split.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Why nothing is split.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SplitError {
    /// Nobody to encrypt to.
    #[error("the config names no recipient of a node")]
    NoRecipient,
    /// Every certificate is held back.
    #[error("no certificate can be given to a node: {0}")]
    Nothing(String),
    /// Something else bears the name of a package.
    #[error("{0} holds something that this host did not write")]
    Occupied(String),
}

impl Refusal for SplitError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoRecipient => Reason::new(
                Class::Usage,
                "SPLIT_NO_RECIPIENT",
                "set each node up (airlock online node init) and write what it prints under [recipients]",
            ),
            Self::Nothing(_) => Reason::new(
                Class::Policy,
                "SPLIT_NOTHING",
                "write the missing recipients into the config, or name denied requests with --without",
            ),
            Self::Occupied(_) => Reason::new(Class::Storage, "SPLIT_OCCUPIED", "find out what it is, and move it away"),
        }
    }
}
