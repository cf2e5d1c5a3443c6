//! Where metrics are written.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// A file that a textfile collector reads: its name ends in `.prom`. Only such a one is written, and so replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(PathBuf);

/// Why metrics are not written there.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlaceError {
    /// A collector would not read it, and what lies there may be something else.
    #[error("the name of {0} does not end in .prom")]
    Name(String),
}

impl Place {
    /// The file `path`, whether or not it is there.
    ///
    /// # Errors
    /// [`PlaceError::Name`].
    pub fn at(path: &Path) -> Result<Self, PlaceError> {
        if path.extension().is_some_and(|end| end == "prom") {
            return Ok(Self(path.to_owned()));
        }
        Err(PlaceError::Name(text::clip(&text::escape(&path.to_string_lossy()), 200)))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Refusal for PlaceError {
    fn reason(&self) -> Reason {
        match self {
            Self::Name(_) => Reason::new(
                Class::Usage,
                "METRICS_NAME",
                "name a file *.prom in the directory of the textfile collector; it reads no other",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_collector_reads_is_a_place() {
        for good in ["airlock.prom", "/var/lib/node-exporter/a.b.prom"] {
            assert_eq!(Place::at(Path::new(good)).unwrap().path(), Path::new(good));
        }
        for bad in ["", "/", "/etc/kubernetes/admin.conf", "prom", ".prom", "a.prom.txt", "a.PROM", "a.prom/b"] {
            assert_eq!(Place::at(Path::new(bad)).unwrap_err().reason().code, "METRICS_NAME", "{bad}");
        }
    }
}
