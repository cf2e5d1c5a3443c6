//! A live file, and where its old generations are kept.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::devices::store::fault::shown;
use crate::devices::store::tree::MAX_FILE;
use crate::devices::store::{Directory, StoreError};

/// A live file by its directory, held open, and its name.
#[derive(Debug)]
pub struct Place {
    directory: Directory,
    kept_in: Option<Directory>,
    name: String,
}

/// An old generation of a file.
pub struct Kept {
    /// Its number.
    pub number: u32,
    /// What it holds; wiped when dropped, for it may be a key.
    pub bytes: Zeroizing<Vec<u8>>,
    /// When its bytes were written, so far as the disk tells: it cannot have been live before.
    pub written: SystemTime,
    /// When it was last replaced, so far as the disk tells: its second name was given to it then.
    pub until: SystemTime,
}

/// What lies at a place, or in one of its generations.
pub(super) struct Found {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) stat: Stat,
}

impl Place {
    /// The file at `path`, whose directory must be there; the file itself need not. Its generations are kept beside it.
    ///
    /// # Errors
    /// [`StoreError::Name`]; any error of the disk.
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().and_then(OsStr::to_str).ok_or_else(|| StoreError::Name(shown(path)))?;
        let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self { directory: Directory::open(above)?, kept_in: None, name: name.to_owned() })
    }

    /// As [`Place::at`], with the generations in `kept_in`, on the same file system: for a directory of which somebody
    /// takes every file for his own, as the kubelet does with its manifests.
    ///
    /// # Errors
    /// As [`Place::at`].
    pub fn kept_in(path: &Path, kept_in: &Path) -> Result<Self, StoreError> {
        let place = Self::at(path)?;
        Ok(Self { kept_in: Some(Directory::open(kept_in)?), ..place })
    }

    /// The path of the live file.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }

    /// The numbers of the generations that are kept, in order.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn generations(&self) -> Result<Vec<u32>, StoreError> {
        let number = |name: &str| {
            let number = name.strip_prefix(&self.name)?.strip_prefix(".g")?;
            number.parse().ok().filter(|parsed: &u32| parsed.to_string() == number)
        };
        let mut found: Vec<u32> = self.kept().entries()?.iter().filter_map(|entry| number(&entry.name)).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The live bytes, where there are any.
    ///
    /// # Errors
    /// As [`Directory::read`]: a link is refused.
    pub fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        Ok(self.live()?.map(|found| found.bytes))
    }

    /// What is kept of it, by number.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk; a link is refused.
    pub fn history(&self) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for number in self.generations()? {
            if let Some(found) = self.generation(number)? {
                let (written, until) = (written(&found.stat), changed(&found.stat));
                kept.push(Kept { number, written, until, bytes: found.bytes });
            }
        }
        Ok(kept)
    }

    /// When the live file came to lie there, so far as the disk tells; `None` where there is none.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub fn since(&self) -> Result<Option<SystemTime>, StoreError> {
        Ok(self.live()?.map(|found| changed(&found.stat)))
    }

    pub(super) fn live(&self) -> Result<Option<Found>, StoreError> {
        look(&self.directory, &self.name)
    }

    pub(super) fn generation(&self, number: u32) -> Result<Option<Found>, StoreError> {
        look(self.kept(), &self.generation_name(number))
    }

    pub(super) fn generation_name(&self, number: u32) -> String {
        format!("{}.g{number}", self.name)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Where the generations are.
    pub(super) fn kept(&self) -> &Directory {
        self.kept_in.as_ref().unwrap_or(&self.directory)
    }

    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.directory.flush()?;
        self.kept_in.as_ref().map_or(Ok(()), Directory::flush)
    }

    pub(super) fn shown(&self) -> String {
        shown(&self.path())
    }
}

fn look(directory: &Directory, name: &str) -> Result<Option<Found>, StoreError> {
    match directory.read(name, MAX_FILE) {
        Err(StoreError::Missing(_)) => Ok(None),
        read => Ok(Some(Found { bytes: read?, stat: stat(directory, name)? })),
    }
}

fn stat(directory: &Directory, name: &str) -> Result<Stat, StoreError> {
    fs::statat(directory.fd(), name, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|e| StoreError::of(&directory.path().join(name), e))
}

/// Opens the regular file `name` of `directory` to be overwritten; `None` where there is none.
pub(super) fn open_to_overwrite(directory: &Directory, name: &str) -> Result<Option<(File, Stat)>, StoreError> {
    let path = directory.path().join(name);
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = match fs::openat(directory.fd(), name, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        opened => opened.map_err(|e| StoreError::of(&path, e))?,
    };
    let stat = fs::fstat(&fd).map_err(|e| StoreError::of(&path, e))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Some((File::from(fd), stat))),
        _ => Err(StoreError::NotRegular(shown(&path))),
    }
}

/// The last change of a file or of its names.
fn changed(stat: &Stat) -> SystemTime {
    let seconds = u64::try_from(stat.st_ctime).unwrap_or_default();
    let named = UNIX_EPOCH + Duration::new(seconds, u32::try_from(stat.st_ctime_nsec).unwrap_or_default());
    written(stat).max(named)
}

fn written(stat: &Stat) -> SystemTime {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or_default();
    UNIX_EPOCH + Duration::new(seconds, u32::try_from(stat.st_mtime_nsec).unwrap_or_default())
}

/// Whether two looks saw the same file, not only the same bytes.
pub(super) fn same_file(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}
