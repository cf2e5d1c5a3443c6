//! A directory as the medium: one that somebody mounted, or the top of one that we did.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs;

use super::disk::DeviceNumber;
use super::fault::MediaError;
use crate::devices::store::fault::shown;
use crate::devices::store::{Directory, StoreError};

/// A mounted medium, held open.
#[derive(Debug)]
pub struct Medium {
    pub(super) top: Directory,
    anchor: Anchor,
}

/// What must still be there while the medium is.
#[derive(Debug)]
enum Anchor {
    /// The path leads to this directory.
    Path,
    /// The kernel knows the device, here in sysfs.
    Device(PathBuf),
}

impl Medium {
    /// Opens the directory at which the medium is mounted.
    ///
    /// # Errors
    /// [`MediaError::Missing`], and what else the medium says.
    pub fn open(path: &Path) -> Result<Self, MediaError> {
        Ok(Self { top: Directory::open(path)?, anchor: Anchor::Path })
    }

    /// The top of a medium that is mounted where no path leads; sysfs tells of its device at `device`.
    pub(super) fn held(top: Directory, device: PathBuf) -> Self {
        Self { top, anchor: Anchor::Device(device) }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.top.path()
    }

    /// Whether `directory` lies on it: within it, or on its file system where that is not the one of `home` too.
    ///
    /// # Errors
    /// What the disk says.
    pub fn bears(&self, directory: &Directory, home: &Directory) -> Result<bool, MediaError> {
        let place = |stat: &fs::Stat| (stat.st_dev, stat.st_ino);
        let here = self.top.stat()?;
        let mut above = directory.stat()?;
        if above.st_dev == here.st_dev && home.stat()?.st_dev != here.st_dev {
            return Ok(true);
        }
        let mut open = directory.above()?;
        while place(&above) != place(&here) {
            let next = open.stat()?;
            // Above the top is the top.
            if place(&next) == place(&above) {
                return Ok(false);
            }
            (above, open) = (next, open.above()?);
        }
        Ok(true)
    }

    /// The number of the device that it lies on.
    pub(super) fn device(&self) -> Result<DeviceNumber, MediaError> {
        Ok(DeviceNumber::of(self.top.stat()?.st_dev))
    }

    /// The bytes that may still be written to it; `None` where its file system does not say.
    pub(super) fn free(&self) -> Result<Option<u64>, MediaError> {
        let room = fs::fstatvfs(self.top.fd()).map_err(|e| StoreError::of(self.path(), e))?;
        Ok((room.f_blocks > 0).then(|| room.f_bavail.saturating_mul(room.f_frsize)))
    }

    /// Refuses where the path leads elsewhere by now, or the device is gone: a medium that was unmounted or pulled out
    /// while held open may still take writes.
    pub(super) fn must_be_there(&self) -> Result<(), MediaError> {
        let gone = || MediaError::Gone(shown(self.path()));
        if let Anchor::Device(device) = &self.anchor {
            return if device.exists() { Ok(()) } else { Err(gone()) };
        }
        let held = fs::fstat(self.top.fd()).map_err(|e| StoreError::of(self.path(), e))?;
        let named = std::fs::metadata(self.path()).map_err(|_| gone())?;
        if (named.dev(), named.ino()) == (held.st_dev, held.st_ino) { Ok(()) } else { Err(gone()) }
    }
}
