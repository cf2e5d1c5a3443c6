//! The bytes of a sheet: Chinese printers take GB 18030, never UTF-8, and every printer takes ASCII.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::label::Language;
use crate::refusal::{Class, Reason, Refusal};

/// How a sheet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, in both languages.
    Utf8,
    /// GB 18030, in both languages; every character is one of GB 2312.
    Gb18030,
    /// ASCII, in English; nothing else is missing.
    Ascii,
}

/// The text names no encoding.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not an encoding of a sheet")]
pub struct EncodingError;

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Utf8, Self::Gb18030, Self::Ascii];

    /// The name, as `gb18030`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gb18030 => "gb18030",
            Self::Ascii => "ascii",
        }
    }

    /// The languages it can hold.
    pub const fn language(self) -> Language {
        match self {
            Self::Utf8 | Self::Gb18030 => Language::Bilingual,
            Self::Ascii => Language::English,
        }
    }

    /// Writes `text`, which is a sheet in [`Encoding::language`].
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 | Self::Ascii => text.as_bytes().to_vec(),
            // GB 18030 has a form for every character, so nothing is replaced.
            Self::Gb18030 => encoding_rs::GB18030.encode(text).0.into_owned(),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = EncodingError;

    fn from_str(text: &str) -> Result<Self, EncodingError> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == text).ok_or(EncodingError)
    }
}

impl Refusal for EncodingError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "SHEET_ENCODING", "use utf-8, gb18030 or ascii")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for encoding in Encoding::ALL {
            assert_eq!(encoding.to_string().parse(), Ok(encoding));
        }
        assert_eq!("UTF-8".parse::<Encoding>(), Err(EncodingError));
    }

    #[test]
    fn gb18030_is_what_a_printer_knows() {
        assert_eq!(Encoding::Gb18030.bytes("根 A"), [0xb8, 0xf9, b' ', b'A']);
    }
}
