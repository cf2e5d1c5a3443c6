//! The keys of the host itself, in the state directory under `keys/`.
//!
//! ```text
//! statement   log   witness       OpenSSH private keys, Ed25519, encrypted with the passphrase of the host
//! import.age                      the age identity that opens packages, encrypted with a passphrase of its own
//! node.age-identity               instead of all these, on a node: its age identity in clear
//! *.pub                           their public halves
//! ```
//!
//! `ssh-keygen` and `age` read them as they are. The identity of a node is as private as the keys of etcd and of the
//! kubelet, which lie in clear beside it: nobody is there to type a passphrase when a fleet is staged.

use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::devices::entropy::{Entropy, EntropyError};
use crate::devices::store::{Directory, StoreError};
use crate::exchange::seal::identity::{Identity, IdentityError};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::{PrivateKeyError, SoftwareKey};
use crate::exchange::signature::public_key::SshPublicKey;
use crate::refusal::{Class, Reason, Refusal};

const DIRECTORY: &str = "keys";
const IMPORT: &str = "import";
const NODE: &str = "node.age-identity";
const MAX_FILE: u64 = 64 << 10;
const PRIVATE: u32 = 0o600;

/// A signing key of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostKey {
    /// Signs statements and containers.
    Statement,
    /// Signs heads of the host's own log.
    Log,
    /// Cosigns heads of the CA's log.
    Witness,
}

/// The public halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeys {
    /// Of the key that signs statements and containers.
    pub statement: SshPublicKey,
    /// Of the key that signs heads of the host's own log.
    pub log: SshPublicKey,
    /// Of the key that cosigns heads of the CA's log.
    pub witness: SshPublicKey,
    /// Whom packages are encrypted to.
    pub recipient: Recipient,
}

/// The signing keys, unlocked; wiped when dropped.
#[derive(Debug)]
pub struct HostKeys {
    /// Signs statements and containers.
    pub statement: SoftwareKey,
    /// Signs heads of the host's own log.
    pub log: SoftwareKey,
    /// Cosigns heads of the CA's log.
    pub witness: SoftwareKey,
}

/// Why a key of the host cannot be used.
#[derive(Debug, Error)]
pub enum HostKeyError {
    /// The private and the public file are of two keys.
    #[error("the {0} key of this host is not the one that its public file says")]
    Mismatch(&'static str),
    /// A public file holds something else.
    #[error("the public file of the {0} key of this host is damaged")]
    Damaged(&'static str),
    /// The private file does not open.
    #[error("the {0} key of this host: {1}")]
    Locked(&'static str, #[source] PrivateKeyError),
    /// The identity file does not open.
    #[error("the import identity of this host: {0}")]
    Identity(#[from] IdentityError),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The directory of the keys.
#[derive(Debug)]
pub struct KeyStore(Directory);

impl HostKey {
    const ALL: [Self; 3] = [Self::Statement, Self::Log, Self::Witness];

    fn name(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Log => "log",
            Self::Witness => "witness",
        }
    }
}

impl KeyStore {
    /// Opens the keys of `state`, making their directory where it is missing.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn within(state: &Directory) -> Result<Self, StoreError> {
        state.private_within(DIRECTORY).map(Self)
    }

    /// Makes all keys anew. What a set-up that was killed left here never counted, and is removed.
    ///
    /// # Errors
    /// [`HostKeyError`], for an empty passphrase among others.
    pub fn make(
        &self,
        host: &SecretString,
        import: &SecretString,
        entropy: &mut dyn Entropy,
    ) -> Result<PublicKeys, HostKeyError> {
        let locked = HostKey::ALL.map(|which| lock(which, host, entropy));
        let identity = Identity::generate();
        let sealed = identity.lock(import)?;
        for name in self.0.entries()?.iter().filter(|entry| entry.nameable).map(|entry| &entry.name) {
            self.0.remove(name)?;
        }
        for (which, locked) in HostKey::ALL.into_iter().zip(locked) {
            let (file, public) = locked?;
            self.0.create_new(which.name(), file.as_bytes(), PRIVATE)?;
            self.0.create_new(&public_file(which.name()), format!("{public}\n").as_bytes(), PRIVATE)?;
        }
        self.0.create_new(&format!("{IMPORT}.age"), &sealed, PRIVATE)?;
        self.0.create_new(&public_file(IMPORT), format!("{}\n", identity.recipient()).as_bytes(), PRIVATE)?;
        self.public()
    }

    /// Reads the public halves.
    ///
    /// # Errors
    /// [`HostKeyError::Damaged`]; any error of the disk.
    pub fn public(&self) -> Result<PublicKeys, HostKeyError> {
        let key = |which: HostKey| {
            let line = self.0.read(&public_file(which.name()), MAX_FILE)?;
            let line = std::str::from_utf8(&line).ok().and_then(|line| SshPublicKey::from_line(line).ok());
            line.ok_or(HostKeyError::Damaged(which.name()))
        };
        let recipient = self.0.read(&public_file(IMPORT), MAX_FILE)?;
        let recipient = std::str::from_utf8(&recipient).ok().and_then(|line| line.trim_end().parse().ok());
        Ok(PublicKeys {
            statement: key(HostKey::Statement)?,
            log: key(HostKey::Log)?,
            witness: key(HostKey::Witness)?,
            recipient: recipient.ok_or(HostKeyError::Damaged(IMPORT))?,
        })
    }

    /// Opens the signing keys, side by side: each takes a second of work.
    ///
    /// # Errors
    /// [`HostKeyError::Locked`], [`HostKeyError::Mismatch`]; any error of the disk.
    pub fn unlock(&self, passphrase: &SecretString) -> Result<HostKeys, HostKeyError> {
        let open = |which: HostKey| move || self.unlock_one(which, passphrase);
        let [statement, log, witness] = std::thread::scope(|scope| {
            HostKey::ALL
                .map(|which| scope.spawn(open(which)))
                .map(|thread| thread.join().unwrap_or(Err(HostKeyError::Damaged("signing"))))
        });
        Ok(HostKeys { statement: statement?, log: log?, witness: witness? })
    }

    fn unlock_one(&self, which: HostKey, passphrase: &SecretString) -> Result<SoftwareKey, HostKeyError> {
        let file = self.0.read(which.name(), MAX_FILE)?;
        let key = SoftwareKey::unlock(&file, passphrase).map_err(|e| HostKeyError::Locked(which.name(), e))?;
        let public = self.public()?;
        let expected = match which {
            HostKey::Statement => &public.statement,
            HostKey::Log => &public.log,
            HostKey::Witness => &public.witness,
        };
        if key.public_key() == expected { Ok(key) } else { Err(HostKeyError::Mismatch(which.name())) }
    }

    /// Opens the identity that packages are encrypted to.
    ///
    /// # Errors
    /// [`HostKeyError::Identity`], [`HostKeyError::Mismatch`]; any error of the disk.
    pub fn unlock_identity(&self, passphrase: &SecretString) -> Result<Identity, HostKeyError> {
        let identity = Identity::unlock(&self.0.read(&format!("{IMPORT}.age"), MAX_FILE)?, passphrase)?;
        let same = identity.recipient() == self.public()?.recipient;
        if same { Ok(identity) } else { Err(HostKeyError::Mismatch(IMPORT)) }
    }

    /// Makes the identity of a node anew. One that a set-up that was killed left here never counted, and is removed.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn make_node(&self) -> Result<Recipient, HostKeyError> {
        let identity = Identity::generate();
        if self.0.holds(NODE)? {
            self.0.remove(NODE)?;
        }
        self.0.create_new(NODE, identity.to_text().as_bytes(), PRIVATE)?;
        Ok(identity.recipient())
    }

    /// The identity of a node.
    ///
    /// # Errors
    /// [`HostKeyError::Identity`]; any error of the disk.
    pub fn node_identity(&self) -> Result<Identity, HostKeyError> {
        Ok(Identity::read(&self.0.read(NODE, MAX_FILE)?)?)
    }
}

/// A new key, as its encrypted file and its public half.
fn lock(
    which: HostKey,
    passphrase: &SecretString,
    entropy: &mut dyn Entropy,
) -> Result<(Zeroizing<String>, SshPublicKey), HostKeyError> {
    let fault = |e| HostKeyError::Locked(which.name(), e);
    let mut seed = Zeroizing::new([0; 32]);
    entropy.fill(&mut *seed)?;
    let mut salt = [0; 20];
    entropy.fill(&mut salt)?;
    let key = SoftwareKey::from_seed(&seed).map_err(fault)?;
    let file = key.lock(passphrase, &format!("airlock {}", which.name()), salt).map_err(fault)?;
    Ok((file, key.public_key().clone()))
}

fn public_file(name: &str) -> String {
    format!("{name}.pub")
}

impl Refusal for HostKeyError {
    fn reason(&self) -> Reason {
        match self {
            Self::Mismatch(_) => Reason::new(
                Class::Inconsistent,
                "HOST_KEY_MISMATCH",
                "stop; somebody changed the keys of this host; restore the state from a backup",
            ),
            Self::Damaged(_) => Reason::new(Class::Inconsistent, "HOST_KEY_DAMAGED", "restore the state from a backup"),
            Self::Locked(_, error) => error.reason(),
            Self::Identity(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Entropy(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::devices::entropy::SystemEntropy;

    fn passphrase(text: &str) -> SecretString {
        SecretString::from(text)
    }

    fn made() -> (tempfile::TempDir, KeyStore, PublicKeys) {
        let base = tempfile::tempdir().unwrap();
        let store = KeyStore::within(&Directory::private(&base.path().join("state")).unwrap()).unwrap();
        let public = store.make(&passphrase("host"), &passphrase("import"), &mut SystemEntropy).unwrap();
        (base, store, public)
    }

    #[test]
    fn each_key_opens_with_its_passphrase_only_and_tools_read_it() {
        let (base, store, public) = made();
        for which in HostKey::ALL {
            let refused = store.unlock_one(which, &passphrase("import")).unwrap_err();
            assert_eq!(
                (refused.reason().code, refused.reason().class),
                ("PRIVATE_KEY_PASSPHRASE", Class::Authentication)
            );
            let file = base.path().join("state/keys").join(which.name());
            let told = Command::new("ssh-keygen").args(["-y", "-P", "host", "-f"]).arg(&file).output().unwrap();
            assert!(String::from_utf8_lossy(&told.stdout).starts_with("ssh-ed25519 "));
        }
        let keys = store.unlock(&passphrase("host")).unwrap();
        assert_eq!((keys.statement.public_key(), keys.witness.public_key()), (&public.statement, &public.witness));
        assert_eq!(store.unlock_identity(&passphrase("import")).unwrap().recipient(), public.recipient);
        let refused = store.unlock_identity(&passphrase("host")).unwrap_err();
        assert_eq!(refused.reason().code, "IDENTITY_PASSPHRASE");
        assert_eq!(store.public().unwrap(), public);
    }

    #[test]
    fn keys_that_were_exchanged_are_noticed() {
        let (base, store, _) = made();
        let at = |name: &str| base.path().join("state/keys").join(name);
        std::fs::copy(at("log"), at("statement")).unwrap();
        let refused = store.unlock_one(HostKey::Statement, &passphrase("host")).unwrap_err();
        assert_eq!(refused.reason().code, "HOST_KEY_MISMATCH");
        std::fs::write(at("statement.pub"), "ssh-rsa AAAA\n").unwrap();
        assert_eq!(store.public().unwrap_err().reason().code, "HOST_KEY_DAMAGED");
    }

    #[test]
    fn a_killed_set_up_is_begun_again() {
        let (_base, store, first) = made();
        let second = store.make(&passphrase("host"), &passphrase("import"), &mut SystemEntropy).unwrap();
        assert_ne!(first.statement, second.statement);
        assert_eq!(store.public().unwrap(), second);
        let refused = store.make(&passphrase(""), &passphrase("import"), &mut SystemEntropy).unwrap_err();
        assert_eq!(refused.reason().code, "PRIVATE_KEY_EMPTY");
    }
}
