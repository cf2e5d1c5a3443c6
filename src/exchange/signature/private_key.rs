//! Signing keys in files: OpenSSH private keys, Ed25519, encrypted with a passphrase through bcrypt-pbkdf.
//!
//! `ssh-keygen` reads what is written here, and what `ssh-keygen -t ed25519` writes is read here. A key without a
//! passphrase is refused.

use std::fmt;

use ed25519_dalek::Signer as _;
use secrecy::{ExposeSecret as _, SecretString};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{Algorithm, Cipher, Kdf, LineEnding, PrivateKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::exchange::signature::SigningKey;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// Rounds of bcrypt-pbkdf in the files written here, `ssh-keygen -a`.
pub const ROUNDS: u32 = 200;

/// More rounds than this are not worked through.
const MAX_ROUNDS: u32 = 2000;
const MAX_FILE: usize = 16 << 10;

/// An Ed25519 key in memory, wiped when dropped.
pub struct SoftwareKey {
    key: ed25519_dalek::SigningKey,
    public: SshPublicKey,
}

/// Why a key file cannot be used.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum PrivateKeyError {
    /// Not an OpenSSH private key file, or a damaged one.
    #[error("not an OpenSSH private key file")]
    Form,
    /// Not Ed25519.
    #[error("the private key is not an Ed25519 key")]
    Type,
    /// Not encrypted.
    #[error("the private key has no passphrase")]
    Unencrypted,
    /// Too many rounds of bcrypt-pbkdf.
    #[error("the private key asks for more than {MAX_ROUNDS} rounds of bcrypt-pbkdf")]
    Rounds,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the private key")]
    Passphrase,
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    Empty,
}

impl SoftwareKey {
    /// The key of a seed of 32 random bytes (RFC 8032, 5.1.5).
    ///
    /// # Errors
    /// [`PrivateKeyError::Form`] for a seed whose public key is weak, which no random seed is.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Result<Self, PrivateKeyError> {
        Self::new(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    fn new(key: ed25519_dalek::SigningKey) -> Result<Self, PrivateKeyError> {
        let public = SshPublicKey::from_ed25519(key.verifying_key().as_bytes()).map_err(|_| PrivateKeyError::Form)?;
        Ok(Self { key, public })
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// Any [`PrivateKeyError`]; [`PrivateKeyError::Passphrase`] also where the encrypted part is damaged, which cannot
    /// be told apart.
    pub fn unlock(file: &[u8], passphrase: &SecretString) -> Result<Self, PrivateKeyError> {
        if file.len() > MAX_FILE {
            return Err(PrivateKeyError::Form);
        }
        let locked = PrivateKey::from_openssh(file).map_err(|_| PrivateKeyError::Form)?;
        match locked.kdf() {
            Kdf::Bcrypt { rounds: 1..=MAX_ROUNDS, .. } => {}
            Kdf::Bcrypt { .. } => return Err(PrivateKeyError::Rounds),
            _ => return Err(PrivateKeyError::Unencrypted),
        }
        if locked.algorithm() != Algorithm::Ed25519 {
            return Err(PrivateKeyError::Type);
        }
        let open = locked.decrypt(passphrase.expose_secret()).map_err(|_| PrivateKeyError::Passphrase)?;
        let KeypairData::Ed25519(pair) = open.key_data() else { return Err(PrivateKeyError::Type) };
        Self::new(ed25519_dalek::SigningKey::from(&pair.private))
    }

    /// The key file: OpenSSH's own format, aes256-ctr, [`ROUNDS`] rounds. `random` is 16 bytes of salt and 4 of the
    /// check integer.
    ///
    /// # Errors
    /// [`PrivateKeyError::Empty`].
    pub fn lock(
        &self,
        passphrase: &SecretString,
        comment: &str,
        random: [u8; 20],
    ) -> Result<Zeroizing<String>, PrivateKeyError> {
        if passphrase.expose_secret().is_empty() {
            return Err(PrivateKeyError::Empty);
        }
        let [salt @ .., a, b, c, d] = random;
        let salt: [u8; 16] = salt;
        let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds: ROUNDS };
        let pair = KeypairData::Ed25519(Ed25519Keypair::from(&self.key));
        PrivateKey::new(pair, comment)
            .and_then(|key| {
                key.encrypt_with(Cipher::Aes256Ctr, kdf, u32::from_be_bytes([a, b, c, d]), passphrase.expose_secret())
            })
            .and_then(|key| key.to_openssh(LineEnding::LF))
            .map_err(|_| PrivateKeyError::Form)
    }
}

impl SigningKey for SoftwareKey {
    fn public_key(&self) -> &SshPublicKey {
        &self.public
    }

    fn sign(&self, blob: &[u8]) -> Result<[u8; 64], Refused> {
        Ok(self.key.sign(blob).to_bytes())
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKey({})", self.public.fingerprint())
    }
}

impl Refusal for PrivateKeyError {
    fn reason(&self) -> Reason {
        match self {
            Self::Form => Reason::new(Class::Authentication, "PRIVATE_KEY_FORM", "give a file that ssh-keygen wrote"),
            Self::Type => {
                Reason::new(Class::Authentication, "PRIVATE_KEY_TYPE", "make a key with ssh-keygen -t ed25519")
            }
            Self::Unencrypted => Reason::new(
                Class::Authentication,
                "PRIVATE_KEY_UNENCRYPTED",
                "set a passphrase with ssh-keygen -p -a 200",
            ),
            Self::Rounds => {
                Reason::new(Class::Authentication, "PRIVATE_KEY_ROUNDS", "set fewer rounds with ssh-keygen -p -a 200")
            }
            Self::Passphrase => {
                Reason::new(Class::Authentication, "PRIVATE_KEY_PASSPHRASE", "type the passphrase again")
            }
            Self::Empty => Reason::new(Class::Authentication, "PRIVATE_KEY_EMPTY", "choose a passphrase"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SoftwareKey {
        SoftwareKey::from_seed(&Zeroizing::new([7; 32])).unwrap()
    }

    fn passphrase(text: &str) -> SecretString {
        SecretString::from(text)
    }

    /// A file as ssh-keygen might write it, with any cost.
    fn file(pair: KeypairData, rounds: Option<u32>) -> Zeroizing<String> {
        let plain = PrivateKey::new(pair, "chen").unwrap();
        let key = match rounds {
            None => plain,
            Some(rounds) => {
                plain.encrypt_with(Cipher::Aes256Ctr, Kdf::Bcrypt { salt: vec![1; 16], rounds }, 5, "pass").unwrap()
            }
        };
        key.to_openssh(LineEnding::LF).unwrap()
    }

    fn pair() -> KeypairData {
        KeypairData::Ed25519(Ed25519Keypair::from_seed(&[7; 32]))
    }

    fn unlock(file: &str) -> Option<PrivateKeyError> {
        SoftwareKey::unlock(file.as_bytes(), &passphrase("pass")).err()
    }

    #[test]
    fn a_locked_key_opens_with_its_passphrase_only() {
        let file = key().lock(&passphrase("correct horse"), "chen", [9; 20]).unwrap();
        let opened = SoftwareKey::unlock(file.as_bytes(), &passphrase("correct horse")).unwrap();
        assert_eq!(opened.public_key(), key().public_key());
        let refused = SoftwareKey::unlock(file.as_bytes(), &passphrase("correct house")).unwrap_err();
        assert_eq!(refused, PrivateKeyError::Passphrase);
    }

    #[test]
    fn keys_without_protection_are_refused() {
        assert_eq!(unlock(&file(pair(), Some(1))), None);
        assert_eq!(unlock(&file(pair(), None)), Some(PrivateKeyError::Unencrypted));
        assert_eq!(key().lock(&passphrase(""), "chen", [9; 20]).err(), Some(PrivateKeyError::Empty));
    }

    #[test]
    fn endless_work_is_refused_before_it_begins() {
        let mut bytes = PrivateKey::from_openssh(&*file(pair(), Some(1))).unwrap().to_bytes().unwrap().to_vec();
        let salt = bytes.windows(16).position(|window| window == [1; 16]).unwrap();
        bytes[salt + 16..salt + 20].copy_from_slice(&u32::MAX.to_be_bytes());
        let locked = PrivateKey::from_bytes(&bytes).unwrap().to_openssh(LineEnding::LF).unwrap();
        assert_eq!(unlock(&locked), Some(PrivateKeyError::Rounds));
    }

    #[test]
    fn other_files_are_refused() {
        let good = file(pair(), Some(1));
        for text in
            ["", "ssh-ed25519 AAAA", &good[..good.len() / 2], &good.replace("OPENSSH ", ""), &"x".repeat(MAX_FILE + 1)]
        {
            assert_eq!(unlock(text), Some(PrivateKeyError::Form), "{text}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", key());
        assert!(shown.starts_with("SoftwareKey(SHA256:"), "{shown}");
        assert!(!shown.contains(&hex::encode([7; 32])));
    }
}
