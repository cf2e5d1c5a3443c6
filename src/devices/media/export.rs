//! Writing a transfer out: payload, statement, signature, each durable and read back before the next.

use std::io::Read as _;

use rustix::fs::{self, Advice};
use sha2::{Digest as _, Sha256};

use super::fault::MediaError;
use super::medium::Medium;
use super::set::{Part, Recognised};
use crate::devices::store::fault::shown;
use crate::devices::store::{NewFile, StoreError};
use crate::wire::digest::Digest;
use crate::wire::text;

/// A file to be written out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its name on the medium.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A transfer to be written out.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingSet<'a> {
    /// The bundle or package.
    pub payload: Outgoing<'a>,
    /// The statement.
    pub statement: Outgoing<'a>,
    /// The signature, the mark of completeness.
    pub signature: Outgoing<'a>,
}

/// What of a set lies on the medium, or was being put there when that failed.
struct Written<'a> {
    medium: &'a Medium,
    names: Vec<&'a str>,
    /// How many of them this run put there.
    put: usize,
}

impl Medium {
    /// Writes `set` and reads it back from the device. A file of it that a killed run left there, byte for byte, is
    /// read back and kept.
    ///
    /// # Errors
    /// [`MediaError::Occupied`] where another transfer (as `grammar` tells) or another file of one of the three names
    /// lies there; [`MediaError::Room`] where less than twice the size is free; [`MediaError::ReadBack`] where the
    /// device returns other bytes; and what else it says. After an error no complete transfer lies there: the files of `set`
    /// are removed, the signature first, as far as the medium still answers, also those of a killed run; and where the
    /// signature may have stayed it is [`MediaError::Left`].
    pub fn export(
        &self,
        set: &OutgoingSet<'_>,
        grammar: impl Fn(&str) -> Option<Recognised>,
    ) -> Result<(), MediaError> {
        self.top.sweep_here()?;
        let held = self.must_be_free_for(set, grammar)?;
        let mut written = Written { medium: self, names: held, put: 0 };
        written.put_all(set).map_err(|error| {
            let may_be_whole = written.names.contains(&set.signature.name);
            let taken = written.take_away().and_then(|()| self.must_be_there());
            // What is said of a removal on a device that is gone may be true in memory alone.
            let is_taken = taken.is_ok() && !matches!(error, MediaError::Gone(_));
            if is_taken || !may_be_whole { error } else { MediaError::Left(shown(self.path()), error.to_string()) }
        })
    }

    /// Demands that [`Medium::export`] could begin: asked before something is written down that says what leaves.
    ///
    /// # Errors
    /// [`MediaError::Occupied`] and [`MediaError::Room`], as there; [`MediaError::ReadOnly`] and [`MediaError::Denied`];
    /// [`MediaError::Left`] where all of `set` seems to lie there and cannot be read.
    pub fn must_take(
        &self,
        set: &OutgoingSet<'_>,
        grammar: impl Fn(&str) -> Option<Recognised>,
    ) -> Result<(), MediaError> {
        fs::accessat(self.top.fd(), ".", fs::Access::WRITE_OK, fs::AtFlags::EACCESS)
            .map_err(|e| StoreError::of(self.path(), e))?;
        // Also where it is not free, what a killed run left half-written is in nobody's way.
        self.top.sweep_here()?;
        self.must_be_free_for(set, grammar).map(drop)
    }

    /// Reads all of `set` from the device and compares.
    pub(super) fn holds_all(&self, set: &OutgoingSet<'_>) -> Result<(), MediaError> {
        set.files().into_iter().try_for_each(|file| self.read_back(file))
    }

    /// Removes the files of `set`, the signature first, whatever they hold.
    ///
    /// # Errors
    /// What the medium says; they may lie there then.
    pub fn take_away(&self, set: &OutgoingSet<'_>) -> Result<(), MediaError> {
        set.files().iter().rev().try_for_each(|file| self.remove(file.name))?;
        self.must_be_there()
    }

    /// Removes a file, durably, if it is there.
    fn remove(&self, name: &str) -> Result<(), MediaError> {
        if self.top.holds(name)? {
            self.top.remove(name)?;
        }
        Ok(self.top.flush()?)
    }

    /// Has the device keep what was done.
    pub(super) fn flush(&self) -> Result<(), MediaError> {
        fs::syncfs(self.top.fd()).map_err(|e| StoreError::of(self.path(), e))?;
        Ok(())
    }

    /// The files of `set` that lie there by now, byte for byte.
    fn must_be_free_for<'a>(
        &self,
        set: &OutgoingSet<'a>,
        grammar: impl Fn(&str) -> Option<Recognised>,
    ) -> Result<Vec<&'a str>, MediaError> {
        let files = set.files();
        let (mut held, mut missing) = (Vec::new(), files.to_vec());
        for entry in self.top.entries()? {
            let is_transfer = entry.nameable && grammar(&entry.name).is_some();
            if let Some(file) = files.iter().find(|file| file.name == entry.name) {
                held.push(*file);
                missing.retain(|other| other.name != file.name);
            } else if is_transfer || files.iter().any(|file| file.name.eq_ignore_ascii_case(&entry.name)) {
                return Err(MediaError::Occupied(text::clip(&entry.name, 120)));
            }
        }
        let is_signed = held.iter().any(|file| file.name == set.signature.name);
        held.iter().try_for_each(|file| self.must_hold(*file)).map_err(|error| match error {
            MediaError::Occupied(_) => error,
            error if is_signed => MediaError::Left(shown(self.path()), error.to_string()),
            error => error,
        })?;
        // A signature that was there first would vouch for a set that is not whole yet.
        if is_signed && !missing.is_empty() {
            return Err(MediaError::Occupied(text::escape(set.signature.name)));
        }
        self.must_have_room(missing.iter().map(|file| file.bytes.len() as u64).sum::<u64>())?;
        Ok(files.iter().map(|file| file.name).filter(|name| held.iter().any(|file| file.name == *name)).collect())
    }

    fn must_hold(&self, file: Outgoing<'_>) -> Result<(), MediaError> {
        match self.read_back(file) {
            Err(MediaError::ReadBack(name) | MediaError::TooLarge(name, _) | MediaError::NotRegular(name)) => {
                Err(MediaError::Occupied(name))
            }
            judged => judged,
        }
    }

    fn must_have_room(&self, bytes: u64) -> Result<(), MediaError> {
        let needed = bytes.saturating_mul(2);
        match self.free()? {
            Some(free) if free < needed => Err(MediaError::Room { needed, free }),
            _ => Ok(()),
        }
    }

    fn write(&self, file: Outgoing<'_>) -> Result<(), MediaError> {
        let mut new = NewFile::create(&self.top, file.name, 0o644)?;
        new.write_all(file.bytes)?;
        new.commit()?;
        Ok(())
    }

    /// Reads `file` from the device, not from memory, and compares.
    fn read_back(&self, file: Outgoing<'_>) -> Result<(), MediaError> {
        let path = self.path().join(file.name);
        let fault = |e| StoreError::of(&path, e);
        let length = file.bytes.len() as u64;
        let (mut source, found) = self.top.open_regular(file.name, length)?;
        // What a file of a killed run has left dirty stays in memory until it is flushed.
        fs::fsync(&source).map_err(fault)?;
        fs::fadvise(&source, 0, None, Advice::DontNeed).map_err(fault)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = source.read(&mut buffer).map_err(|e| StoreError::of_io(&path, e))?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
        }
        let same = found == length && Digest::from_bytes(hasher.finalize().into()) == Digest::of(file.bytes);
        if same { Ok(()) } else { Err(MediaError::ReadBack(shown(&path))) }
    }
}

impl<'a> OutgoingSet<'a> {
    /// In the order in which they are written.
    fn files(&self) -> [Outgoing<'a>; Part::ALL.len()] {
        [self.payload, self.statement, self.signature]
    }
}

impl<'a> Written<'a> {
    fn put_all(&mut self, set: &OutgoingSet<'a>) -> Result<(), MediaError> {
        for file in set.files() {
            if !self.medium.top.holds(file.name)? {
                self.put(file)?;
            }
            self.medium.read_back(file)?;
        }
        self.medium.flush()?;
        self.medium.must_be_there()
    }

    fn put(&mut self, file: Outgoing<'a>) -> Result<(), MediaError> {
        let was_writable = self.put > 0;
        // Before it is written: of a file that got its name and was not flushed nobody knows whether it is there.
        self.names.push(file.name);
        self.put += 1;
        self.medium.write(file).map_err(|e| match e {
            // A file system that meets a failing device protects itself by turning read-only.
            MediaError::ReadOnly(path) if was_writable => MediaError::Gone(path),
            MediaError::Occupied(path) => {
                // Somebody else's.
                self.names.pop();
                MediaError::Occupied(path)
            }
            e => e,
        })
    }

    /// Takes all of it away, the last file first, and goes on where one fails.
    fn take_away(&self) -> Result<(), MediaError> {
        let tried: Vec<_> = self.names.iter().rev().map(|name| self.medium.remove(name)).collect();
        tried.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::media::set::tests::grammar;

    const SET: OutgoingSet<'static> = OutgoingSet {
        payload: Outgoing { name: "A.zip", bytes: b"payload" },
        statement: Outgoing { name: "A.txt", bytes: b"statement" },
        signature: Outgoing { name: "A.txt.sig", bytes: b"signature" },
    };

    fn names(medium: &Medium) -> Vec<String> {
        medium.top.entries().unwrap().into_iter().map(|entry| entry.name).collect()
    }

    fn medium_with(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Medium) {
        let base = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(base.path().join(name), bytes).unwrap();
        }
        let medium = Medium::open(base.path()).unwrap();
        (base, medium)
    }

    #[test]
    fn what_is_written_can_be_taken() {
        let (_base, medium) = medium_with(&[("holiday.jpg", b"x")]);
        medium.export(&SET, grammar).unwrap();
        assert_eq!(medium.list(grammar).unwrap().one_transfer().unwrap().stem, "A");
        assert_eq!(medium.top.read("A.zip", 99).unwrap().as_slice(), b"payload");
        assert_eq!(names(&medium), ["A.txt", "A.txt.sig", "A.zip", "holiday.jpg"]);
    }

    #[test]
    fn nothing_is_written_over_or_beside_another_transfer() {
        for (name, bytes) in [
            ("A.zip", b"PAYLOAD".as_slice()),
            ("A.zip", b"longer than the payload"),
            ("A.zip", b""),
            ("A.txt", b"other"),
            ("A.txt.sig", b"signature"),
            ("a.ZIP", b"payload"),
            ("B.txt", b""),
        ] {
            let (_base, medium) = medium_with(&[(name, bytes)]);
            assert!(matches!(medium.export(&SET, grammar), Err(MediaError::Occupied(_))), "{name} {bytes:?}");
            assert_eq!(names(&medium), [name]);
            assert_eq!(medium.top.read(name, 99).unwrap().as_slice(), bytes);
        }
    }

    #[test]
    fn links_are_neither_followed_nor_replaced() {
        let (base, medium) = medium_with(&[]);
        std::os::unix::fs::symlink("/tmp/elsewhere", base.path().join("A.zip")).unwrap();
        assert!(matches!(medium.export(&SET, grammar), Err(MediaError::Occupied(_))));
        assert_eq!(names(&medium), ["A.zip"]);
    }

    #[test]
    fn what_a_killed_run_left_is_completed() {
        let whole: [(&str, &[u8]); 3] = [("A.zip", b"payload"), ("A.txt", b"statement"), ("A.txt.sig", b"signature")];
        for left in 0..=whole.len() {
            let (_base, medium) = medium_with(&whole[..left]);
            medium.export(&SET, grammar).unwrap();
            assert_eq!(medium.list(grammar).unwrap().one_transfer().unwrap().stem, "A");
        }
    }

    #[test]
    fn unfinished_files_of_a_killed_run_are_removed() {
        let (_base, medium) = medium_with(&[(".A.zip.0011223344556677.airlock-tmp", b"pay")]);
        medium.export(&SET, grammar).unwrap();
        assert_eq!(names(&medium), ["A.txt", "A.txt.sig", "A.zip"]);
    }

    #[test]
    fn a_medium_that_lies_keeps_nothing() {
        let (_base, medium) = medium_with(&[]);
        let mut written = Written { medium: &medium, names: Vec::new(), put: 0 };
        for file in SET.files() {
            written.put(file).unwrap();
        }
        let lie = Outgoing { name: "A.txt.sig", bytes: b"signaturE" };
        assert!(matches!(medium.read_back(lie), Err(MediaError::ReadBack(_))));
        assert!(medium.read_back(SET.signature).is_ok());
        written.take_away().unwrap();
        assert!(names(&medium).is_empty());
    }

    #[test]
    fn a_name_taken_meanwhile_is_not_taken_away() {
        let (_base, medium) = medium_with(&[("A.txt", b"somebody else's")]);
        let mut written = Written { medium: &medium, names: Vec::new(), put: 0 };
        written.put(SET.payload).unwrap();
        assert!(matches!(written.put(SET.statement), Err(MediaError::Occupied(_))));
        written.take_away().unwrap();
        assert_eq!(names(&medium), ["A.txt"]);
    }

    #[test]
    fn what_is_gone_may_hold_what_was_taken_away() {
        let base = tempfile::tempdir().unwrap();
        let medium = |device: &str| {
            Medium::held(crate::devices::store::Directory::open(base.path()).unwrap(), base.path().join(device))
        };
        // Everything is written and removed again, as far as anybody here can see.
        assert!(matches!(medium("pulled").export(&SET, grammar), Err(MediaError::Left(..))));
        assert!(names(&medium(".")).is_empty());
        assert!(medium(".").export(&SET, grammar).is_ok());
    }

    #[test]
    fn a_set_of_a_killed_run_that_cannot_be_read_again_may_lie_there() {
        let whole: [(&str, &[u8]); 3] = [("A.zip", b"payload"), ("A.txt", b"statement"), ("A.txt.sig", b"signature")];
        for left in 0..=whole.len() {
            let (base, _) = medium_with(&whole[..left]);
            let top = crate::devices::store::Directory::open(base.path()).unwrap();
            // Pulled out: it is written and read in memory alone.
            let pulled = Medium::held(top, base.path().join("pulled"));
            assert!(matches!(pulled.export(&SET, grammar), Err(MediaError::Left(..))), "{left}");
            assert!(names(&pulled).is_empty(), "what a killed run left is taken away, too");
        }
    }

    #[test]
    fn another_directory_in_its_place_is_noticed() {
        let (base, medium) = medium_with(&[]);
        assert!(medium.must_be_there().is_ok());
        let moved = base.path().with_extension("moved");
        std::fs::rename(base.path(), &moved).unwrap();
        assert!(matches!(medium.must_be_there(), Err(MediaError::Gone(_))));
        std::fs::create_dir(base.path()).unwrap();
        assert!(matches!(medium.export(&SET, grammar), Err(MediaError::Left(..))));
        assert!(std::fs::read_dir(&moved).unwrap().next().is_none());
        std::fs::remove_dir(&moved).unwrap();
    }
}
