//! Blobs named by their digest, `objects/<sha256>`: the log names what it speaks of, this holds it.

use thiserror::Error;

use crate::devices::store::{Directory, StoreError};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

/// The largest blob: a container.
pub const MAX_OBJECT: u64 = 256 << 20;

const DIRECTORY: &str = "objects";
const PRIVATE: u32 = 0o600;

/// The blobs of a state directory.
#[derive(Debug)]
pub struct Objects(Directory);

/// Why a blob is not to be had.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The log names it and it is not there.
    #[error("the state holds no object {0}")]
    Missing(Digest),
    /// What lies there is something else.
    #[error("the object {0} of the state does not match its name")]
    Damaged(Digest),
    /// The disk refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Objects {
    /// Opens the blobs of `state`, making their directory where it is missing.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn within(state: &Directory) -> Result<Self, StoreError> {
        state.private_within(DIRECTORY).map(Self)
    }

    /// Keeps `bytes`, durably; to keep the same twice is to keep it once.
    ///
    /// # Errors
    /// [`ObjectError::Damaged`] where another blob bears its name; any error of the disk.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, ObjectError> {
        let digest = Digest::of(bytes);
        match self.0.create_or_same(&digest.to_string(), bytes, PRIVATE) {
            Err(StoreError::Differs(_)) => Err(ObjectError::Damaged(digest)),
            done => Ok(done.map(|()| digest)?),
        }
    }

    /// Whether anything bears the name of this digest; where the disk does not say, something does.
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.0.holds(&digest.to_string()).unwrap_or(true)
    }

    /// Removes, as far as the disk lets it, a blob that no entry names and none ever will.
    pub(crate) fn forget(&self, digest: &Digest) {
        let _ = self.0.remove(&digest.to_string());
    }

    /// The blob of this digest, which is checked.
    ///
    /// # Errors
    /// Any [`ObjectError`].
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, ObjectError> {
        let bytes = match self.0.read(&digest.to_string(), MAX_OBJECT) {
            Ok(mut bytes) => std::mem::take(&mut *bytes),
            Err(StoreError::Missing(_)) => return Err(ObjectError::Missing(*digest)),
            Err(e) => return Err(e.into()),
        };
        if Digest::of(&bytes) == *digest { Ok(bytes) } else { Err(ObjectError::Damaged(*digest)) }
    }
}

impl Refusal for ObjectError {
    fn reason(&self) -> Reason {
        let inconsistent =
            |code| Reason::new(Class::Inconsistent, code, "stop; call the auditor; restore the state from a backup");
        match self {
            Self::Missing(_) => inconsistent("OBJECT_MISSING"),
            Self::Damaged(_) => inconsistent("OBJECT_DAMAGED"),
            Self::Store(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> (tempfile::TempDir, Objects) {
        let base = tempfile::tempdir().unwrap();
        let objects = Objects::within(&Directory::private(&base.path().join("state")).unwrap()).unwrap();
        (base, objects)
    }

    #[test]
    fn what_is_kept_is_found_by_its_digest() {
        let (base, objects) = objects();
        let digest = objects.put(b"blob").unwrap();
        assert_eq!(digest, Digest::of(b"blob"));
        assert_eq!(objects.put(b"blob").unwrap(), digest);
        assert_eq!(objects.get(&digest).unwrap(), b"blob");
        assert_eq!(std::fs::read_dir(base.path().join("state/objects")).unwrap().count(), 1);
    }

    #[test]
    fn a_blob_that_is_gone_or_changed_is_not_handed_out() {
        let (base, objects) = objects();
        let digest = objects.put(b"blob").unwrap();
        let path = base.path().join("state/objects").join(digest.to_string());
        for bad in [&b"bloB"[..], b"blo", b"blobs", b""] {
            std::fs::write(&path, bad).unwrap();
            assert_eq!(objects.get(&digest).unwrap_err().reason().code, "OBJECT_DAMAGED");
            assert_eq!(objects.put(b"blob").unwrap_err().reason().code, "OBJECT_DAMAGED");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(objects.get(&digest).unwrap_err().reason().code, "OBJECT_MISSING");
        assert!(objects.put(b"blob").is_ok());
    }
}
