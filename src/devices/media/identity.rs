//! What a stick is recognised by. All of it can be forged: this catches mistakes and keeps a register, it proves nothing.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// The serial number that its USB device tells, that of its file system, and its label; printable ASCII each.
///
/// As text: `usb=0019E06B fs=19E0-6B12 label=XFER`; what is missing is `-`, a blank or an odd character is `%XX`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay, DeserializeFromStr)]
pub struct Identity {
    /// Of the USB device.
    pub usb: Option<String>,
    /// Of the file system.
    pub filesystem: Option<String>,
    /// Of the file system.
    pub label: Option<String>,
}

/// The text names no stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not of the form usb=SERIAL fs=SERIAL label=LABEL")]
pub struct IdentityError;

impl Identity {
    /// Whether both name one piece of hardware: by its USB serial number, or where one has none, by its file system.
    pub fn is_same_stick(&self, other: &Self) -> bool {
        match (&self.usb, &other.usb) {
            (Some(here), Some(there)) => here == there,
            _ => self.filesystem.is_some() && self.filesystem == other.filesystem,
        }
    }

    /// Whether there is anything to recognise it by.
    pub fn is_known(&self) -> bool {
        self.usb.is_some() || self.filesystem.is_some()
    }

    /// The last four characters of its serial number: what a person types who means this stick.
    pub fn last_four(&self) -> Option<&str> {
        let serial = self.usb.as_deref().or(self.filesystem.as_deref())?;
        serial.get(serial.len().checked_sub(4)?..)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [usb, filesystem, label] = [&self.usb, &self.filesystem, &self.label].map(|part| encoded(part.as_deref()));
        write!(f, "usb={usb} fs={filesystem} label={label}")
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let mut parts = text.split(' ');
        let mut part = |key: &str| {
            let value = parts.next().and_then(|part| part.strip_prefix(key)).ok_or(IdentityError)?;
            decoded(value)
        };
        let read = Self { usb: part("usb=")?, filesystem: part("fs=")?, label: part("label=")? };
        // One spelling for each.
        if read.to_string() == text { Ok(read) } else { Err(IdentityError) }
    }
}

fn is_plain(b: u8) -> bool {
    b.is_ascii_graphic() && b != b'%'
}

fn encoded(part: Option<&str>) -> String {
    match part {
        None => "-".to_owned(),
        Some("-") => "%2D".to_owned(),
        Some(text) => {
            text.bytes().map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
        }
    }
}

fn decoded(text: &str) -> Result<Option<String>, IdentityError> {
    if text == "-" {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (digits, after) = rest.split_at_checked(2).ok_or(IdentityError)?;
                bytes.extend(hex::decode(digits).map_err(|_| IdentityError)?);
                rest = after;
            }
            plain => bytes.push(*plain),
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_| IdentityError)?;
    let is_text = !decoded.is_empty() && decoded.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if is_text { Ok(Some(decoded)) } else { Err(IdentityError) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn identity(usb: Option<&str>, filesystem: Option<&str>, label: Option<&str>) -> Identity {
        let own = |part: Option<&str>| part.map(str::to_owned);
        Identity { usb: own(usb), filesystem: own(filesystem), label: own(label) }
    }

    proptest! {
        #[test]
        fn text_and_value_are_one(parts in prop::array::uniform3(prop::option::of("[ -~]{1,40}"))) {
            let [usb, filesystem, label] = parts;
            let value = Identity { usb, filesystem, label };
            prop_assert_eq!(value.to_string().parse::<Identity>(), Ok(value));
        }
    }

    #[test]
    fn another_spelling_is_none() {
        assert!("usb=A fs=- label=-".parse::<Identity>().is_ok());
        for text in
            ["", "usb=A fs=-", "usb=A fs=- label=", "usb=%41 fs=- label=-", "usb=A fs=- label=- ", "usb=% fs=- label=-"]
        {
            assert_eq!(text.parse::<Identity>(), Err(IdentityError), "{text:?}");
        }
    }

    #[test]
    fn one_stick_is_known_by_its_hardware_before_its_file_system() {
        let before = identity(Some("A1"), Some("1"), Some("X"));
        assert!(before.is_same_stick(&identity(Some("A1"), Some("2"), None)));
        assert!(!before.is_same_stick(&identity(Some("B1"), Some("1"), Some("X"))));
        assert!(before.is_same_stick(&identity(None, Some("1"), None)));
        assert!(!identity(None, None, Some("X")).is_same_stick(&identity(None, None, Some("X"))));
    }

    #[test]
    fn the_last_four_are_of_the_hardware() {
        assert_eq!(identity(Some("0019E06B"), Some("1234-5678"), None).last_four(), Some("E06B"));
        assert_eq!(identity(None, Some("1234-5678"), None).last_four(), Some("5678"));
        assert_eq!(identity(Some("A1"), None, None).last_four(), None);
    }
}
