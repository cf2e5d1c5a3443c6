//! Bytes inside JSON and text: standard base64 with padding (RFC 4648, section 4), one valid form per value.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// Bytes that are written as base64.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Base64(pub Vec<u8>);

/// The text is not canonical base64 with padding.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not base64 (RFC 4648, section 4, with padding)")]
pub struct Base64Error;

impl fmt::Display for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({self})")
    }
}

impl FromStr for Base64 {
    type Err = Base64Error;

    fn from_str(text: &str) -> Result<Self, Base64Error> {
        STANDARD.decode(text).map(Self).map_err(|_| Base64Error)
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Base64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_prints() {
        let bytes = Base64(vec![0, 255, 16]);
        assert_eq!(bytes.to_string(), "AP8Q");
        assert_eq!("AP8Q".parse(), Ok(bytes));
    }

    #[test]
    fn refuses_other_forms_of_the_same_bytes() {
        for text in ["AA", "AB==", "AA==\n", " AA==", "A-8Q", "AA="] {
            assert_eq!(text.parse::<Base64>(), Err(Base64Error), "{text}");
        }
    }
}
