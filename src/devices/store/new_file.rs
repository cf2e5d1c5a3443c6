//! A file that does not exist yet. It gets its name when it is whole and durable, or never.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::directory::Directory;
use super::fault::StoreError;
use crate::devices::entropy::{Entropy as _, SystemEntropy};
use crate::wire::digest::Digest;

/// A file that is being written under a temporary name. Dropped before [`NewFile::commit`], it vanishes.
#[derive(Debug)]
pub struct NewFile<'d> {
    directory: &'d Directory,
    name: String,
    temporary: String,
    file: File,
    named: bool,
}

const SUFFIX: &str = ".airlock-tmp";

/// Whether `name` is one that only an unfinished file bears.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(SUFFIX)
}

/// Whether `name` is what a run that makes the file `of` writes to first.
pub(super) fn is_temporary_of(name: &str, of: &str) -> bool {
    let rest = name.strip_prefix('.').and_then(|name| name.strip_prefix(of));
    let number = rest.and_then(|rest| rest.strip_prefix('.')?.strip_suffix(SUFFIX));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Directory {
    /// Makes the file `name` hold `bytes`, with `mode` whatever the umask. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where anything bears the name; any error of the disk. Nothing is left behind.
    pub fn create_new(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
        let mut file = NewFile::create(self, name, mode)?;
        file.set_mode(mode)?;
        file.write_all(bytes)?;
        file.commit()
    }

    /// As [`Directory::create_new`], but a regular file that holds the same bytes already is fine.
    ///
    /// # Errors
    /// [`StoreError::Differs`] where it holds other bytes; otherwise as [`Directory::create_new`].
    pub fn create_or_same(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
        match self.create_new(name, bytes, mode) {
            Err(StoreError::Exists(path)) => self.must_hold(name, path, bytes.len() as u64, |found| found == bytes),
            done => done,
        }
    }

    /// Demands that the file `name`, shown as `path`, has `length` bytes and that they are the same.
    fn must_hold(
        &self,
        name: &str,
        path: String,
        length: u64,
        is_same: impl FnOnce(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        match self.read(name, length) {
            // A run that was killed before its last flush left it whole, but perhaps not yet durable.
            Ok(found) if is_same(&found) => self.flush(),
            Ok(_) | Err(StoreError::TooLarge(..)) => Err(StoreError::Differs(path)),
            Err(e) => Err(e),
        }
    }
}

impl Directory {
    /// Makes the file `name` hold `bytes` in place of what it held, in one step: whoever looks sees the one or the other,
    /// whole. For files of our own alone.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
        self.must_be_plain(name)?;
        let mut file = NewFile::begin(self, name, mode)?;
        file.set_mode(mode)?;
        file.write_all(bytes)?;
        file.take_place()
    }
}

impl<'d> NewFile<'d> {
    /// Begins the file `name`, at first empty, with `mode` less the umask.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where anything bears the name; any error of the disk.
    pub fn create(directory: &'d Directory, name: &str, mode: u32) -> Result<Self, StoreError> {
        if directory.holds(name)? {
            return Err(StoreError::of(&directory.path().join(name), Errno::EXIST));
        }
        Self::begin(directory, name, mode)
    }

    pub(crate) fn begin(directory: &'d Directory, name: &str, mode: u32) -> Result<Self, StoreError> {
        let mut tag = [0; 8];
        SystemEntropy.fill(&mut tag).map_err(|_| StoreError::of(&directory.path().join(name), Errno::IO))?;
        let temporary = format!(".{name}.{}{SUFFIX}", hex::encode(tag));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(directory.fd(), temporary.as_str(), flags, Mode::from_raw_mode(mode))
            .map_err(|e| StoreError::of(&directory.path().join(name), e))?;
        Ok(Self { directory, name: name.to_owned(), temporary, file: File::from(fd), named: false })
    }

    /// Sets the mode whatever the umask was.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn set_mode(&self, mode: u32) -> Result<(), StoreError> {
        fs::fchmod(&self.file, Mode::from_raw_mode(mode)).map_err(|e| StoreError::of(&self.path(), e))
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(|e| StoreError::of_io(&self.path(), e))
    }

    /// Flushes the file, names it, flushes the directory.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the name was taken meanwhile; any error of the disk. Nothing is left behind.
    pub fn commit(mut self) -> Result<(), StoreError> {
        let (directory, name) = (self.directory, self.name.clone());
        self.settle(directory, &name)
    }

    /// As [`NewFile::commit`], but it becomes the file `name` of `directory`, of the same file system, and a regular file
    /// there that holds the bytes of this digest already is fine.
    ///
    /// # Errors
    /// [`StoreError::Differs`] where it holds other bytes; otherwise as [`NewFile::commit`].
    pub fn commit_or_same(mut self, directory: &Directory, name: &str, sha256: &Digest) -> Result<(), StoreError> {
        directory.must_be_plain(name)?;
        match self.settle(directory, name) {
            Err(StoreError::Exists(path)) => {
                let length = fs::fstat(&self.file).map_err(|e| StoreError::of(&self.path(), e))?.st_size;
                let length = u64::try_from(length).unwrap_or_default();
                directory.must_hold(name, path, length, |found| Digest::of(found) == *sha256)
            }
            done => done,
        }
    }

    /// The directory that it leaves is not flushed: a temporary name that a crash brings back there is swept.
    fn settle(&mut self, directory: &Directory, name: &str) -> Result<(), StoreError> {
        self.flush()?;
        self.give_name(directory, name).map_err(|e| StoreError::of(&directory.path().join(name), e))?;
        self.named = true;
        directory.flush().inspect_err(|_| {
            let _ = directory.remove(name);
        })
    }

    /// Flushes the file, gives it the name of what bears it now, flushes the directory.
    fn take_place(self) -> Result<(), StoreError> {
        let directory = self.directory;
        self.flush()?;
        self.rename_over()?;
        directory.flush()
    }

    /// Makes what was written durable, under the temporary name.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        fs::fsync(&self.file).map_err(|e| StoreError::of(&self.path(), e))
    }

    /// Gives the file the name of what bears it now: one system call, which is all that happens. The new name is durable
    /// when the directory is flushed.
    pub(crate) fn rename_over(mut self) -> Result<(), StoreError> {
        let here = self.directory.fd();
        fs::renameat(here, self.temporary.as_str(), here, self.name.as_str())
            .map_err(|e| StoreError::of(&self.path(), e))?;
        self.named = true;
        Ok(())
    }

    /// Gives the file to the user and the group of `stat`, and its mode.
    #[cfg(feature = "online")]
    pub(crate) fn set_owner_and_mode(&self, stat: &fs::Stat) -> Result<(), StoreError> {
        use rustix::process::{getegid, geteuid};
        let fault = |e| StoreError::of(&self.path(), e);
        if (stat.st_uid, stat.st_gid) != (geteuid().as_raw(), getegid().as_raw()) {
            let (user, group) = (fs::Uid::from_raw(stat.st_uid), fs::Gid::from_raw(stat.st_gid));
            fs::fchown(&self.file, Some(user), Some(group)).map_err(fault)?;
        }
        fs::fchmod(&self.file, Mode::from_raw_mode(stat.st_mode & 0o7777)).map_err(fault)
    }

    fn give_name(&self, directory: &Directory, to: &str) -> Result<(), Errno> {
        let (here, from, there) = (self.directory.fd(), self.temporary.as_str(), directory.fd());
        match fs::renameat_with(here, from, there, to, RenameFlags::NOREPLACE) {
            // Some file systems in user space cannot promise it in one step; then we look first.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                match fs::statat(there, to, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(_) => Err(Errno::EXIST),
                    Err(Errno::NOENT) => fs::renameat(here, from, there, to),
                    Err(e) => Err(e),
                }
            }
            done => done,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.named {
            let _ = self.directory.remove(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::*;

    fn names(path: &Path) -> Vec<String> {
        Directory::open(path).unwrap().entries().unwrap().into_iter().map(|e| e.name).collect()
    }

    #[test]
    fn a_file_appears_whole_with_its_mode() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        for mode in [0o600, 0o644, 0o666] {
            let name = format!("f{mode:o}");
            here.create_new(&name, b"bytes", mode).unwrap();
            let path = base.path().join(&name);
            assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
        }
        assert_eq!(names(base.path()), ["f600", "f644", "f666"]);
    }

    #[test]
    fn what_is_replaced_is_whole_and_leaves_nothing_behind() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        here.create_new("file", b"old", 0o600).unwrap();
        here.replace("file", b"new", 0o600).unwrap();
        assert_eq!(std::fs::read(base.path().join("file")).unwrap(), b"new");
        assert_eq!(names(base.path()), ["file"]);
        symlink("/etc/passwd", base.path().join("link")).unwrap();
        here.replace("link", b"new", 0o600).unwrap();
        assert!(!std::fs::symlink_metadata(base.path().join("link")).unwrap().is_symlink());
        assert!(matches!(here.replace("a/b", b"", 0o600), Err(StoreError::Name(_))));
    }

    #[test]
    fn nothing_is_overwritten() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        std::fs::write(base.path().join("file"), b"old").unwrap();
        symlink("nowhere", base.path().join("link")).unwrap();
        std::fs::create_dir(base.path().join("directory")).unwrap();
        for name in ["file", "link", "directory"] {
            assert!(matches!(here.create_new(name, b"new", 0o600), Err(StoreError::Exists(_))), "{name}");
        }
        assert_eq!(std::fs::read(base.path().join("file")).unwrap(), b"old");
        assert!(!base.path().join("nowhere").exists());
        assert_eq!(names(base.path()), ["directory", "file", "link"]);
    }

    #[test]
    fn a_name_taken_while_writing_is_not_overwritten_either() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        let mut file = NewFile::create(&here, "file", 0o600).unwrap();
        file.write_all(b"new").unwrap();
        std::fs::write(base.path().join("file"), b"old").unwrap();
        assert!(matches!(file.commit(), Err(StoreError::Exists(_))));
        assert_eq!(std::fs::read(base.path().join("file")).unwrap(), b"old");
        assert_eq!(names(base.path()), ["file"]);
    }

    #[test]
    fn the_same_bytes_again_are_fine_and_others_are_not() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        here.create_or_same("file", b"bytes", 0o600).unwrap();
        here.create_or_same("file", b"bytes", 0o600).unwrap();
        for other in ["byteS", "byte", "bytes!", ""] {
            let refused = here.create_or_same("file", other.as_bytes(), 0o600);
            assert!(matches!(refused, Err(StoreError::Differs(_))), "{other}");
        }
        symlink("file", base.path().join("link")).unwrap();
        assert!(matches!(here.create_or_same("link", b"bytes", 0o600), Err(StoreError::NotRegular(_))));
        assert_eq!(std::fs::read(base.path().join("file")).unwrap(), b"bytes");
    }

    #[test]
    fn a_file_settles_elsewhere_and_overwrites_nothing_there() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        let there = here.private_within("there").unwrap();
        let settle = |name: &str, bytes: &[u8], sha256: &[u8]| {
            let mut file = NewFile::create(&here, "draft", 0o600).unwrap();
            file.write_all(bytes).unwrap();
            file.commit_or_same(&there, name, &Digest::of(sha256))
        };
        settle("file", b"bytes", b"bytes").unwrap();
        settle("file", b"bytes", b"bytes").unwrap();
        for other in ["byteS", "byte", "bytes!", ""] {
            let refused = settle("file", other.as_bytes(), other.as_bytes());
            assert!(matches!(refused, Err(StoreError::Differs(_))), "{other}");
        }
        symlink("file", there.path().join("link")).unwrap();
        assert!(matches!(settle("link", b"bytes", b"bytes"), Err(StoreError::NotRegular(_))));
        assert!(matches!(settle("../out", b"bytes", b"bytes"), Err(StoreError::Name(_))));
        assert_eq!(std::fs::read(there.path().join("file")).unwrap(), b"bytes");
        assert_eq!(
            (names(base.path()), names(there.path())),
            (vec!["there".into()], vec!["file".into(), "link".into()])
        );
    }

    #[test]
    fn what_is_not_committed_vanishes() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        let mut file = NewFile::create(&here, "file", 0o600).unwrap();
        file.write_all(b"half").unwrap();
        assert!(is_temporary(&names(base.path())[0]));
        drop(file);
        assert!(names(base.path()).is_empty());
    }

    #[test]
    fn a_name_too_long_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        assert!(matches!(here.create_new(&"x".repeat(240), b"", 0o600), Err(StoreError::Name(_))));
        here.create_new(&"x".repeat(200), b"", 0o600).unwrap();
    }
}
