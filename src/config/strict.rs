//! TOML files, read strictly: what is not known is refused, with the line it stands on.

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// The longest file, in bytes; a cluster record of thousands of nodes fits.
pub const MAX_FILE: u64 = 2 << 20;

/// Why a config or a people file was refused. What it says is escaped for showing.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Not TOML of this form: broken syntax, a key that is unknown, missing, of another type or there twice.
    #[error("{file}, line {line}: {message}")]
    Form {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A value is of its form and cannot be used.
    #[error("{file}: {key}: {message}")]
    Value {
        /// The file.
        file: String,
        /// The key, dotted.
        key: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl ConfigError {
    /// A value that cannot be used.
    pub(super) fn value(file: &str, key: &'static str, message: &dyn std::fmt::Display) -> Self {
        Self::Value { file: text::escape(file), key, message: text::clip(&message.to_string(), 400) }
    }
}

/// Reads `bytes`, the content of the file called `file`.
pub(super) fn read<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, ConfigError> {
    let form = |line, message: &str| ConfigError::Form {
        file: text::escape(file),
        line,
        message: text::clip(&message.replace('\n', " "), 400),
    };
    let source = std::str::from_utf8(bytes).map_err(|e| form(line_of(bytes, e.valid_up_to()), "not UTF-8"))?;
    toml::from_str(source).map_err(|e| form(e.span().map_or(1, |span| line_of(bytes, span.start)), e.message()))
}

/// The line on which the byte `at` stands, from 1.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

impl Refusal for ConfigError {
    fn reason(&self) -> Reason {
        match self {
            Self::Form { .. } => Reason::new(Class::Usage, "CONFIG_FORM", "correct that line of the file"),
            Self::Value { .. } => Reason::new(Class::Usage, "CONFIG_VALUE", "correct that key of the file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "host")]
        _host: String,
        #[serde(default, rename = "inner")]
        _inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "port")]
        _port: u16,
    }

    fn refused(text: &[u8]) -> (usize, String) {
        match read::<Outer>("x\u{202e}.toml", text) {
            Err(ConfigError::Form { file, line, message }) => {
                assert_eq!(file, r"x\u{202e}.toml");
                (line, message)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_known_is_read() {
        assert!(read::<Outer>("x", b"host = 'a'\n[[inner]]\nport = 1\n").is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, word) in [
            ("host = 'a'\nhots = 'b'\n", 2, "hots"),
            ("host = 'a'\n[[inner]]\nport = 1\n[[inner]]\nport = 1\nprot = 2\n", 6, "prot"),
            ("host = 'a'\n[extra]\nx = 1\n", 2, "extra"),
            ("host = 'a'\nhost = 'b'\n", 2, "duplicate key"),
            ("host = 'a'\n[[inner]]\nport = 'x'\n", 3, "expected u16"),
            ("host = 'a'\n[[inner]]\n\n", 2, "port"),
            ("\n\nhost = \n", 3, ""),
            ("inner = []\n", 1, "host"),
        ] {
            let (found, message) = refused(text.as_bytes());
            assert!(found == line && message.contains(word), "{text:?}: {found} {message}");
        }
        assert_eq!(refused(b"host = 'a'\n#\xff\n"), (2, "not UTF-8".to_owned()));
        assert!(refused("\u{202e} = 1\nhost = 'a'".as_bytes()).1.is_ascii());
    }
}
