//! What a person types into a field: text that is shown, and secrets that are not.

use std::fmt;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::keys::Key;

/// The longest text of a field, in characters.
const MOST: usize = 512;
/// What stands for a secret, however long it is.
pub const HIDDEN: &str = "[ hidden ]";

/// Text that is shown while it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(String);

/// A secret. Its room is taken at once, so that no copy stays behind when it grows.
pub struct Secret(Zeroizing<String>);

impl Text {
    /// A field that holds `text` already.
    pub fn with(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a key; returns whether it was one for a field.
    pub fn take(&mut self, key: Key) -> bool {
        take(&mut self.0, key, |c| (' '..='~').contains(&c))
    }

    /// Empties the field.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(MOST * 4)))
    }
}

impl Secret {
    /// Takes a key; returns whether it was one for a field.
    pub fn take(&mut self, key: Key) -> bool {
        take(&mut self.0, key, |c| !c.is_control())
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret as a passphrase.
    pub fn into_passphrase(self) -> SecretString {
        SecretString::from(self.0.as_str())
    }

    /// The secret as it was typed.
    pub fn into_typed(self) -> Zeroizing<String> {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

fn take(text: &mut String, key: Key, is_allowed: impl Fn(char) -> bool) -> bool {
    match key {
        Key::Char(c) if is_allowed(c) => {
            if text.chars().count() < MOST {
                text.push(c);
            }
            true
        }
        Key::Backspace => {
            text.pop();
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_takes_printable_characters_and_gives_them_back() {
        let mut text = Text::default();
        assert!("/a\u{202e}b".chars().map(|c| text.take(Key::Char(c))).eq([true, true, false, true]));
        assert!(text.take(Key::Backspace));
        assert_eq!(text.as_str(), "/a");
        assert!(!text.take(Key::Enter));
    }

    #[test]
    fn a_secret_is_never_shown_and_its_memory_never_moves() {
        let mut secret = Secret::default();
        let at = secret.0.as_ptr();
        for _ in 0..2 * MOST {
            secret.take(Key::Char('指'));
        }
        assert_eq!(secret.0.as_ptr(), at);
        assert_eq!(secret.0.chars().count(), MOST);
        assert_eq!(format!("{secret:?}"), HIDDEN);
    }
}
