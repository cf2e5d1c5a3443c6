//! A directory held open. What happens in it goes through its descriptor, so a renamed or replaced path changes nothing.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::fault::{StoreError, shown};

/// A directory held open.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

const OPEN: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Directory {
    /// Opens an existing directory; links in `path` are followed.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let fd = fs::openat(CWD, path, OPEN, Mode::empty()).map_err(|e| StoreError::of(path, e))?;
        Ok(Self { fd, path: path.to_owned() })
    }

    /// Opens a private directory, making it (mode 0700) and the missing ones above it.
    ///
    /// # Errors
    /// [`StoreError::NotPrivate`] where it exists and is another user's or open to others; any error of the disk.
    pub fn private(path: &Path) -> Result<Self, StoreError> {
        Self::open_or_make(path)?.must_be_private()
    }

    /// Opens the private directory `name` within this one, making it (mode 0700) where it is missing.
    ///
    /// # Errors
    /// As [`Directory::private`]; a link is [`StoreError::NotDirectory`].
    pub fn private_within(&self, name: &str) -> Result<Self, StoreError> {
        self.must_be_plain(name)?;
        self.make(Path::new(name))?;
        self.within(name)?.must_be_private()
    }

    /// A directory that is held open already; `path` is what it is called.
    pub(crate) fn held(fd: OwnedFd, path: &Path) -> Self {
        Self { fd, path: path.to_owned() }
    }

    /// Opens the directory `name` within this one; links are not followed.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn within(&self, name: &str) -> Result<Self, StoreError> {
        self.must_be_plain(name)?;
        let path = self.path.join(name);
        let fd = fs::openat(&self.fd, name, OPEN | OFlags::NOFOLLOW, Mode::empty()).map_err(|e| match e {
            Errno::LOOP => StoreError::NotDirectory(shown(&path)),
            e => StoreError::of(&path, e),
        })?;
        Ok(Self { fd, path })
    }

    /// The directory that it lies in now, wherever links led to it.
    pub(crate) fn above(&self) -> Result<Self, StoreError> {
        let path = self.path.join("..");
        let fd = fs::openat(&self.fd, "..", OPEN, Mode::empty()).map_err(|e| StoreError::of(&path, e))?;
        Ok(Self { fd, path })
    }

    /// What the disk says of the directory itself.
    pub(crate) fn stat(&self) -> Result<Stat, StoreError> {
        fs::fstat(&self.fd).map_err(|e| StoreError::of(&self.path, e))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file `name`; a link itself, not what it points to.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StoreError> {
        fs::unlinkat(&self.fd, name, AtFlags::empty()).map_err(|e| StoreError::of(&self.path.join(name), e))
    }

    /// Removes the directory `name` and every file in it.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk, as where it holds another directory.
    pub(crate) fn remove_with_files(&self, name: &str) -> Result<(), StoreError> {
        self.within(name)?.empty()?;
        fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR).map_err(|e| StoreError::of(&self.path.join(name), e))
    }

    /// Makes the names in it durable.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        fs::fsync(&self.fd).map_err(|e| StoreError::of(&self.path, e))
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Refuses what is not the name of something in this directory.
    pub(crate) fn must_be_plain(&self, name: &str) -> Result<(), StoreError> {
        if name.is_empty() || matches!(name, "." | "..") || name.contains(['/', '\0']) {
            return Err(StoreError::Name(shown(&self.path.join(name))));
        }
        Ok(())
    }

    fn open_or_make(path: &Path) -> Result<Self, StoreError> {
        match Self::open(path) {
            Err(StoreError::Missing(shown)) => {
                let name = path.file_name().ok_or(StoreError::Name(shown))?;
                let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
                Self::open_or_make(above)?.make(Path::new(name))?;
                Self::open(path)
            }
            opened => opened,
        }
    }

    fn make(&self, name: &Path) -> Result<(), StoreError> {
        match fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => self.flush(),
            Err(Errno::EXIST) => Ok(()),
            Err(e) => Err(StoreError::of(&self.path.join(name), e)),
        }
    }

    fn must_be_private(self) -> Result<Self, StoreError> {
        let stat = self.stat()?;
        let ours = stat.st_uid == rustix::process::geteuid().as_raw();
        if ours && stat.st_mode & 0o077 == 0 { Ok(self) } else { Err(StoreError::NotPrivate(shown(&self.path))) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn private_directories_are_made_with_those_above_them() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("a/b/c");
        Directory::private(&path).unwrap();
        Directory::private(&path).unwrap().private_within("d").unwrap();
        for made in ["a", "a/b", "a/b/c", "a/b/c/d"] {
            assert_eq!(mode(&base.path().join(made)), 0o700, "{made}");
        }
    }

    #[test]
    fn what_others_can_open_is_not_private() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("state");
        std::fs::create_dir(&path).unwrap();
        for (permissions, private) in [(0o750, false), (0o701, false), (0o700, true)] {
            std::fs::set_permissions(&path, Permissions::from_mode(permissions)).unwrap();
            let opened = Directory::private(&path);
            assert_eq!(opened.is_ok(), private, "{permissions:o}");
            assert!(private || matches!(opened, Err(StoreError::NotPrivate(_))));
        }
    }

    #[test]
    fn links_and_foreign_names_do_not_lead_out() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::private(&base.path().join("state")).unwrap();
        symlink("/tmp", base.path().join("state/link")).unwrap();
        std::fs::write(base.path().join("state/file"), b"").unwrap();
        assert!(matches!(here.within("link"), Err(StoreError::NotDirectory(_))));
        assert!(matches!(here.private_within("link"), Err(StoreError::NotDirectory(_))));
        assert!(matches!(here.private_within("file"), Err(StoreError::NotDirectory(_))));
        assert!(matches!(here.within("none"), Err(StoreError::Missing(_))));
        for name in ["", ".", "..", "a/b", "/tmp", "a\0"] {
            assert!(matches!(here.private_within(name), Err(StoreError::Name(_))), "{name:?}");
        }
        assert!(matches!(Directory::private(&base.path().join("none/..")), Err(StoreError::Name(_))));
    }
}
