//! The keys of this host in the token: which they are, and what signs with them.
//!
//! Everything the token made stands in the log: label and id, with the digest of the public key, whose bytes the blobs
//! hold. A key that the log does not know is never used.

use std::collections::BTreeSet;

use crate::audit::checkpoint::{Checkpoint, Vouched};
use crate::audit::detail::{Head, KeyMade};
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::audit::note::{KeyUse, Note, NoteKey};
use crate::devices::hsm::{IssuerKeyType, MACHINE_PREFIX, MachineKey, NewKey, Unlocked};
use crate::exchange::signature::SigningKey;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::offline::room::{Room, RoomError};
use crate::pki::key::{KeyType, PublicKey};
use crate::pki::key_uri::KeyUri;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// What a machine key is for; its label in the token begins so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Signs statements and packages.
    Statement,
    /// Signs heads of the log.
    Log,
}

impl Machine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Statement, Self::Log];

    /// The label of its key, without the number at the end.
    pub fn label(self) -> String {
        let name = match self {
            Self::Statement => "statement",
            Self::Log => "log",
        };
        format!("{MACHINE_PREFIX}{name}-")
    }
}

/// A key of the token that the log knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Where it is.
    pub uri: KeyUri,
    /// Its label.
    pub label: String,
    /// Its public half.
    pub public: PublicKey,
}

/// What kind of key is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKeyKind {
    /// An Ed25519 key that signs messages of this host.
    Machine,
    /// A key that signs certificates and revocation lists.
    Issuer(IssuerKeyType),
}

impl NewKeyKind {
    fn key_type(self) -> KeyType {
        match self {
            Self::Machine => KeyType::Ed25519,
            Self::Issuer(kind) => kind.key_type(),
        }
    }
}

/// A machine key, to sign with.
pub struct MachineSigner<'t> {
    key: MachineKey<'t>,
    public: SshPublicKey,
}

impl Room {
    /// The public half of the newest machine key for this purpose, as peers pin it.
    ///
    /// # Errors
    /// [`RoomError::NoKeys`]; what the blobs say.
    pub fn machine_key(&self, purpose: Machine) -> Result<SshPublicKey, Refused> {
        Ok(ssh_key(&self.known_machine(purpose)?.public)?)
    }

    /// The key that the log says was made for the CA of this public key.
    ///
    /// # Errors
    /// [`RoomError::NoKey`]; what the blobs say.
    pub fn issuer_key(&self, spki_sha256: &Digest) -> Result<KnownKey, Refused> {
        let of_key = |made: &&KeyMade| made.spki == Some(*spki_sha256) && !made.label.starts_with(MACHINE_PREFIX);
        let made = made_keys(self.desk().entries()).find(of_key).ok_or(RoomError::NoKey(*spki_sha256))?;
        self.known(made)
    }

    /// Every key that was made under a label that begins so and goes on with a number.
    ///
    /// # Errors
    /// What the blobs say.
    pub(super) fn made_for(&self, prefix: &str) -> Result<Vec<KnownKey>, Refused> {
        let numbered = |made: &&KeyMade| {
            let number = made.label.strip_prefix(prefix);
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        };
        made_keys(self.desk().entries()).filter(numbered).map(|made| self.known(made)).collect()
    }

    /// The machine key for this purpose in `token`, to sign with.
    ///
    /// # Errors
    /// [`RoomError::NoKeys`]; what the token says.
    pub fn signer<'t>(&self, purpose: Machine, token: &'t Unlocked) -> Result<MachineSigner<'t>, Refused> {
        let known = self.known_machine(purpose)?;
        let public = ssh_key(&known.public)?;
        Ok(MachineSigner { key: token.machine(&known.uri, &known.public)?, public })
    }

    /// Signs the head of the log as it is now, keeps it beside the log and returns it.
    ///
    /// # Errors
    /// What the token, the log and the disk say.
    pub fn checkpoint(&mut self, token: &Unlocked) -> Result<Note, Refused> {
        let signer = self.signer(Machine::Log, token)?;
        let origin = self.desk().party().log_origin();
        let head = self.desk().log().tree().head();
        let detail = Head { root: head.root, size: head.size };
        self.desk_mut().note(&Actor::system(), None, Event::Checkpoint(detail))?;
        let text = Checkpoint { origin: origin.clone(), head }.to_string();
        let signature = signer.sign(text.as_bytes())?;
        let key = note_key(&origin, signer.public_key()).ok_or(RoomError::Log)?;
        let note = Note::new(text.clone(), vec![key.line(&text, &signature).map_err(|_| RoomError::Log)?]);
        self.desk().keep_head(&note)?;
        Ok(note)
    }

    /// The entries of the log under the head beside it, where the log key in `token` signed that. The log names its own
    /// key, so a head counts only by the key that the token holds.
    ///
    /// # Errors
    /// What the token and the disk say.
    pub fn vouched(&self, token: &Unlocked) -> Result<Vouched, Refused> {
        let Some(note) = self.desk().signed_head()? else { return Ok(Vouched::default()) };
        let signer = self.signer(Machine::Log, token)?;
        let key = note_key(&self.desk().party().log_origin(), signer.public_key()).ok_or(RoomError::Log)?;
        Ok(Vouched::by(&note, &key, self.desk().log().tree()))
    }

    /// Makes a key in the token: announced in the log, made and examined by the token, then written down.
    ///
    /// # Errors
    /// What the token says, where a key of this label exists for one; what the log and the disk say.
    pub fn make_key(
        &mut self,
        token: &Unlocked,
        trace: Option<&str>,
        label: &str,
        kind: NewKeyKind,
    ) -> Result<KnownKey, Refused> {
        let (key_type, serial) = (kind.key_type().to_string(), self.token_serial().to_owned());
        let intent = KeyMade { id: None, key_type, label: label.to_owned(), spki: None, token: serial };
        self.desk_mut().note(&Actor::system(), trace, Event::KeyIntent(intent.clone()))?;
        let NewKey { uri, public } = match kind {
            NewKeyKind::Machine => token.generate_machine(label)?,
            NewKeyKind::Issuer(kind) => token.generate_issuer(label, kind)?,
        };
        let spki = self.desk().objects().put(public.der())?;
        let made = KeyMade { id: uri.id().map(hex::encode), spki: Some(spki), ..intent };
        self.desk_mut().note(&Actor::system(), trace, Event::KeyMade(made))?;
        Ok(KnownKey { uri, label: label.to_owned(), public })
    }

    fn known_machine(&self, purpose: Machine) -> Result<KnownKey, Refused> {
        let made = made_keys(self.desk().entries()).filter(|made| made.label.starts_with(&purpose.label())).last();
        self.known(made.ok_or(RoomError::NoKeys)?)
    }

    fn known(&self, made: &KeyMade) -> Result<KnownKey, Refused> {
        let spki = made.spki.ok_or(RoomError::Log)?;
        let public = PublicKey::from_spki(&self.desk().objects().get(&spki)?).map_err(|_| RoomError::Log)?;
        Ok(KnownKey { uri: uri(made).ok_or(RoomError::Log)?, label: made.label.clone(), public })
    }
}

impl SigningKey for MachineSigner<'_> {
    fn public_key(&self) -> &SshPublicKey {
        &self.public
    }

    fn sign(&self, blob: &[u8]) -> Result<[u8; 64], Refused> {
        Ok(self.key.sign_message(blob)?)
    }
}

/// Every key that the log says was made, in order.
pub(super) fn made_keys(entries: &[Entry]) -> impl Iterator<Item = &KeyMade> {
    entries.iter().filter_map(|entry| match &entry.event {
        Event::KeyMade(made) => Some(made),
        _ => None,
    })
}

/// The labels of all keys that were announced, made or not.
pub(super) fn announced(entries: &[Entry]) -> BTreeSet<String> {
    let intents = entries.iter().filter_map(|entry| match &entry.event {
        Event::KeyIntent(intent) => Some(intent.label.clone()),
        _ => None,
    });
    intents.collect()
}

/// `prefix` and the first number that no announced key has: what a killed run left in the token is never used.
pub(super) fn next_label(entries: &[Entry], prefix: &str) -> String {
    let taken = announced(entries);
    (1_u64..).map(|n| format!("{prefix}{n}")).find(|label| !taken.contains(label)).unwrap_or_default()
}

/// The key that signs heads under the name of the log.
pub(super) fn note_key(origin: &str, key: &SshPublicKey) -> Option<NoteKey> {
    NoteKey::of_ed25519(origin, key.as_ed25519(), KeyUse::Log)
}

fn ssh_key(public: &PublicKey) -> Result<SshPublicKey, RoomError> {
    let bytes = public.key_bits().try_into().map_err(|_| RoomError::Log)?;
    SshPublicKey::from_ed25519(bytes).map_err(|_| RoomError::Log)
}

fn uri(made: &KeyMade) -> Option<KeyUri> {
    let serial: String = made.token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let id: String = hex::decode(made.id.as_ref()?).ok()?.iter().map(|byte| format!("%{byte:02x}")).collect();
    format!("pkcs11:serial={serial};object={};id={id};type=private", made.label).parse().ok()
}
