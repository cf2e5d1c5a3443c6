//! Reading a file that somebody else may have put there: regular files only, never more than allowed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::SystemTime;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::directory::Directory;
use super::fault::{StoreError, shown};
use crate::wire::digest::Digest;

/// What to do where the last part of a path is a symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Refuse it, as everywhere but where a person named the file.
    Refuse,
    /// Read what it leads to.
    Follow,
}

// O_NONBLOCK: a pipe put in place of the file must not hold us up.
const OPEN: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Reads the regular file at `path`, of at most `limit` bytes.
///
/// # Errors
/// As [`Directory::read`].
pub fn read_file(path: &Path, limit: u64, links: Links) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (file, length) = open_file(path, limit, links)?;
    read_all(file, length, path, limit)
}

/// Hashes the regular file at `path`, of at most `limit` bytes, without holding it.
///
/// # Errors
/// As [`Directory::read`].
pub fn digest_file(path: &Path, limit: u64, links: Links) -> Result<Digest, StoreError> {
    let (mut file, _) = open_file(path, limit, links)?;
    Digest::of_all(&mut file).map_err(|e| StoreError::of_io(path, e))
}

/// [`read_file`], and when the file was last changed.
///
/// # Errors
/// As [`Directory::read`].
pub fn read_dated(path: &Path, limit: u64, links: Links) -> Result<(Zeroizing<Vec<u8>>, SystemTime), StoreError> {
    let (file, length) = open_file(path, limit, links)?;
    let changed = file.metadata().and_then(|told| told.modified());
    let changed = changed.map_err(|error| StoreError::of_io(path, error.kind().into()))?;
    Ok((read_all(file, length, path, limit)?, changed))
}

/// Reads the regular file at `path`, which belongs to this user or to root and has none of the `forbidden` mode bits.
///
/// # Errors
/// [`StoreError::NotPrivate`]; as [`Directory::read`].
pub fn read_own_file(path: &Path, limit: u64, links: Links, forbidden: u32) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (file, length) = open_file(path, limit, links)?;
    let stat = fs::fstat(&file).map_err(|e| StoreError::of(path, e))?;
    let is_ours = [0, rustix::process::geteuid().as_raw()].contains(&stat.st_uid);
    if !is_ours || stat.st_mode & forbidden != 0 {
        return Err(StoreError::NotPrivate(shown(path)));
    }
    read_all(file, length, path, limit)
}

fn open_file(path: &Path, limit: u64, links: Links) -> Result<(File, u64), StoreError> {
    let (Some(name), Some(above)) = (path.file_name().and_then(OsStr::to_str), path.parent()) else {
        return Err(StoreError::Name(shown(path)));
    };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    Directory::open(above)?.open_regular_through(name, limit, links)
}

impl Directory {
    /// Reads the regular file `name`, of at most `limit` bytes. Links are not followed.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::NotRegular`], [`StoreError::Changed`]; any error of the disk.
    pub fn read(&self, name: &str, limit: u64) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let (file, length) = self.open_regular(name, limit)?;
        read_all(file, length, &self.path().join(name), limit)
    }

    /// Opens the regular file `name`, of at most `limit` bytes, for reading, and tells its length. Links are not
    /// followed.
    ///
    /// # Errors
    /// As [`Directory::read`].
    pub fn open_regular(&self, name: &str, limit: u64) -> Result<(File, u64), StoreError> {
        self.open_regular_through(name, limit, Links::Refuse)
    }

    fn open_regular_through(&self, name: &str, limit: u64, links: Links) -> Result<(File, u64), StoreError> {
        self.must_be_plain(name)?;
        let path = self.path().join(name);
        let fault = |e| StoreError::of(&path, e);
        let regular = |stat: Stat| match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(u64::try_from(stat.st_size).unwrap_or(u64::MAX)),
            _ => Err(StoreError::NotRegular(shown(&path))),
        };
        let (looked_at, opened) = match links {
            Links::Refuse => (AtFlags::SYMLINK_NOFOLLOW, OPEN | OFlags::NOFOLLOW),
            Links::Follow => (AtFlags::empty(), OPEN),
        };
        // Looked at before it is opened: opening a device may already do something.
        regular(fs::statat(self.fd(), name, looked_at).map_err(fault)?)?;
        let fd = fs::openat(self.fd(), name, opened, Mode::empty()).map_err(fault)?;
        let length = regular(fs::fstat(&fd).map_err(fault)?)?;
        if length > limit {
            return Err(StoreError::TooLarge(shown(&path), limit));
        }
        Ok((File::from(fd), length))
    }

    /// Whether anything bears `name`; links are not followed.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn holds(&self, name: &str) -> Result<bool, StoreError> {
        self.must_be_plain(name)?;
        match fs::statat(self.fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(e) => Err(StoreError::of(&self.path().join(name), e)),
        }
    }
}

fn read_all(file: File, length: u64, path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let room = usize::try_from(length).map_err(|_| StoreError::TooLarge(shown(path), limit))?;
    // One byte more shows growth; the full capacity at once leaves no copies of a secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.saturating_add(1)));
    file.take(length.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| StoreError::of_io(path, e))?;
    if bytes.len() == room { Ok(bytes) } else { Err(StoreError::Changed(shown(path))) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn regular_files_are_read_up_to_the_limit() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        std::fs::write(base.path().join("file"), b"12345").unwrap();
        assert_eq!(here.read("file", 5).unwrap().as_slice(), b"12345");
        assert!(matches!(here.read("file", 4), Err(StoreError::TooLarge(_, 4))));
        assert!(matches!(here.read("none", 4), Err(StoreError::Missing(_))));
        assert!(here.holds("file").unwrap() && !here.holds("none").unwrap());
    }

    #[test]
    fn anything_else_is_not_opened() {
        let base = tempfile::tempdir().unwrap();
        let here = Directory::open(base.path()).unwrap();
        std::fs::write(base.path().join("file"), b"secret").unwrap();
        symlink("file", base.path().join("link")).unwrap();
        symlink("none", base.path().join("dangling")).unwrap();
        std::fs::create_dir(base.path().join("directory")).unwrap();
        let pipe = base.path().join("pipe");
        fs::mkfifoat(fs::CWD, &pipe, Mode::RUSR).unwrap();
        for name in ["link", "dangling", "directory", "pipe"] {
            assert!(matches!(here.read(name, 9), Err(StoreError::NotRegular(_))), "{name}");
            assert!(here.holds(name).unwrap());
        }
    }

    #[test]
    fn a_link_is_followed_where_it_was_asked_for() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("file"), b"12345").unwrap();
        symlink("file", base.path().join("link")).unwrap();
        symlink("/dev/zero", base.path().join("device")).unwrap();
        let link = base.path().join("link");
        assert_eq!(read_file(&link, 5, Links::Follow).unwrap().as_slice(), b"12345");
        assert!(matches!(read_file(&link, 4, Links::Follow), Err(StoreError::TooLarge(_, 4))));
        assert!(matches!(read_file(&link, 5, Links::Refuse), Err(StoreError::NotRegular(_))));
        assert_eq!(read_file(&base.path().join("file"), 5, Links::Refuse).unwrap().as_slice(), b"12345");
        let device = base.path().join("device");
        assert!(matches!(read_file(&device, 5, Links::Follow), Err(StoreError::NotRegular(_))));
        assert!(matches!(read_file(Path::new("/"), 5, Links::Follow), Err(StoreError::Name(_))));
        assert!(matches!(read_file(Path::new(".."), 5, Links::Follow), Err(StoreError::Name(_))));
        assert!(matches!(read_file(Path::new("none"), 5, Links::Follow), Err(StoreError::Missing(_))));
    }

    #[test]
    fn a_file_that_says_less_than_it_holds_is_refused() {
        let here = Directory::open(Path::new("/proc/self")).unwrap();
        assert!(matches!(here.read("status", 1 << 20), Err(StoreError::Changed(_))));
    }
}
