//! Whom we encrypt to: age X25519 recipients, `age1…`.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// A public key of age, X25519 (C2SP age); written `age1` and 58 characters of Bech32, in lower case.
#[derive(Clone, PartialEq, Eq, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Recipient(age::x25519::Recipient);

/// The text is not an X25519 recipient of age.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("not an age X25519 recipient (age1... in lower case)")]
pub struct RecipientError;

impl Recipient {
    pub(super) const fn new(recipient: age::x25519::Recipient) -> Self {
        Self(recipient)
    }

    pub(super) const fn as_age(&self) -> &age::x25519::Recipient {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        let recipient = Self(text.parse().map_err(|_| RecipientError)?);
        // Bech32 may also be written in upper case.
        if recipient.to_string() == text { Ok(recipient) } else { Err(RecipientError) }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl Refusal for RecipientError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Verification, "RECIPIENT_FORM", "give the line that age-keygen -y prints")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the age specification's test vectors: the recipient of their X25519 identity.
    const TEXT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    #[test]
    fn a_recipient_reads_back() {
        assert_eq!(TEXT.parse::<Recipient>().unwrap().to_string(), TEXT);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "age1",
            &TEXT.to_uppercase(),
            &TEXT[..61],
            &format!("{TEXT} "),
            &TEXT.replace("zvky", "zvkz"),
            "age1pq1x",
        ] {
            assert_eq!(text.parse::<Recipient>(), Err(RecipientError), "{text}");
        }
    }
}
