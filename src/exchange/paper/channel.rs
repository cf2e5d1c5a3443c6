//! How the rows came from the paper to the machine.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The way of the rows, as approvals and the log name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Read from paper and typed by a person.
    Typed,
    /// Scanned from the code on the paper.
    Scanner,
    /// Read out on the telephone and typed by a person.
    Phone,
    /// Entered by a program. Only for tests: no importer accepts it.
    Scripted,
}

/// The text names no channel.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not typed, scanner, phone or scripted")]
pub struct ChannelError;

impl Channel {
    const ALL: [Self; 4] = [Self::Typed, Self::Scanner, Self::Phone, Self::Scripted];

    /// As it stands in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Scanner => "scanner",
            Self::Phone => "phone",
            Self::Scripted => "scripted",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(ChannelError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_read_back() {
        for channel in Channel::ALL {
            assert_eq!(channel.as_str().parse(), Ok(channel));
        }
        for text in ["", "Typed", "typed ", "pasted"] {
            assert_eq!(text.parse::<Channel>(), Err(ChannelError));
        }
    }
}
