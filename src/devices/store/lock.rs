//! One airlock at a time works in a state directory.

use std::os::fd::OwnedFd;

use rustix::fs::{self, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::directory::Directory;
use super::fault::{StoreError, shown};

/// The exclusive right to change a state directory; given back when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub struct StateLock {
    _file: OwnedFd,
}

/// The file that carries the lock; it is empty and stays.
const NAME: &str = "lock";

impl StateLock {
    /// Takes the lock of `directory`, without waiting, and sweeps what a crashed run left there.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process holds it; any error of the disk.
    pub fn acquire(directory: &Directory) -> Result<Self, StoreError> {
        let fault = |e| StoreError::of(&directory.path().join(NAME), e);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(directory.fd(), NAME, flags, Mode::RUSR | Mode::WUSR).map_err(fault)?;
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(StoreError::Locked(shown(directory.path()))),
            Err(e) => return Err(fault(e)),
        }
        directory.sweep()?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        let held = StateLock::acquire(&here).unwrap();
        assert!(matches!(StateLock::acquire(&here), Err(StoreError::Locked(_))));
        drop(held);
        StateLock::acquire(&here).unwrap();
    }

    #[test]
    fn the_next_run_removes_what_a_crash_left() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join(".x.00.airlock-tmp"), b"torn").unwrap();
        StateLock::acquire(&Directory::open(base.path()).unwrap()).unwrap();
        assert!(!base.path().join(".x.00.airlock-tmp").exists());
    }
}
