//! Who decrypts: our own age identity, and its file.
//!
//! The file is what `age-keygen | age -p` makes: the identity as text, encrypted with a passphrase through scrypt, not
//! armored. `age -d -i FILE` takes it as it is.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::iter;

use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::exchange::seal::header::Header;
use crate::exchange::seal::recipient::Recipient;
use crate::refusal::{Class, Reason, Refusal};

/// The scrypt work factor of the files written here, as `age -p` uses it: N = 2^18, about a second and 256 MiB.
pub const WORK_FACTOR: u8 = 18;

/// The highest work factor that is worked through: 4 GiB.
const MAX_WORK_FACTOR: u8 = 22;
const MAX_FILE: usize = 64 << 10;

/// A secret key of age, X25519, wiped when dropped.
pub struct Identity(x25519::Identity);

/// Why an identity file cannot be used.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum IdentityError {
    /// Not a passphrase-encrypted age file.
    #[error("not an age file encrypted with a passphrase")]
    Form,
    /// The work factor is too high.
    #[error("the identity file asks for a scrypt work factor above {MAX_WORK_FACTOR}")]
    Work,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the identity file")]
    Passphrase,
    /// It opens, and holds something else than one X25519 identity.
    #[error("the identity file does not hold one X25519 identity")]
    Content,
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    Empty,
}

impl Identity {
    /// A new identity from the system's randomness, which the `age` crate draws itself.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// The public half.
    pub fn recipient(&self) -> Recipient {
        Recipient::new(self.0.to_public())
    }

    pub(super) const fn as_age(&self) -> &x25519::Identity {
        &self.0
    }

    /// The identity file, encrypted with `passphrase`.
    ///
    /// # Errors
    /// [`IdentityError::Empty`].
    pub fn lock(&self, passphrase: &SecretString) -> Result<Vec<u8>, IdentityError> {
        if passphrase.expose_secret().is_empty() {
            return Err(IdentityError::Empty);
        }
        let text = self.to_text();
        let mut key = scrypt::Recipient::new(passphrase.clone());
        key.set_work_factor(WORK_FACTOR);
        let encryptor = Encryptor::with_recipients(iter::once(&key as &dyn age::Recipient));
        let mut writer =
            encryptor.map_err(|_| IdentityError::Form)?.wrap_output(Vec::new()).map_err(|_| IdentityError::Form)?;
        writer.write_all(text.as_bytes()).map_err(|_| IdentityError::Form)?;
        writer.finish().map_err(|_| IdentityError::Form)
    }

    /// The identity in clear, as `age-keygen` writes it, for a host on which nobody types a passphrase.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(256));
        text.push_str(&format!("# public key: {}\n", self.recipient()));
        text.push_str(self.0.to_string().expose_secret());
        text.push('\n');
        text
    }

    /// Opens an identity file.
    ///
    /// # Errors
    /// Any [`IdentityError`]; [`IdentityError::Passphrase`] also where the wrapped key is damaged, which cannot be told
    /// apart.
    pub fn unlock(file: &[u8], passphrase: &SecretString) -> Result<Self, IdentityError> {
        if file.len() > MAX_FILE {
            return Err(IdentityError::Form);
        }
        let header = Header::parse(file).map_err(|_| IdentityError::Form)?;
        if !matches!(header.stanzas.as_slice(), [only] if only.tag == "scrypt") {
            return Err(IdentityError::Form);
        }
        let mut key = scrypt::Identity::new(passphrase.clone());
        key.set_max_work_factor(MAX_WORK_FACTOR);
        let decryptor = Decryptor::new_buffered(file).map_err(|_| IdentityError::Form)?;
        let mut reader = decryptor.decrypt(iter::once(&key as &dyn age::Identity)).map_err(refused)?;
        let mut text = Zeroizing::new(Vec::with_capacity(file.len()));
        reader.read_to_end(&mut text).map_err(|_| IdentityError::Form)?;
        Self::read(&text)
    }

    /// Reads an identity file that is not encrypted, as `age-keygen` writes it: one identity among comments and empty
    /// lines.
    ///
    /// # Errors
    /// [`IdentityError::Content`].
    pub fn read(text: &[u8]) -> Result<Self, IdentityError> {
        let text = std::str::from_utf8(text).map_err(|_| IdentityError::Content)?;
        let mut secrets = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        match (secrets.next(), secrets.next()) {
            (Some(secret), None) => secret.parse().map(Self).map_err(|_| IdentityError::Content),
            _ => Err(IdentityError::Content),
        }
    }
}

fn refused(error: DecryptError) -> IdentityError {
    match error {
        DecryptError::ExcessiveWork { .. } => IdentityError::Work,
        DecryptError::DecryptionFailed | DecryptError::NoMatchingKeys => IdentityError::Passphrase,
        _ => IdentityError::Form,
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.recipient())
    }
}

impl Refusal for IdentityError {
    fn reason(&self) -> Reason {
        match self {
            Self::Form => {
                Reason::new(Class::Authentication, "IDENTITY_FORM", "give a file made by age -p or by this program")
            }
            Self::Work => Reason::new(Class::Authentication, "IDENTITY_WORK", "encrypt the identity again with age -p"),
            Self::Passphrase => Reason::new(Class::Authentication, "IDENTITY_PASSPHRASE", "type the passphrase again"),
            Self::Content => {
                Reason::new(Class::Authentication, "IDENTITY_CONTENT", "put one AGE-SECRET-KEY-1 line into the file")
            }
            Self::Empty => Reason::new(Class::Authentication, "IDENTITY_EMPTY", "choose a passphrase"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_locked_identity_opens_with_its_passphrase_only() {
        let identity = Identity::generate();
        let file = identity.lock(&passphrase("correct horse")).unwrap();
        let opened = Identity::unlock(&file, &passphrase("correct horse")).unwrap();
        assert_eq!(opened.recipient(), identity.recipient());
        let refused = Identity::unlock(&file, &passphrase("correct house")).unwrap_err();
        assert_eq!(refused, IdentityError::Passphrase);
        assert_eq!(identity.lock(&passphrase("")), Err(IdentityError::Empty));
    }

    #[test]
    fn other_files_are_refused() {
        let endless = "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n";
        let word = "A".repeat(43);
        let endless = format!("{endless}{word}\n--- {word}\n{}", "x".repeat(64));
        assert_eq!(Identity::unlock(endless.as_bytes(), &passphrase("x")).unwrap_err(), IdentityError::Work);
        for file in [&[][..], b"AGE-SECRET-KEY-1", &endless.as_bytes()[..40], &[b'x'; MAX_FILE + 1]] {
            assert_eq!(Identity::unlock(file, &passphrase("x")).unwrap_err(), IdentityError::Form);
        }
    }

    #[test]
    fn a_plain_file_holds_one_identity() {
        let secret = Identity::generate().0.to_string();
        let secret = secret.expose_secret();
        assert!(Identity::read(format!("# created\n\n{secret}\n").as_bytes()).is_ok());
        for text in ["", "# none\n", "AGE-SECRET-KEY-1", &format!("{secret}\n{secret}\n"), &secret[1..], "\u{fffd}"] {
            assert_eq!(Identity::read(text.as_bytes()).unwrap_err(), IdentityError::Content, "{text}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let identity = Identity::generate();
        assert_eq!(format!("{identity:?}"), format!("Identity({})", identity.recipient()));
    }
}
