//! SHA-256 digests, written as 64 lower-case hex digits everywhere.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use sha2::Digest as _;
use thiserror::Error;

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Digest([u8; 32]);

/// The text is not 64 lower-case hex digits.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a SHA-256 digest of 64 lower-case hex digits")]
pub struct DigestError;

impl Digest {
    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Hashes everything that comes from `reader`, without holding it.
    ///
    /// # Errors
    /// What the reader says.
    pub fn of_all(reader: &mut impl std::io::Read) -> std::io::Result<Self> {
        let (mut state, mut buffer) = (sha2::Sha256::new(), vec![0; 1 << 16]);
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(Self(state.finalize().into())),
                count => state.update(buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Takes the 32 bytes of a digest made elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 hex digits, for lists a person reads; never enough to compare by.
    pub fn short(&self) -> String {
        hex::encode(self.0.first_chunk::<8>().unwrap_or(&[0; 8]))
    }
}

/// A digest of bytes that come piece by piece.
#[derive(Default)]
pub struct Running(sha2::Sha256);

impl Running {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| DigestError)?;
        let (mut bytes, mut wrong) = ([0; 32], false);
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(value);
            wrong |= (high | low) > 0x0f;
            *byte = high << 4 | low & 0x0f;
        }
        if wrong { Err(DigestError) } else { Ok(Self(bytes)) }
    }
}

/// The value of a lower-case hex digit; of anything else more than any digit has. A manifest of thousands of requests holds
/// tens of thousands of digests.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => 0xff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hashes_and_prints_as_sha256sum_does() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
    }

    #[test]
    fn reads_back_what_it_prints() {
        assert_eq!(EMPTY.parse(), Ok(Digest::of(b"")));
    }

    #[test]
    fn refuses_upper_case_and_other_lengths() {
        for text in [&EMPTY.to_uppercase(), &EMPTY[1..], &format!("{EMPTY}0"), "", "g"] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text}");
        }
    }

    #[test]
    fn every_other_character_at_every_place_is_refused() {
        for at in 0..64 {
            for byte in 0..0x80_u8 {
                let text = format!("{}{}{}", &EMPTY[..at], char::from(byte), &EMPTY[at + 1..]);
                let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let read = text.parse::<Digest>().map(|digest| digest.to_string());
                assert_eq!(read, if is_digit { Ok(text) } else { Err(DigestError) });
            }
        }
    }
}
