//! The header of an age file (C2SP age, v1), read more strictly than the `age` crate reads it.
//!
//! The crate also takes two legacy spellings: a stanza without a body, and one whose last full line is not followed by a
//! short one. Here every stanza has one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::exchange::seal::SealError;

const VERSION: &str = "age-encryption.org/v1";
const MAX_BYTES: usize = 16 << 10;
const COLUMNS: usize = 64;
/// 32 bytes in base64 without padding.
const WORD: usize = 43;

/// The stanzas, and where the payload begins.
pub(super) struct Header<'a> {
    pub(super) stanzas: Vec<Stanza<'a>>,
    pub(super) bytes: usize,
}

/// One way to the file key.
pub(super) struct Stanza<'a> {
    pub(super) tag: &'a str,
    pub(super) arguments: Vec<&'a str>,
    /// The length of the decoded body.
    pub(super) body_bytes: usize,
}

impl<'a> Header<'a> {
    /// Reads the header at the beginning of a file.
    pub(super) fn parse(file: &'a [u8]) -> Result<Self, SealError> {
        let mut lines = Lines { rest: file.get(..MAX_BYTES).unwrap_or(file), read: 0 };
        if lines.next()? != VERSION {
            return Err(SealError::Header("it does not begin with the version line"));
        }
        let mut stanzas = Vec::new();
        loop {
            let line = lines.next()?;
            if let Some(mac) = line.strip_prefix("--- ") {
                decoded(mac, WORD).ok_or(SealError::Header("the MAC is not 32 bytes of base64"))?;
                return Ok(Self { stanzas, bytes: lines.read });
            }
            stanzas.push(Stanza::parse(line, &mut lines)?);
        }
    }
}

impl<'a> Stanza<'a> {
    fn parse(line: &'a str, lines: &mut Lines<'a>) -> Result<Self, SealError> {
        let words = line.strip_prefix("-> ").ok_or(SealError::Header("a stanza does not begin with an arrow"))?;
        let mut words = words.split(' ');
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
        if !words.clone().all(|word| is_word(&word)) {
            return Err(SealError::Header("a stanza has an empty or unprintable argument"));
        }
        let tag = words.next().unwrap_or_default();
        Ok(Self { tag, arguments: words.collect(), body_bytes: body_bytes(lines)? })
    }

    /// Whether this has the form of an X25519 stanza: one share of 32 bytes, a wrapped file key of 32 bytes.
    pub(super) fn is_x25519(&self) -> bool {
        matches!(self.arguments.as_slice(), [share] if decoded(share, WORD).is_some()) && self.body_bytes == 32
    }
}

/// Reads lines of 64 columns up to and including the first shorter one.
fn body_bytes(lines: &mut Lines<'_>) -> Result<usize, SealError> {
    let mut sum = 0;
    loop {
        let line = lines.next()?;
        sum += decoded(line, line.len().min(COLUMNS)).ok_or(SealError::Header("a stanza's body is not of its form"))?;
        if line.len() < COLUMNS {
            return Ok(sum);
        }
    }
}

/// How many bytes a text of exactly this length decodes to, if it is canonical base64 without padding.
fn decoded(text: &str, length: usize) -> Option<usize> {
    if text.len() == length { STANDARD_NO_PAD.decode(text).ok().map(|bytes| bytes.len()) } else { None }
}

/// Lines of ASCII that end in LF.
struct Lines<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, SealError> {
        let at =
            self.rest.iter().position(|byte| *byte == b'\n').ok_or(SealError::Header("it is truncated or too long"))?;
        let (line, rest) = self.rest.split_at(at);
        self.rest = rest.get(1..).unwrap_or_default();
        self.read += at + 1;
        std::str::from_utf8(line).map_err(|_| SealError::Header("it is not ASCII"))
    }
}
