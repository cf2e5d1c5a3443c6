//! Why the medium was refused.

use rustix::io::Errno;
use thiserror::Error;

use super::filesystem::FileSystemKind;
use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal};

/// Why a medium was refused. Names are escaped for showing.
#[derive(Debug, Error)]
pub enum MediaError {
    /// There is no such directory.
    #[error("there is no medium at {0}")]
    Missing(String),
    /// The medium stopped answering, or another one stands in its place.
    #[error("the medium at {0} was pulled out or has failed")]
    Gone(String),
    /// No file on it belongs to a transfer.
    #[error("the medium holds no transfer")]
    Empty,
    /// A part of the transfer is missing.
    #[error("the medium holds no {0} for the transfer {1}")]
    Incomplete(&'static str, String),
    /// More than one transfer, or one part twice.
    #[error("the medium holds more than one transfer: {0} and {1}")]
    Ambiguous(String, String),
    /// Two names differ only in their case.
    #[error("the names {0} and {1} on the medium differ only in their case")]
    CaseTwins(String, String),
    /// Something that is not ours to overwrite bears a name we need.
    #[error("the medium is not free: {0} lies on it")]
    Occupied(String),
    /// A file is longer than a transfer may be.
    #[error("{0} is longer than {1} bytes")]
    TooLarge(String, u64),
    /// A link or a device bears the name of a transfer file.
    #[error("{0} is not a regular file")]
    NotRegular(String),
    /// Too many files to look through.
    #[error("{0} holds more than {1} entries")]
    Crowded(String, usize),
    /// Not enough room: twice the size of the transfer must be free.
    #[error("the medium is full: {needed} bytes are needed, {free} are free")]
    Room {
        /// Twice the bytes to write.
        needed: u64,
        /// The bytes free for us.
        free: u64,
    },
    /// The medium ran out of space while it was written.
    #[error("the medium is full: no space is left for {0}")]
    Full(String),
    /// Write-protected.
    #[error("the medium is read-only: {0}")]
    ReadOnly(String),
    /// It was pulled out, or lost its power, while it was mounted for writing.
    #[error("{0} was pulled out while it was in use: its file system may contradict itself")]
    Unclean(String),
    /// Missing permissions.
    #[error("access to {0} is denied")]
    Denied(String),
    /// The device returned other bytes than were written to it.
    #[error("{0} does not read back as it was written")]
    ReadBack(String),
    /// All of a transfer was written, that failed afterwards, and it could not be taken away again.
    #[error("{0} may hold a transfer that does not count: {1}")]
    Left(String, String),
    /// A file changed while it was copied.
    #[error("{0} changed while it was copied")]
    Changed(String),
    /// The kernel cannot mount this kind of file system.
    #[error("this host cannot mount {0}")]
    NoDriver(FileSystemKind),
    /// The file system is damaged, or not what its first bytes say.
    #[error("{0} cannot be mounted as {1}: {2}")]
    Unmountable(String, FileSystemKind, String),
    /// Anything else the medium said.
    #[error("the medium failed: {0}")]
    Failed(#[source] StoreError),
    /// Not the medium: the local disk failed.
    #[error(transparent)]
    Local(StoreError),
}

impl From<StoreError> for MediaError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(path) => Self::Full(path),
            StoreError::ReadOnly(path) => Self::ReadOnly(path),
            StoreError::Denied(path) => Self::Denied(path),
            StoreError::Exists(path) | StoreError::Differs(path) => Self::Occupied(path),
            StoreError::Missing(path) | StoreError::NotDirectory(path) => Self::Missing(path),
            StoreError::TooLarge(path, limit) => Self::TooLarge(path, limit),
            StoreError::NotRegular(path) => Self::NotRegular(path),
            StoreError::Crowded(path, limit) => Self::Crowded(path, limit),
            StoreError::Changed(path) => Self::Changed(path),
            StoreError::Io { path, source } if source.raw_os_error().is_some_and(is_gone) => Self::Gone(path),
            other => Self::Failed(other),
        }
    }
}

/// Whether the system says so when a device is pulled out: USB, a file system that shut down, one in user space.
fn is_gone(code: i32) -> bool {
    [
        Errno::IO,
        Errno::NODEV,
        Errno::NXIO,
        Errno::NOTCONN,
        Errno::CONNABORTED,
        Errno::SHUTDOWN,
        Errno::NOMEDIUM,
        Errno::REMOTEIO,
        Errno::STALE,
    ]
    .contains(&Errno::from_raw_os_error(code))
}

impl Refusal for MediaError {
    fn reason(&self) -> Reason {
        const CALL: &str = "keep the medium and call the sender on a number you already have";
        let (code, hint) = match self {
            Self::Local(error) => return error.reason(),
            Self::Missing(_) => ("MEDIA_MISSING", "insert and mount the medium, or check the path"),
            Self::Gone(_) => ("MEDIA_GONE", "take a sound medium and begin this step again"),
            Self::Empty => ("MEDIA_EMPTY", "check that this is the right medium"),
            Self::Incomplete(..) => ("MEDIA_INCOMPLETE", "write the medium again on the sending side"),
            Self::Ambiguous(..) => {
                ("MEDIA_AMBIGUOUS", "change nothing on it; have each transfer written on a medium of its own")
            }
            Self::CaseTwins(..) => ("MEDIA_CASE_TWINS", CALL),
            Self::Occupied(_) => ("MEDIA_OCCUPIED", "take an empty medium; nothing is written over"),
            Self::TooLarge(..) => ("MEDIA_TOO_LARGE", "check that this is the right medium"),
            Self::NotRegular(_) => ("MEDIA_NOT_REGULAR", CALL),
            Self::Crowded(..) => ("MEDIA_CROWDED", "take a medium that holds nothing else"),
            Self::Room { .. } => ("MEDIA_ROOM", "take an empty or a larger medium"),
            Self::Full(_) => ("MEDIA_FULL", "take an empty or a larger medium"),
            Self::ReadOnly(_) => ("MEDIA_READ_ONLY", "remove the write protection, or take another medium"),
            Self::Unclean(_) => (
                "MEDIA_UNCLEAN",
                "take another stick, or make it anew: airlock media wipe; what lies on it can still be read",
            ),
            Self::Denied(_) => ("MEDIA_DENIED", "mount the medium for the user who runs airlock"),
            Self::ReadBack(_) => ("MEDIA_READ_BACK", "destroy this medium and take another"),
            Self::Left(..) => {
                ("MEDIA_LEFT", "destroy this medium, or make it anew: airlock media wipe; then write it out again")
            }
            Self::Changed(_) => ("MEDIA_CHANGED", CALL),
            Self::NoDriver(_) => {
                ("MEDIA_NO_DRIVER", "load the kernel's module for it, or take a stick of another kind")
            }
            Self::Unmountable(..) => ("MEDIA_UNMOUNTABLE", "treat the medium as damaged or hostile; take another"),
            Self::Failed(_) => ("MEDIA_FAILED", "take another medium"),
        };
        Reason::new(Class::Media, code, hint)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_the_disk_says_has_a_code_of_the_medium() {
        for (errno, code) in [
            (Errno::NOSPC, "MEDIA_FULL"),
            (Errno::ROFS, "MEDIA_READ_ONLY"),
            (Errno::ACCESS, "MEDIA_DENIED"),
            (Errno::EXIST, "MEDIA_OCCUPIED"),
            (Errno::NOENT, "MEDIA_MISSING"),
            (Errno::IO, "MEDIA_GONE"),
            (Errno::NOTCONN, "MEDIA_GONE"),
            (Errno::NODEV, "MEDIA_GONE"),
            (Errno::INVAL, "MEDIA_FAILED"),
        ] {
            let reason = MediaError::from(StoreError::of(Path::new("/m"), errno)).reason();
            assert_eq!((reason.code, reason.class), (code, Class::Media));
        }
    }

    #[test]
    fn the_local_disk_is_not_the_medium() {
        let reason = MediaError::Local(StoreError::of(Path::new("/q"), Errno::NOSPC)).reason();
        assert_eq!((reason.code, reason.class), ("STORAGE_FULL", Class::Storage));
    }
}
