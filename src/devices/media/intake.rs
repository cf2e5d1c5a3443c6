//! Copying a transfer in. The copy is what everybody works on from then on; the medium may leave.

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

use super::fault::MediaError;
use super::medium::Medium;
use super::set::{Part, TransferSet};
use crate::devices::store::fault::shown;
use crate::devices::store::{Directory, NewFile, StoreError};
use crate::wire::digest::Digest;

/// The longest files that are copied, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the bundle or package.
    pub payload: u64,
    /// Of the statement.
    pub statement: u64,
    /// Of the signature.
    pub signature: u64,
}

/// A file that was copied in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Which of the three it is.
    pub part: Part,
    /// Its name, here as there.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// What was copied, hashed on the way.
    pub digest: Digest,
}

impl Limits {
    pub(super) fn of(&self, part: Part) -> u64 {
        match part {
            Part::Payload => self.payload,
            Part::Statement => self.statement,
            Part::Signature => self.signature,
        }
    }
}

impl TransferSet {
    /// The name of `part`.
    pub fn name(&self, part: Part) -> &str {
        match part {
            Part::Payload => &self.payload,
            Part::Statement => &self.statement,
            Part::Signature => &self.signature,
        }
    }
}

impl Medium {
    /// Copies the three files of `set` into the local directory `quarantine`, mode 0600, in the order of [`Part::ALL`].
    ///
    /// # Errors
    /// [`MediaError::TooLarge`], [`MediaError::NotRegular`], [`MediaError::Changed`] and what else the medium says;
    /// [`MediaError::Local`] for the local disk. After an error none of the three lies in `quarantine`.
    pub fn copy_in(
        &self,
        set: &TransferSet,
        limits: &Limits,
        quarantine: &Directory,
    ) -> Result<Vec<Copied>, MediaError> {
        let mut copied: Vec<Copied> = Vec::new();
        for part in Part::ALL {
            match self.copy(part, set.name(part), limits.of(part), quarantine) {
                Ok(file) => copied.push(file),
                Err(e) => {
                    for file in &copied {
                        let _ = quarantine.remove(&file.name);
                    }
                    return Err(e);
                }
            }
        }
        Ok(copied)
    }

    fn copy(&self, part: Part, name: &str, limit: u64, quarantine: &Directory) -> Result<Copied, MediaError> {
        let (file, length) = self.top.open_regular(name, limit)?;
        let path = self.path().join(name);
        let mut rest = file.take(length.saturating_add(1));
        let mut copy = NewFile::create(quarantine, name, 0o600).map_err(MediaError::Local)?;
        let mut hasher = Sha256::new();
        let mut seen = 0;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = rest.read(&mut buffer).map_err(|e| StoreError::of_io(&path, e))?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
            copy.write_all(bytes).map_err(MediaError::Local)?;
            seen += bytes.len() as u64;
        }
        if seen != length {
            return Err(MediaError::Changed(shown(&path)));
        }
        copy.commit().map_err(MediaError::Local)?;
        Ok(Copied { part, name: name.to_owned(), length, digest: Digest::from_bytes(hasher.finalize().into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::media::set::tests::grammar;

    const LIMITS: Limits = Limits { payload: 200_000, statement: 512, signature: 1024 };

    fn medium(payload: &[u8]) -> (tempfile::TempDir, Medium, TransferSet) {
        let base = tempfile::tempdir().unwrap();
        for (name, bytes) in [("A.zip", payload), ("A.txt", b"statement"), ("A.txt.sig", b"signature")] {
            std::fs::write(base.path().join(name), bytes).unwrap();
        }
        let medium = Medium::open(base.path()).unwrap();
        let set = medium.list(grammar).unwrap().one_transfer().unwrap();
        (base, medium, set)
    }

    fn names(directory: &Directory) -> Vec<String> {
        directory.entries().unwrap().into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn the_copy_is_the_original() {
        let payload: Vec<u8> = (0..200_000_u32).map(|i| i as u8).collect();
        let (_base, medium, set) = medium(&payload);
        let local = tempfile::tempdir().unwrap();
        let quarantine = Directory::open(local.path()).unwrap();
        let copied = medium.copy_in(&set, &LIMITS, &quarantine).unwrap();
        assert_eq!(copied.iter().map(|c| c.part).collect::<Vec<_>>(), Part::ALL);
        assert_eq!((copied[0].length, copied[0].digest), (200_000, Digest::of(&payload)));
        assert_eq!(quarantine.read("A.zip", 200_000).unwrap().as_slice(), payload);
        assert_eq!(names(&quarantine), ["A.txt", "A.txt.sig", "A.zip"]);
    }

    #[test]
    fn too_long_a_file_leaves_nothing_behind() {
        let (_base, medium, set) = medium(b"payload");
        let local = tempfile::tempdir().unwrap();
        let quarantine = Directory::open(local.path()).unwrap();
        for limits in
            [Limits { payload: 6, ..LIMITS }, Limits { statement: 8, ..LIMITS }, Limits { signature: 8, ..LIMITS }]
        {
            let refused = medium.copy_in(&set, &limits, &quarantine);
            assert!(matches!(refused, Err(MediaError::TooLarge(..))), "{limits:?}");
            assert!(names(&quarantine).is_empty());
        }
    }

    #[test]
    fn what_was_exchanged_after_listing_is_not_followed() {
        let (base, medium, set) = medium(b"payload");
        std::fs::remove_file(base.path().join("A.txt")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", base.path().join("A.txt")).unwrap();
        let local = tempfile::tempdir().unwrap();
        let quarantine = Directory::open(local.path()).unwrap();
        assert!(matches!(medium.copy_in(&set, &LIMITS, &quarantine), Err(MediaError::NotRegular(_))));
        assert!(names(&quarantine).is_empty());
    }

    #[test]
    fn a_file_that_grows_while_it_is_copied_is_refused() {
        let medium = Medium::open(std::path::Path::new("/proc/self")).unwrap();
        let name = "status".to_owned();
        let set = TransferSet { stem: name.clone(), payload: name.clone(), statement: name.clone(), signature: name };
        let local = tempfile::tempdir().unwrap();
        let quarantine = Directory::open(local.path()).unwrap();
        assert!(matches!(medium.copy_in(&set, &LIMITS, &quarantine), Err(MediaError::Changed(_))));
        assert!(names(&quarantine).is_empty());
    }

    #[test]
    fn a_taken_name_in_the_quarantine_is_the_local_disk_s_fault() {
        let (_base, medium, set) = medium(b"payload");
        let local = tempfile::tempdir().unwrap();
        let quarantine = Directory::open(local.path()).unwrap();
        quarantine.create_new("A.txt", b"older", 0o600).unwrap();
        let refused = medium.copy_in(&set, &LIMITS, &quarantine);
        assert!(matches!(refused, Err(MediaError::Local(StoreError::Exists(_)))));
        assert_eq!(names(&quarantine), ["A.txt"]);
        assert_eq!(quarantine.read("A.txt", 9).unwrap().as_slice(), b"older");
    }
}
