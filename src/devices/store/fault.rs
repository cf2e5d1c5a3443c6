//! Why the disk refused.

use std::io;
use std::path::Path;

use rustix::io::Errno;
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// Why a file or a directory was refused. Paths are escaped for showing.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No bytes, no inodes or no quota are left.
    #[error("no space is left for {0}")]
    Full(String),
    /// The file system is mounted read-only.
    #[error("{0} lies on a read-only file system")]
    ReadOnly(String),
    /// Missing permissions.
    #[error("access to {0} is denied")]
    Denied(String),
    /// Something bears the name already.
    #[error("{0} exists already")]
    Exists(String),
    /// A file of that name exists and holds other bytes.
    #[error("{0} exists already and holds other bytes")]
    Differs(String),
    /// There is no such file or directory.
    #[error("{0} does not exist")]
    Missing(String),
    /// Longer than the reader allows.
    #[error("{0} is longer than {1} bytes")]
    TooLarge(String, u64),
    /// A symbolic link, a directory, a device: anything but a regular file.
    #[error("{0} is not a regular file")]
    NotRegular(String),
    /// Anything but a directory.
    #[error("{0} is not a directory")]
    NotDirectory(String),
    /// A private directory that is open to others or belongs to another user.
    #[error("{0} is not private to this user")]
    NotPrivate(String),
    /// The file changed its length while it was read.
    #[error("{0} changed while it was read")]
    Changed(String),
    /// Not the name of a file within a directory.
    #[error("{0} is no plain file name")]
    Name(String),
    /// More entries than the reader allows.
    #[error("{0} holds more than {1} entries")]
    Crowded(String, usize),
    /// Another process holds the lock.
    #[error("another airlock works in {0}")]
    Locked(String),
    /// The device failed or the system call is not supported.
    #[error("{path} failed: {source}")]
    Io {
        /// What was touched.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// What `errno` means for `path`.
    pub(crate) fn of(path: &Path, errno: Errno) -> Self {
        let shown = shown(path);
        match errno {
            Errno::NOSPC | Errno::DQUOT => Self::Full(shown),
            Errno::ROFS => Self::ReadOnly(shown),
            Errno::ACCESS | Errno::PERM => Self::Denied(shown),
            Errno::EXIST => Self::Exists(shown),
            Errno::NOENT => Self::Missing(shown),
            Errno::LOOP | Errno::ISDIR => Self::NotRegular(shown),
            Errno::NOTDIR => Self::NotDirectory(shown),
            Errno::NAMETOOLONG => Self::Name(shown),
            _ => Self::Io { path: shown, source: errno.into() },
        }
    }

    /// What `error` of the standard library means for `path`.
    pub(crate) fn of_io(path: &Path, error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(code) => Self::of(path, Errno::from_raw_os_error(code)),
            None => Self::Io { path: shown(path), source: error },
        }
    }
}

/// `path` as it may be shown.
pub(crate) fn shown(path: &Path) -> String {
    text::escape(&path.to_string_lossy())
}

impl Refusal for StoreError {
    fn reason(&self) -> Reason {
        let (code, hint) = match self {
            Self::Full(_) => ("STORAGE_FULL", "free some space, then run the command again"),
            Self::ReadOnly(_) => ("STORAGE_READ_ONLY", "make the file system writable, or name another directory"),
            Self::Denied(_) => ("STORAGE_DENIED", "run as the user who owns the directory"),
            Self::Exists(_) => ("OUTPUT_EXISTS", "nothing is overwritten: move the file away, or name another"),
            Self::Differs(_) => ("OUTPUT_DIFFERS", "nothing is overwritten: find out where the other file came from"),
            Self::Missing(_) => ("STORAGE_MISSING", "check the path"),
            Self::TooLarge(..) => ("STORAGE_TOO_LARGE", "check that this is the right file"),
            Self::NotRegular(_) => ("STORAGE_NOT_REGULAR", "name the file itself; links and devices are not followed"),
            Self::NotDirectory(_) => ("STORAGE_NOT_DIRECTORY", "name a directory"),
            Self::NotPrivate(_) => ("STORAGE_NOT_PRIVATE", "make the directory yours and its mode 0700"),
            Self::Changed(_) => ("STORAGE_CHANGED", "find out who writes the file, then run the command again"),
            Self::Name(_) => ("STORAGE_NAME", "use a shorter, plain file name"),
            Self::Crowded(..) => ("STORAGE_CROWDED", "check that this is the right directory"),
            Self::Locked(_) => ("STATE_LOCKED", "wait until the other airlock has ended, or close it"),
            Self::Io { .. } => ("STORAGE_IO", "have the disk and its file system checked"),
        };
        Reason::new(Class::Storage, code, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_code() {
        for (errno, code) in [
            (Errno::NOSPC, "STORAGE_FULL"),
            (Errno::DQUOT, "STORAGE_FULL"),
            (Errno::ROFS, "STORAGE_READ_ONLY"),
            (Errno::ACCESS, "STORAGE_DENIED"),
            (Errno::PERM, "STORAGE_DENIED"),
            (Errno::EXIST, "OUTPUT_EXISTS"),
            (Errno::NOENT, "STORAGE_MISSING"),
            (Errno::LOOP, "STORAGE_NOT_REGULAR"),
            (Errno::NOTDIR, "STORAGE_NOT_DIRECTORY"),
            (Errno::NAMETOOLONG, "STORAGE_NAME"),
            (Errno::IO, "STORAGE_IO"),
        ] {
            let error = StoreError::of(Path::new("/x\u{202e}"), errno);
            assert_eq!((error.reason().code, error.reason().class), (code, Class::Storage));
            assert!(error.to_string().contains(r"/x\u{202e}"), "{error}");
        }
    }
}
