//! Why there is no report of an exchange.

use thiserror::Error;

use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal};

/// Why there is no report of an exchange.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ChronicleError {
    /// No log says anything of it.
    #[error("no log says anything of the trace {0}")]
    Nothing(Trace),
    /// A file is not the log of a host.
    #[error("{file}, line {line}: not an entry of a log")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// Two logs tell of one entry in different ways, or one tells of an entry of this host that its own log does not hold.
    #[error(
        "{file}: entry {entry} of {host} is another there than in the log that was read before it, or is of this host and not in its own log"
    )]
    Differs {
        /// The file.
        file: String,
        /// Whose log it is said to be in.
        host: String,
        /// Its index there.
        entry: u64,
    },
}

impl Refusal for ChronicleError {
    fn reason(&self) -> Reason {
        match self {
            Self::Nothing(_) => Reason::new(Class::Usage, "CHRONICLE_NOTHING", "look the trace up: airlock audit list"),
            Self::Line { .. } => Reason::new(
                Class::Verification,
                "CHRONICLE_LINE",
                "give the log of a host as it lies in its state, or as airlock audit export wrote it",
            ),
            Self::Differs { .. } => Reason::new(
                Class::Verification,
                "CHRONICLE_DIFFERS",
                "one of them was changed, or a host was set up anew under its name: verify each (airlock audit verify), and name one of them",
            ),
        }
    }
}
