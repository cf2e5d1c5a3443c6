//! One airlock at a time works in a state directory.

use std::os::fd::OwnedFd;

use rustix::fs::{self, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::directory::Directory;
use super::fault::{StoreError, shown};

/// The exclusive right to change a state directory; given back when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub struct StateLock {
    file: OwnedFd,
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
        Ok(Self { file })
    }
}

impl Drop for StateLock {
    /// Unlocks it by name: a child that another thread forks at this moment holds the same open file until it executes its
    /// program, and would keep the lock for so long.
    fn drop(&mut self) {
        let _ = fs::flock(&self.file, FlockOperation::Unlock);
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
    fn a_forked_child_does_not_keep_it() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        let held = StateLock::acquire(&here).unwrap();
        let of_child = held.file.try_clone().unwrap();
        drop(held);
        StateLock::acquire(&here).unwrap();
        drop(of_child);
    }

    #[test]
    fn the_next_run_removes_what_a_crash_left() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join(".x.00.airlock-tmp"), b"torn").unwrap();
        StateLock::acquire(&Directory::open(base.path()).unwrap()).unwrap();
        assert!(!base.path().join(".x.00.airlock-tmp").exists());
    }
}
