//! JSON with one valid encoding per value: RFC 8785, and stricter.
//!
//! A writer prints canonical bytes; a reader parses, prints again and compares. So duplicate keys, other orders, spaces
//! and other escapes are refused without a rule for each. Besides, and checked before anything is allocated:
//!
//! - nesting at most 8 deep, strings at most 4 KiB, integers within 0..2^53-1, no fractions, no exponents;
//! - strings are printable ASCII, except the value of a key `note`, which may hold any text without control characters.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 8;
/// The longest string that is read, in bytes as written.
pub const MAX_STRING: usize = 4096;
/// The largest integer that JSON carries exactly (RFC 8785, appendix D).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a JSON text was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum JsonError {
    /// Nested too deep.
    #[error("JSON is nested deeper than {MAX_DEPTH}")]
    Depth,
    /// A string is too long.
    #[error("a JSON string is longer than {MAX_STRING} bytes")]
    StringLength,
    /// A string holds something that is not printable ASCII.
    #[error("a JSON string holds a character that is not printable ASCII")]
    Character,
    /// A number is not an integer of 0..2^53-1.
    #[error("a JSON number is not an integer from 0 to 2^53-1")]
    Number,
    /// Not of the expected shape: a missing or unknown key, a wrong type, broken syntax.
    #[error("JSON is not of the expected form: {0}")]
    Shape(String),
    /// Parses, but is not the canonical encoding of its value.
    #[error("JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Prints `value` in canonical form.
///
/// # Errors
/// [`JsonError::Shape`] where the value has no JSON form, [`JsonError::Number`] and its neighbours where it has one
/// that [`from_slice`] would refuse: what is written can be read.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    let bytes = serde_json_canonicalizer::to_vec(value).map_err(|e| JsonError::Shape(e.to_string()))?;
    scan(&bytes)?;
    Ok(bytes)
}

/// Reads `bytes`, which must be exactly what [`to_vec`] prints for the value they hold.
///
/// # Errors
/// Any [`JsonError`].
pub fn from_slice<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, JsonError> {
    scan(bytes)?;
    let value: T =
        serde_json::from_slice(bytes).map_err(|e| JsonError::Shape(super::text::clip(&e.to_string(), 200)))?;
    let canonical = serde_json_canonicalizer::to_vec(&value).map_err(|e| JsonError::Shape(e.to_string()))?;
    if canonical == bytes { Ok(value) } else { Err(JsonError::NotCanonical) }
}

/// Checks the limits in one pass without allocating. It does not check syntax; the parser does.
fn scan(bytes: &[u8]) -> Result<(), JsonError> {
    let mut depth = 0_usize;
    let mut last_string: &[u8] = b"";
    let mut after_note = false;
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                (last_string, rest) = string(tail, after_note)?;
                after_note = false;
            }
            b':' => after_note = last_string == b"note",
            b'-' | b'0'..=b'9' => rest = number(byte, tail)?,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(JsonError::Depth);
        }
    }
    Ok(())
}

/// Splits a string after its opening quote into its raw content and what follows its closing quote.
fn string(tail: &[u8], is_note: bool) -> Result<(&[u8], &[u8]), JsonError> {
    let mut escaped = false;
    for (at, &byte) in tail.iter().enumerate() {
        if at > MAX_STRING {
            return Err(JsonError::StringLength);
        }
        match byte {
            // Canonical JSON writes control characters, and only them, with letters after the backslash.
            _ if escaped && !matches!(byte, b'"' | b'\\') => return Err(JsonError::Character),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (content, rest) = tail.split_at(at);
                if is_note && hides_text(content) {
                    return Err(JsonError::Character);
                }
                return Ok((content, rest.get(1..).unwrap_or_default()));
            }
            b' '..=b'~' => {}
            0x80.. if is_note => {}
            _ => return Err(JsonError::Character),
        }
    }
    Err(JsonError::Shape("unterminated string".to_owned()))
}

/// Whether a note holds C1 controls, bidirectional controls or zero-width characters.
fn hides_text(note: &[u8]) -> bool {
    let Ok(note) = std::str::from_utf8(note) else { return true };
    note.chars().any(|c| {
        matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    })
}

/// Checks a number from its first byte on and returns what follows it.
fn number(first: u8, tail: &[u8]) -> Result<&[u8], JsonError> {
    let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let (more, rest) = tail.split_at(digits);
    if first == b'-' || matches!(rest.first(), Some(b'.' | b'e' | b'E')) || digits > 15 {
        return Err(JsonError::Number);
    }
    let value = more.iter().fold(u64::from(first - b'0'), |sum, digit| sum * 10 + u64::from(digit - b'0'));
    if value > MAX_INTEGER { Err(JsonError::Number) } else { Ok(rest) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        a: u64,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        more: BTreeMap<String, u64>,
    }

    fn read(text: &str) -> Result<Thing, JsonError> {
        from_slice(text.as_bytes())
    }

    #[test]
    fn the_canonical_form_reads_back() {
        let thing = read(r#"{"a":9007199254740991,"name":"q\"\\","note":"根"}"#).unwrap();
        assert_eq!(thing.note.as_deref(), Some("根"));
        assert_eq!(to_vec(&thing).unwrap(), r#"{"a":9007199254740991,"name":"q\"\\","note":"根"}"#.as_bytes());
    }

    #[test]
    fn other_encodings_of_the_same_value_are_refused() {
        for text in [
            r#"{"name":"n","a":1}"#,
            r#"{"a":1, "name":"n"}"#,
            "{\"a\":1,\"name\":\"n\"}\n",
            r#"{"a":1,"more":{"x":1,"x":2},"name":"n"}"#,
        ] {
            assert_eq!(read(text), Err(JsonError::NotCanonical), "{text}");
        }
    }

    #[test]
    fn unknown_missing_and_repeated_keys_are_refused() {
        for text in [r#"{"a":1,"b":2,"name":"n"}"#, r#"{"a":1}"#, r#"{"a":1,"a":1,"name":"n"}"#, "", "{"] {
            assert!(matches!(read(text), Err(JsonError::Shape(_))), "{text}");
        }
    }

    #[test]
    fn numbers_stay_within_what_json_carries() {
        for number in ["9007199254740992", "-1", "1.0", "1e3", "10000000000000000000000"] {
            let text = format!(r#"{{"a":{number},"name":"n"}}"#);
            assert_eq!(read(&text), Err(JsonError::Number), "{number}");
        }
    }

    #[test]
    fn only_notes_hold_more_than_printable_ascii() {
        for name in ["é", "\u{202e}", "\\u0007", "\\n", "\x07"] {
            let text = format!(r#"{{"a":1,"name":"{name}"}}"#);
            assert_eq!(read(&text), Err(JsonError::Character), "{name:?}");
        }
        for note in ["a\u{202e}b", "\u{200b}", "\\u0001", "\u{85}"] {
            let text = format!(r#"{{"a":1,"name":"n","note":"{note}"}}"#);
            assert_eq!(read(&text), Err(JsonError::Character), "{note:?}");
        }
    }

    #[test]
    fn depth_and_string_length_are_bounded_before_parsing() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert_eq!(from_slice::<u64>(deep.as_bytes()), Err(JsonError::Depth));
        let long = format!(r#"{{"a":1,"name":"{}"}}"#, "x".repeat(MAX_STRING + 1));
        assert_eq!(read(&long), Err(JsonError::StringLength));
        let fits = format!(r#"{{"a":1,"name":"{}"}}"#, "x".repeat(MAX_STRING));
        assert!(read(&fits).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        assert_eq!(to_vec(&"根"), Err(JsonError::Character));
        assert_eq!(to_vec(&1.5), Err(JsonError::Number));
    }
}
