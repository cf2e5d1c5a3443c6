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

use super::expected::Expected;

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
    let shape = |e: serde_json::Error| JsonError::Shape(e.to_string());
    let plain = serde_json::to_vec(value).map_err(shape)?;
    if scan(&plain)? == Keys::Ascend {
        return Ok(plain);
    }
    if let Some(reordered) = reordered(&plain).filter(|text| scan(text) == Ok(Keys::Ascend)) {
        return Ok(reordered);
    }
    let bytes = serde_json_canonicalizer::to_vec(value).map_err(shape)?;
    scan(&bytes)?;
    Ok(bytes)
}

/// `plain` with the members of its outermost object sorted: of what is printed often, an entry of the log alone is out of
/// order, and there alone.
fn reordered(plain: &[u8]) -> Option<Vec<u8>> {
    let inner = plain.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let between_members = |byte: &u8| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => return *byte == b',' && depth == 0,
        }
        false
    };
    let mut members: Vec<&[u8]> = inner.split(between_members).collect();
    members.sort_unstable();
    Some([b"{", members.join(&b',').as_slice(), b"}"].concat())
}

/// Reads `bytes`, which must be exactly what [`to_vec`] prints for the value they hold.
///
/// # Errors
/// Any [`JsonError`].
pub fn from_slice<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, JsonError> {
    let keys = scan(bytes)?;
    let value: T = from_own(bytes)?;
    let mut expected = Expected::of(bytes);
    let is_plain = keys == Keys::Ascend && serde_json::to_writer(&mut expected, &value).is_ok();
    if is_plain && expected.is_done() || to_vec(&value)? == bytes { Ok(value) } else { Err(JsonError::NotCanonical) }
}

/// Reads what [`to_vec`] wrote on this host and [`from_slice`] would read, which the caller knows by the digest of `bytes`:
/// neither limits nor form are looked at again.
///
/// # Errors
/// [`JsonError::Shape`].
pub fn from_own<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    serde_json::from_slice(bytes).map_err(|e| JsonError::Shape(super::text::clip(&e.to_string(), 200)))
}

/// In which order the keys of all objects stand.
///
/// What `serde_json` prints without blanks differs from RFC 8785 in two things only: fractions, which are refused here,
/// and the order of keys. Where each key is above the one before it, the text is canonical as it stands. Printing with
/// `serde_json_canonicalizer`, which collects every member of every object to sort it, takes several times as long as
/// signing what is printed; so it is asked only where keys are out of order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Ascending by their bytes, which without escapes is the order of RFC 8785, 3.2.3, for ASCII; so each is there once.
    Ascend,
    /// Another one, or not known.
    Other,
}

/// Checks the limits in one pass without allocating, and looks at the order of the keys. It does not check syntax; the
/// parser does.
fn scan(bytes: &[u8]) -> Result<Keys, JsonError> {
    let mut depth = 0_usize;
    let mut keys = Keys::Ascend;
    // The last key of each object that is open, empty before the first.
    let mut last_keys: [&[u8]; MAX_DEPTH + 1] = [b""; MAX_DEPTH + 1];
    let mut last_string: &[u8] = b"";
    let mut after_note = false;
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'{' | b'[' => {
                after_note = false;
                depth += 1;
                *last_keys.get_mut(depth).ok_or(JsonError::Depth)? = b"";
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                (last_string, rest) = string(tail, after_note)?;
                after_note = false;
            }
            b':' => {
                after_note = last_string == b"note";
                let before = last_keys.get_mut(depth).ok_or(JsonError::Depth)?;
                let is_plain = last_string.is_ascii() && !last_string.contains(&b'\\');
                if *before >= last_string || !is_plain {
                    keys = Keys::Other;
                }
                *before = last_string;
            }
            b'-' | b'0'..=b'9' => rest = number(byte, tail)?,
            // What follows a note that is no text is no note.
            b',' => after_note = false,
            _ => {}
        }
    }
    Ok(keys)
}

/// Splits a string after its opening quote into its raw content and what follows its closing quote.
fn string(tail: &[u8], is_note: bool) -> Result<(&[u8], &[u8]), JsonError> {
    let mut escaped = false;
    for (at, &byte) in tail.iter().enumerate().skip(plain(tail.get(..MAX_STRING).unwrap_or(tail))) {
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

/// How many bytes at the beginning, sixteen by sixteen, are printable ASCII that neither ends a string nor escapes: most
/// strings are digests, and one look at sixteen bytes costs what one at a single byte does.
fn plain(bytes: &[u8]) -> usize {
    let is_plain = |all: bool, byte: &u8| all & matches!(byte, b' '..=b'~') & !matches!(byte, b'"' | b'\\');
    bytes.as_chunks::<16>().0.iter().take_while(|some| some.iter().fold(true, is_plain)).count() * 16
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

    use proptest::prelude::*;
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
    fn every_place_of_a_long_string_is_looked_at() {
        for at in 0..40 {
            for bad in ["é", "\x7f", "\\n"] {
                let name = format!("{}{bad}{}", "x".repeat(at), "y".repeat(40 - at));
                assert_eq!(read(&format!(r#"{{"a":1,"name":"{name}"}}"#)), Err(JsonError::Character), "{at} {bad:?}");
            }
            let name = format!("{}\\\"{}", "x".repeat(at), "y".repeat(40 - at));
            assert_eq!(read(&format!(r#"{{"a":1,"name":"{name}"}}"#)).unwrap().name.len(), 41);
        }
    }

    #[test]
    fn what_was_written_here_is_read_as_it_stands() {
        let text = r#"{"a":1,"name":"n"}"#.as_bytes();
        assert_eq!(to_vec(&from_own::<Thing>(text).unwrap()).unwrap(), text);
        assert!(matches!(from_own::<Thing>(b"{"), Err(JsonError::Shape(_))));
    }

    #[test]
    fn only_notes_hold_more_than_printable_ascii() {
        for name in ["é", "\u{202e}", "\\u0007", "\\n", "\x07"] {
            let text = format!(r#"{{"a":1,"name":"{name}"}}"#);
            assert_eq!(read(&text), Err(JsonError::Character), "{name:?}");
        }
        for text in [r#"{"note":1,"é":2}"#, r#"{"note":{"é":2}}"#, r#"{"note":["é"]}"#] {
            assert_eq!(from_slice::<BTreeMap<String, u64>>(text.as_bytes()), Err(JsonError::Character), "{text}");
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

    /// Members in any order, some of them twice.
    #[derive(Debug, Clone)]
    enum Tree {
        Number(u64),
        Text(String),
        List(Vec<Tree>),
        Object(Vec<(String, Tree)>),
    }

    impl Serialize for Tree {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Number(number) => serializer.serialize_u64(*number),
                Self::Text(text) => serializer.serialize_str(text),
                Self::List(list) => serializer.collect_seq(list),
                Self::Object(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, value))),
            }
        }
    }

    fn tree() -> impl Strategy<Value = Tree> {
        let text = "[ -~]{0,6}".prop_map(Tree::Text);
        let leaf = prop_oneof![(0..=MAX_INTEGER).prop_map(Tree::Number), text];
        let key = prop_oneof!["[a-c\"\\\\]{0,2}", "note", Just("\u{10000}".to_owned()), Just("\u{ff5e}".to_owned())];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
                prop::collection::vec((key.clone(), inner), 0..5).prop_map(Tree::Object),
            ]
        })
    }

    proptest! {
        /// Whichever way it is printed, it is what the canonicalizer prints.
        #[test]
        fn what_is_printed_is_rfc_8785(tree in tree()) {
            let judge = serde_json_canonicalizer::to_vec(&tree);
            if let Ok(printed) = to_vec(&tree) {
                prop_assert_eq!(Some(printed), judge.ok());
            } else {
                prop_assert!(judge.is_err() || scan(&judge.unwrap()).is_err());
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        assert_eq!(to_vec(&"根"), Err(JsonError::Character));
        assert_eq!(to_vec(&1.5), Err(JsonError::Number));
    }
}
