//! age encryption (C2SP age, v1) to X25519 recipients.
//!
//! A sealed file is never armored. Its header holds one X25519 stanza for each recipient, and at most one `*-grease`
//! stanza, which the `age` crate writes so that readers keep ignoring what they do not know. Everything else is refused
//! before a key is touched: passphrases, SSH keys, plugins, more than sixteen stanzas, and the legacy spellings of a
//! stanza that the crate would accept.
//!
//! age says nothing about the sender; the signature on the statement does, over the whole file, before it is opened.

mod header;
pub mod identity;
mod plaintext;
pub mod recipient;

use std::io::{self, Cursor, Read as _, Seek as _, SeekFrom, Write};
use std::iter;

use age::stream::StreamReader;
use age::{DecryptError, Decryptor, Encryptor};
use thiserror::Error;

use crate::cores::both;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;
use header::Header;
use identity::Identity;
pub use plaintext::Plaintext;
use recipient::Recipient;

/// The largest plaintext, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// The most recipients: sixteen stanzas, one of them grease.
pub const MAX_RECIPIENTS: usize = 15;

/// The chunks of the payload: 64 KiB, each with a tag.
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
/// Fewer bytes are not worth another thread.
const WORTH_HALVES: usize = 16 * CHUNK;
const NONCE: usize = 16;

/// A sealed file whose header is in order; nothing has been decrypted.
#[derive(Debug)]
pub struct Sealed<'a> {
    bytes: &'a [u8],
    recipients: usize,
    plaintext_bytes: usize,
}

/// How many recipients a sealed file has; its stanzas do not say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientCount(usize);

/// Encrypts what is written to it. Only after [`SealWriter::finish`] is the file complete.
pub struct SealWriter<W: Write>(age::stream::StreamWriter<W>);

/// Why a file cannot be sealed or opened.
#[derive(Debug, Error)]
pub enum SealError {
    /// Nobody to encrypt to, too many, or one twice.
    #[error("sealing takes 1 to {MAX_RECIPIENTS} different recipients")]
    Recipients,
    /// The header is not of the one accepted form.
    #[error("not an age file in canonical form: {0}")]
    Header(&'static str),
    /// A stanza that is neither X25519 nor grease.
    #[error("age file has a stanza \"{0}\"; only X25519 is accepted")]
    Stanza(String),
    /// Too many stanzas, or none for a recipient.
    #[error("age file has {0} stanzas, which is not one for each of 1 to {MAX_RECIPIENTS} recipients")]
    Stanzas(usize),
    /// Not as many recipients as the manifest lists, or we are not among those listed.
    #[error("age file is encrypted to {stanzas} recipients, the manifest lists {listed} (ours among them: {own})")]
    Listed {
        /// X25519 stanzas in the header.
        stanzas: usize,
        /// Recipients in the manifest.
        listed: usize,
        /// Whether ours is one of those listed.
        own: bool,
    },
    /// The payload is too large, or of a length no age file has.
    #[error("age payload is truncated or larger than {MAX_BYTES} bytes")]
    Length,
    /// No stanza is for this identity.
    #[error("age file is not encrypted to this identity")]
    NotForUs,
    /// Header or payload do not authenticate.
    #[error("age file is damaged")]
    Damaged,
    /// Writing failed.
    #[error("sealed file cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Encrypts to `recipients` what is then written, into `output`.
///
/// # Errors
/// [`SealError::Recipients`], or [`SealError::Write`] where the header cannot be written.
pub fn seal<W: Write>(recipients: &[Recipient], output: W) -> Result<SealWriter<W>, SealError> {
    let repeated =
        recipients.iter().enumerate().any(|(at, one)| recipients.iter().skip(at + 1).any(|next| next == one));
    if repeated || recipients.len() > MAX_RECIPIENTS {
        return Err(SealError::Recipients);
    }
    let keys = recipients.iter().map(|recipient| recipient.as_age() as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(keys).map_err(|_| SealError::Recipients)?;
    Ok(SealWriter(encryptor.wrap_output(output)?))
}

impl<W: Write> SealWriter<W> {
    /// Writes the last chunk and returns the output; without it the file does not open.
    ///
    /// # Errors
    /// [`SealError::Write`].
    pub fn finish(self) -> Result<W, SealError> {
        Ok(self.0.finish()?)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<'a> Sealed<'a> {
    /// Checks header and length of a sealed file.
    ///
    /// # Errors
    /// [`SealError::Header`], [`SealError::Stanza`], [`SealError::Stanzas`] or [`SealError::Length`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SealError> {
        let header = Header::parse(bytes)?;
        let mut recipients = 0;
        let mut grease = 0;
        for stanza in &header.stanzas {
            match stanza.tag {
                "X25519" if stanza.is_x25519() => recipients += 1,
                "X25519" => return Err(SealError::Header("an X25519 stanza is not of its form")),
                tag if tag.ends_with("-grease") => grease += 1,
                tag => return Err(SealError::Stanza(text::clip(tag, 40))),
            }
        }
        if grease > 1 || !(1..=MAX_RECIPIENTS).contains(&recipients) {
            return Err(SealError::Stanzas(header.stanzas.len()));
        }
        let payload = bytes.len() - header.bytes;
        let plaintext_bytes = plaintext_bytes(payload).ok_or(SealError::Length)?;
        Ok(Self { bytes, recipients, plaintext_bytes })
    }

    /// Decrypts to the end into one buffer that is wiped when dropped; of a damaged file nothing is handed out. The two
    /// halves of a large file are read at the same time.
    ///
    /// # Errors
    /// [`SealError::NotForUs`] or [`SealError::Damaged`].
    pub fn open(&self, identity: &Identity) -> Result<Plaintext, SealError> {
        let half = if self.plaintext_bytes < WORTH_HALVES { 0 } else { self.plaintext_bytes / CHUNK / 2 * CHUNK };
        let mut plaintext = Plaintext::zeroed(self.plaintext_bytes);
        let (front, back) = plaintext.room().split_at_mut(half);
        if front.is_empty() {
            self.read_back(identity, back, 0)?;
        } else {
            let (front, back) = both(|| self.read_front(identity, front), || self.read_back(identity, back, half));
            front.and(back)?;
        }
        Ok(plaintext)
    }

    /// Fills `front` with what comes first. The chunk behind it is read as well: after a chunk that calls itself the last
    /// one it does not open, so that no file ends in the middle.
    fn read_front(&self, identity: &Identity, front: &mut [u8]) -> Result<(), SealError> {
        let mut reader = self.reader(identity)?;
        reader.read_exact(front).and_then(|()| reader.read_exact(&mut [0])).map_err(|_| SealError::Damaged)
    }

    /// Fills `back` with what stands from the chunk at `start` on, and demands that it ends there.
    fn read_back(&self, identity: &Identity, back: &mut [u8], start: usize) -> Result<(), SealError> {
        let mut reader = self.reader(identity)?;
        let done = reader.seek(SeekFrom::Start(start as u64)).and_then(|_| reader.read_exact(back));
        match done.and_then(|()| reader.read(&mut [0])) {
            Ok(0) => Ok(()),
            _ => Err(SealError::Damaged),
        }
    }

    fn reader(&self, identity: &Identity) -> Result<StreamReader<Cursor<&'a [u8]>>, SealError> {
        let decryptor = Decryptor::new_buffered(Cursor::new(self.bytes)).map_err(refused)?;
        decryptor.decrypt(iter::once(identity.as_age() as &dyn age::Identity)).map_err(refused)
    }

    /// How many recipients it has.
    pub const fn recipients(&self) -> RecipientCount {
        RecipientCount(self.recipients)
    }

    /// As [`RecipientCount::admits`].
    ///
    /// # Errors
    /// [`SealError::Listed`].
    pub fn admits_recipients(&self, listed: &[Recipient], own: &Recipient) -> Result<(), SealError> {
        self.recipients().admits(listed, own)
    }
}

impl RecipientCount {
    /// Demands that the file is encrypted to as many recipients as its manifest lists, ours among them.
    ///
    /// # Errors
    /// [`SealError::Listed`].
    pub fn admits(self, listed: &[Recipient], own: &Recipient) -> Result<(), SealError> {
        let own = listed.contains(own);
        if own && listed.len() == self.0 {
            Ok(())
        } else {
            Err(SealError::Listed { stanzas: self.0, listed: listed.len(), own })
        }
    }
}

/// How much plaintext a payload of this length holds: chunks with a tag each, the last one empty only where it is the
/// only one.
fn plaintext_bytes(payload: usize) -> Option<usize> {
    let chunks = payload.checked_sub(NONCE)?;
    let (full, last) = (chunks / (CHUNK + TAG), chunks % (CHUNK + TAG));
    let count = match last {
        0 if full > 0 => full,
        TAG if full > 0 => return None,
        0..TAG => return None,
        _ => full + 1,
    };
    let plaintext = chunks - count * TAG;
    if plaintext <= MAX_BYTES { Some(plaintext) } else { None }
}

fn refused(error: DecryptError) -> SealError {
    match error {
        DecryptError::NoMatchingKeys => SealError::NotForUs,
        DecryptError::InvalidHeader => SealError::Header("an X25519 stanza is not of its form"),
        _ => SealError::Damaged,
    }
}

impl Refusal for SealError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "keep the medium and have the sender make this transfer again";
        match self {
            Self::Recipients => {
                Reason::new(Class::Usage, "SEAL_RECIPIENTS", "check the recipients in the enrolment record")
            }
            Self::Header(_) => Reason::new(Class::Verification, "SEAL_HEADER", AGAIN),
            Self::Stanza(_) => Reason::new(Class::Verification, "SEAL_STANZA", AGAIN),
            Self::Stanzas(_) => Reason::new(Class::Verification, "SEAL_STANZAS", AGAIN),
            Self::Listed { .. } => Reason::new(Class::Verification, "SEAL_LISTED", AGAIN),
            Self::Length => Reason::new(Class::Verification, "SEAL_LENGTH", AGAIN),
            Self::NotForUs => {
                Reason::new(Class::Verification, "SEAL_NOT_FOR_US", "use the identity this package was made for")
            }
            Self::Damaged => Reason::new(Class::Verification, "SEAL_DAMAGED", AGAIN),
            Self::Write(_) => {
                Reason::new(Class::Storage, "SEAL_WRITE", "free space on the output medium and try again")
            }
        }
    }
}
