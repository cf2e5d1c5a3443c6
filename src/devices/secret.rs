//! PINs and passphrases that a person left in a file or hands over through a descriptor; never on the command line, in
//! the environment or in a config.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

use super::store::{Links, StoreError, read_own_file};
use crate::refusal::{Class, Reason, Refusal};

/// The longest secret, in bytes.
const MAX: u64 = 1024;
/// What others may not do with its file: anything.
const OTHERS: u32 = 0o077;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a regular file, private to its owner.
    File(PathBuf),
    /// Behind a descriptor that was opened for this process.
    Descriptor(u32),
}

/// Why there is no secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The file could not be read.
    #[error("the secret cannot be read: {0}")]
    File(#[from] StoreError),
    /// The descriptor could not be read.
    #[error("the secret cannot be read from descriptor {0}")]
    Descriptor(u32),
    /// Empty, not UTF-8, or of several lines.
    #[error("the secret is not one line of text of 1 to {MAX} bytes")]
    Form,
}

impl SecretSource {
    /// Reads it: one line of UTF-8, its line end dropped.
    ///
    /// # Errors
    /// Any [`SecretError`]; none of them tells anything of the secret.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let bytes = match self {
            Self::File(path) => read_own_file(path, MAX, Links::Follow, OTHERS)?,
            Self::Descriptor(number) => read_descriptor(*number)?,
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::Form)?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        if line.is_empty() || line.contains(['\n', '\r', '\0']) {
            return Err(SecretError::Form);
        }
        Ok(SecretString::from(line))
    }
}

fn read_descriptor(number: u32) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    // Opened by its path: taking over a bare number would be unsafe.
    let file = File::open(Path::new("/proc/self/fd").join(number.to_string()));
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX as usize + 1));
    file.and_then(|file| file.take(MAX + 1).read_to_end(&mut bytes)).map_err(|_| SecretError::Descriptor(number))?;
    if bytes.len() as u64 > MAX { Err(SecretError::Form) } else { Ok(bytes) }
}

impl Refusal for SecretError {
    fn reason(&self) -> Reason {
        match self {
            Self::File(StoreError::NotPrivate(_)) => Reason::new(
                Class::Authentication,
                "SECRET_NOT_PRIVATE",
                "change the secret, for others could read it; then keep it in a file of your own, mode 0600",
            ),
            Self::File(error) => error.reason(),
            Self::Descriptor(_) => {
                Reason::new(Class::Usage, "SECRET_DESCRIPTOR", "open the descriptor for this command, as in 3<FILE")
            }
            Self::Form => Reason::new(Class::Usage, "SECRET_FORM", "put the secret alone on the first and only line"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn read(content: &[u8]) -> Result<String, SecretError> {
        let file = file(content);
        SecretSource::File(file.path().to_owned()).read().map(|s| s.expose_secret().to_owned())
    }

    #[test]
    fn one_line_is_taken_without_its_end() {
        assert_eq!(read(b"1234\n").unwrap(), "1234");
        assert_eq!(read("pass phrase \u{e9}".as_bytes()).unwrap(), "pass phrase \u{e9}");
    }

    #[test]
    fn anything_else_is_refused() {
        for content in [&b""[..], b"\n", b"a\nb\n", b"a\r\n", b"\xff\n", b"a\0\n"] {
            assert!(matches!(read(content), Err(SecretError::Form)), "{content:?}");
        }
        assert!(matches!(read(&[b'a'; 1025]), Err(SecretError::File(StoreError::TooLarge(..)))));
        assert!(matches!(SecretSource::File("/nonexistent/x".into()).read(), Err(SecretError::File(_))));
    }

    #[test]
    fn what_others_can_read_is_no_secret() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file(b"1234\n");
        for (mode, code) in [(0o600, ""), (0o400, ""), (0o640, "SECRET_NOT_PRIVATE"), (0o604, "SECRET_NOT_PRIVATE")] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let read = SecretSource::File(file.path().to_owned()).read();
            assert_eq!(read.map_or_else(|error| error.reason().code, |_| ""), code, "{mode:o}");
        }
    }

    #[test]
    fn a_descriptor_is_read_too() {
        let file = file(b"1234\n");
        let number = u32::try_from(file.as_raw_fd()).unwrap();
        assert_eq!(SecretSource::Descriptor(number).read().unwrap().expose_secret(), "1234");
        assert!(matches!(SecretSource::Descriptor(9999).read(), Err(SecretError::Descriptor(9999))));
    }
}
