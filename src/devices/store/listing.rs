//! What lies in a directory, and the removal of what a crash left there.

use rustix::fs::{self, AtFlags, FileType};
use rustix::io::Errno;

use super::directory::Directory;
use super::fault::{StoreError, shown};
use super::new_file::{is_temporary, is_temporary_of};

/// What lies in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name; what is not UTF-8 in it is replaced. Escape it before it is shown.
    pub name: String,
    /// Whether `name` names it: false where something was replaced.
    pub nameable: bool,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub size: u64,
}

/// What an entry is. Links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// The most entries that are listed.
pub const MAX_ENTRIES: usize = 65_536;

const MAX_SWEEP_DEPTH: usize = 16;

impl Directory {
    /// Removes every file in it; directories stay.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn empty(&self) -> Result<(), StoreError> {
        for entry in self.entries()?.iter().filter(|entry| entry.kind != Kind::Directory) {
            self.remove(&entry.name)?;
        }
        Ok(())
    }

    /// What lies in it, sorted by name.
    ///
    /// # Errors
    /// [`StoreError::Crowded`] above [`MAX_ENTRIES`]; any error of the disk.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let fault = |e| StoreError::of(self.path(), e);
        let mut found = Vec::new();
        for entry in fs::Dir::read_from(self.fd()).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if found.len() == MAX_ENTRIES {
                return Err(StoreError::Crowded(shown(self.path()), MAX_ENTRIES));
            }
            let stat = match fs::statat(self.fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => continue,
                stat => stat.map_err(fault)?,
            };
            found.push(Entry {
                name: name.to_string_lossy().into_owned(),
                nameable: name.to_str().is_ok(),
                kind: Kind::of(FileType::from_raw_mode(stat.st_mode)),
                size: u64::try_from(stat.st_size).unwrap_or_default(),
            });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Removes what crashed runs left in it and below, and says how many files that were. For the holder of the state
    /// lock only: a file that is just being written would lose its temporary name, and its writer would fail.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn sweep(&self) -> Result<usize, StoreError> {
        self.sweep_to_depth(MAX_SWEEP_DEPTH)
    }

    /// As [`Directory::sweep`], without what lies below.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn sweep_here(&self) -> Result<usize, StoreError> {
        self.sweep_to_depth(0)
    }

    /// Removes what crashed runs left of the file `name`: in a directory where other programs write as well.
    ///
    /// # Errors
    /// Any [`StoreError`] of the disk.
    pub fn sweep_of(&self, name: &str) -> Result<(), StoreError> {
        let is_left = |entry: &&Entry| entry.kind == Kind::File && is_temporary_of(&entry.name, name);
        self.entries()?.iter().filter(is_left).try_for_each(|entry| self.remove(&entry.name))
    }

    fn sweep_to_depth(&self, depth: usize) -> Result<usize, StoreError> {
        let mut below = 0;
        let mut here = 0;
        for entry in self.entries()?.iter().filter(|entry| entry.nameable) {
            match entry.kind {
                Kind::File if is_temporary(&entry.name) => {
                    self.remove(&entry.name)?;
                    here += 1;
                }
                Kind::Directory if depth > 0 => below += self.within(&entry.name)?.sweep_to_depth(depth - 1)?,
                _ => {}
            }
        }
        if here > 0 {
            self.flush()?;
        }
        Ok(here + below)
    }
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn entries_say_what_they_are() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        std::fs::write(at("file"), b"12345").unwrap();
        std::fs::create_dir(at("directory")).unwrap();
        symlink("file", at("link")).unwrap();
        std::fs::write(base.path().join(OsStr::from_bytes(b"z\xff")), b"").unwrap();
        let found = Directory::open(base.path()).unwrap().entries().unwrap();
        let told: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.nameable, e.kind)).collect();
        assert_eq!(
            told,
            [
                ("directory", true, Kind::Directory),
                ("file", true, Kind::File),
                ("link", true, Kind::Link),
                ("z\u{fffd}", false, Kind::File),
            ]
        );
        assert_eq!(found[1].size, 5);
    }

    #[test]
    fn sweeping_takes_what_a_crash_left_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        std::fs::create_dir_all(at("a/b")).unwrap();
        let left = [".x.00.airlock-tmp", "a/.x.01.airlock-tmp", "a/b/.x.02.airlock-tmp"];
        let kept = ["x", "x.airlock-tmp", "a/.x", "a/b/y.tmp"];
        for name in left.iter().chain(&kept) {
            std::fs::write(at(name), b"").unwrap();
        }
        std::fs::create_dir(at(".d.airlock-tmp")).unwrap();
        assert_eq!(Directory::open(base.path()).unwrap().sweep().unwrap(), 3);
        assert!(left.iter().all(|name| !at(name).exists()));
        assert!(kept.iter().all(|name| at(name).exists()) && at(".d.airlock-tmp").exists());
        assert_eq!(Directory::open(base.path()).unwrap().sweep().unwrap(), 0);
    }

    #[test]
    fn of_one_file_is_swept_what_was_to_become_it() {
        let base = tempfile::tempdir().unwrap();
        let kept = [".sheet.00.airlock-tmp", ".sheet.txt.x.airlock-tmp", "sheet.txt", ".sheet.txt.00"];
        for name in kept.iter().chain(&[".sheet.txt.00ff.airlock-tmp"]) {
            std::fs::write(base.path().join(name), b"").unwrap();
        }
        Directory::open(base.path()).unwrap().sweep_of("sheet.txt").unwrap();
        let mut left: Vec<_> = std::fs::read_dir(base.path())
            .unwrap()
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [".sheet.00.airlock-tmp", ".sheet.txt.00", ".sheet.txt.x.airlock-tmp", "sheet.txt"]);
    }
}
