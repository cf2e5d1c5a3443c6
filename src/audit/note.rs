//! C2SP signed notes: a text, a blank line, and signature lines `— name base64(key id || signature)`.
//!
//! The signature covers the text with its final LF. Signatures by unknown keys are kept and ignored, so that witnesses
//! may add theirs (C2SP signed-note).

use std::fmt::Write as _;

use ed25519_dalek::{Signature, VerifyingKey};
use thiserror::Error;

use crate::wire::base64::Base64;
use crate::wire::digest::Digest;

/// The em dash and the space that begin a signature line.
const DASH: &str = "\u{2014} ";
/// The most signature lines that are read.
const MAX_SIGNATURES: usize = 64;

/// Why a note was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NoteError {
    /// Not a text, a blank line and signature lines.
    #[error("not a signed note")]
    Malformed,
    /// No line of the key that was asked for.
    #[error("the note bears no signature of {0}")]
    Unsigned(String),
    /// The line of the key does not verify.
    #[error("the signature of {0} on the note does not verify")]
    BadSignature(String),
}

/// What kind of message a note key signs (C2SP signed-note, signature types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// The text of the note itself.
    Log,
    /// A timestamped cosignature by a witness (C2SP tlog-cosignature).
    Cosignature,
}

/// A public key under a name, as pinned at enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
    purpose: KeyUse,
}

impl NoteKey {
    /// Binds a key to its name; names hold neither blanks nor `+`.
    pub fn new(name: &str, key: VerifyingKey, purpose: KeyUse) -> Option<Self> {
        let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        fits.then(|| Self { name: name.to_owned(), key, purpose })
    }

    /// [`NoteKey::new`] of the 32 bytes of a key (RFC 8032); none where they are none.
    pub fn of_ed25519(name: &str, key: &[u8; 32], purpose: KeyUse) -> Option<Self> {
        Self::new(name, VerifyingKey::from_bytes(key).ok()?, purpose)
    }

    /// The name that stands in signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, LF, signature type and key.
    pub fn id(&self) -> [u8; 4] {
        let kind = match self.purpose {
            KeyUse::Log => 0x01,
            KeyUse::Cosignature => 0x04,
        };
        let mut input = self.name.clone().into_bytes();
        input.extend([b'\n', kind]);
        input.extend(self.key.as_bytes());
        let [a, b, c, d, ..] = *Digest::of(&input).as_bytes();
        [a, b, c, d]
    }

    /// A signature line over `text` by this key; `signature` is checked before it is used.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`].
    pub fn line(&self, text: &str, signature: &[u8; 64]) -> Result<NoteLine, NoteError> {
        self.check(text.as_bytes(), signature)?;
        Ok(NoteLine { name: self.name.clone(), id: self.id(), blob: signature.to_vec() })
    }

    /// A cosignature line over `text`, seen at `time` in seconds since 1970.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`].
    pub fn cosignature_line(&self, text: &str, time: u64, signature: &[u8; 64]) -> Result<NoteLine, NoteError> {
        self.check(&cosigned(text, time), signature)?;
        let blob = [&time.to_be_bytes()[..], signature].concat();
        Ok(NoteLine { name: self.name.clone(), id: self.id(), blob })
    }

    fn check(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), NoteError> {
        self.key
            .verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| NoteError::BadSignature(self.name.clone()))
    }
}

/// The bytes a witness signs (C2SP tlog-cosignature, `cosignature/v1`).
pub fn cosigned(text: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteLine {
    name: String,
    id: [u8; 4],
    blob: Vec<u8>,
}

impl NoteLine {
    fn base64(&self) -> String {
        Base64([&self.id[..], &self.blob].concat()).to_string()
    }
}

/// A text with its signature lines; nothing is verified until a key is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<NoteLine>,
}

impl Note {
    /// Joins a text, which ends in LF, with signature lines.
    pub fn new(text: String, lines: Vec<NoteLine>) -> Self {
        Self { text, lines }
    }

    /// Adds a line unless it stands there already.
    pub fn add(&mut self, line: NoteLine) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    /// Reads a note; what would not print the same is refused.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let all = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        let (text, signatures) = all.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let body = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let lines: Vec<_> = body
            .split('\n')
            .take(MAX_SIGNATURES + 1)
            .map(parse_line)
            .collect::<Option<_>>()
            .ok_or(NoteError::Malformed)?;
        let note = Self { text: format!("{text}\n"), lines };
        let fits = note.lines.len() <= MAX_SIGNATURES && note.to_string() == all;
        if fits { Ok(note) } else { Err(NoteError::Malformed) }
    }

    /// The text, whoever signed it or not.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The base64 of the first signature line under `name`, as it stands in the note: the id of the key, then the signature.
    /// Nothing is verified.
    pub fn unverified_blob(&self, name: &str) -> Option<String> {
        self.lines.iter().find(|line| line.name == name).map(NoteLine::base64)
    }

    /// The text, if `key` signed it.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::BadSignature`].
    pub fn verified_by(&self, key: &NoteKey) -> Result<&str, NoteError> {
        let blob = self.blob_of(key)?;
        let signature = blob.try_into().map_err(|_| NoteError::BadSignature(key.name.clone()))?;
        key.check(self.text.as_bytes(), signature)?;
        Ok(&self.text)
    }

    /// The time, in seconds since 1970, at which the witness `key` saw this text.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`], [`NoteError::BadSignature`].
    pub fn cosigned_by(&self, key: &NoteKey) -> Result<u64, NoteError> {
        let bad = || NoteError::BadSignature(key.name.clone());
        let (time, signature) = self.blob_of(key)?.split_first_chunk::<8>().ok_or_else(bad)?;
        let time = u64::from_be_bytes(*time);
        key.check(&cosigned(&self.text, time), signature.try_into().map_err(|_| bad())?)?;
        Ok(time)
    }

    fn blob_of(&self, key: &NoteKey) -> Result<&[u8], NoteError> {
        let id = key.id();
        let mut of_key = self.lines.iter().filter(|line| line.name == key.name && line.id == id);
        match (of_key.next(), of_key.next()) {
            (Some(line), None) => Ok(&line.blob),
            (Some(_), Some(_)) => Err(NoteError::BadSignature(key.name.clone())),
            (None, _) => Err(NoteError::Unsigned(key.name.clone())),
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        f.write_char('\n')?;
        for line in &self.lines {
            writeln!(f, "{DASH}{} {}", line.name, line.base64())?;
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Option<NoteLine> {
    let (name, blob) = line.strip_prefix(DASH)?.split_once(' ')?;
    let blob: Base64 = blob.parse().ok()?;
    let (id, blob) = blob.0.split_first_chunk::<4>()?;
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
    named.then(|| NoteLine { name: name.to_owned(), id: *id, blob: blob.to_vec() })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const TEXT: &str = "airlock.example/ca-host-01/log\n3\nAAAA\n";

    fn log_key() -> (SigningKey, NoteKey) {
        let key = SigningKey::from_bytes(&[1; 32]);
        let public = NoteKey::new("airlock.example/ca-host-01/log", key.verifying_key(), KeyUse::Log).unwrap();
        (key, public)
    }

    fn witness_key() -> (SigningKey, NoteKey) {
        let key = SigningKey::from_bytes(&[2; 32]);
        let public = NoteKey::new("witness.prod-1", key.verifying_key(), KeyUse::Cosignature).unwrap();
        (key, public)
    }

    fn note() -> Note {
        let (key, public) = log_key();
        let line = public.line(TEXT, &key.sign(TEXT.as_bytes()).to_bytes()).unwrap();
        Note::new(TEXT.to_owned(), vec![line])
    }

    #[test]
    fn a_signed_note_reads_back_and_verifies() {
        let printed = note().to_string();
        let read = Note::parse(printed.as_bytes()).unwrap();
        assert_eq!(read.verified_by(&log_key().1), Ok(TEXT));
    }

    #[test]
    fn a_witness_adds_its_time_and_both_verify() {
        let (key, public) = witness_key();
        let mut note = note();
        let signature = key.sign(&cosigned(TEXT, 1_790_000_000)).to_bytes();
        note.add(public.cosignature_line(TEXT, 1_790_000_000, &signature).unwrap());
        let read = Note::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(read.cosigned_by(&public), Ok(1_790_000_000));
        assert!(read.verified_by(&log_key().1).is_ok());
    }

    #[test]
    fn a_flipped_byte_anywhere_is_refused() {
        let printed = note().to_string().into_bytes();
        for at in 0..printed.len() {
            let mut bad = printed.clone();
            bad[at] ^= 1;
            let accepted = Note::parse(&bad).is_ok_and(|n| n.verified_by(&log_key().1).is_ok());
            assert!(!accepted, "byte {at}");
        }
    }

    #[test]
    fn unknown_keys_do_not_count() {
        let note = note();
        assert!(matches!(note.verified_by(&witness_key().1), Err(NoteError::Unsigned(_))));
        assert!(matches!(note.cosigned_by(&witness_key().1), Err(NoteError::Unsigned(_))));
        let stranger = SigningKey::from_bytes(&[3; 32]);
        assert!(log_key().1.line(TEXT, &stranger.sign(TEXT.as_bytes()).to_bytes()).is_err());
    }

    #[test]
    fn two_lines_of_one_key_are_refused() {
        let mut note = note();
        let mut other = note.lines[0].clone();
        other.blob[0] ^= 1;
        note.add(other);
        assert!(matches!(note.verified_by(&log_key().1), Err(NoteError::BadSignature(_))));
    }
}
