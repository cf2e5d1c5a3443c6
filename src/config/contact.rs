//! Whom the other side calls, and the short texts of a config.

use serde::Deserialize;

use super::strict::ConfigError;

/// The most contacts.
pub const MAX_CONTACTS: usize = 16;

const MAX_TEXT: usize = 64;

/// Someone whom the other side calls on a number it already has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Printable ASCII.
    pub name: String,
    /// Printable ASCII.
    pub phone: String,
}

/// Demands 1 to [`MAX_CONTACTS`] contacts of short texts.
pub(super) fn check(file: &str, contacts: &[Contact]) -> Result<(), ConfigError> {
    let refuse = |message: &dyn std::fmt::Display| Err(ConfigError::value(file, "contacts", message));
    if contacts.is_empty() || contacts.len() > MAX_CONTACTS {
        return refuse(&format!("not 1 to {MAX_CONTACTS}"));
    }
    if !contacts.iter().all(|contact| is_short_text(&contact.name) && is_short_text(&contact.phone)) {
        return refuse(&"a name or a phone is not 1 to 64 printable ASCII characters");
    }
    Ok(())
}

/// 1 to 64 printable ASCII characters that are not all blank.
pub(super) fn is_short_text(text: &str) -> bool {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    printable && !text.trim().is_empty() && text.len() <= MAX_TEXT
}
