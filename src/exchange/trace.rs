//! The trace: a date, 40 random bits and a check character, as `20250722-7Q2K-9M4F-B`.
//!
//! The alphabet is Crockford's base32 without `I`, `L`, `O` and `U`. The check character is Luhn's algorithm over that
//! alphabet (mod 32) on the eight digits of the date followed by the eight random characters; it finds every single
//! wrong character. There is one way to write a trace: upper case, with its hyphens.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// The id of one exchange, from the scan to the last restarted component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Trace(String);

/// Why a text is not a trace.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum TraceError {
    /// Not of the form, or the date does not exist.
    #[error("not a trace of the form YYYYMMDD-XXXX-XXXX-X")]
    Form,
    /// Of the form, but the check character does not fit the rest.
    #[error("the check character of the trace does not fit")]
    Check,
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Trace {
    /// The trace of `day` with 40 random bits.
    pub fn new(day: Timestamp, random: [u8; 5]) -> Self {
        let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let symbols: String = (0..8).rev().map(|at| symbol(bits >> (5 * at))).collect();
        let date = day.date_digits();
        let (left, right) = symbols.split_at(4);
        let check = check_character(date.bytes().chain(symbols.bytes())).unwrap_or_default();
        Self(format!("{date}-{left}-{right}-{check}"))
    }

    /// The twenty characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last four letters and digits, the check character among them: what a person types who has read it.
    pub fn tail(&self) -> String {
        let letters: Vec<char> = self.0.chars().filter(char::is_ascii_alphanumeric).collect();
        letters.iter().skip(letters.len().saturating_sub(4)).collect()
    }

    /// Whether `typed` is [`Trace::tail`], in either case and with or without the dashes that the paper shows.
    pub fn is_tail(&self, typed: &str) -> bool {
        let letters: String = typed.chars().filter(|c| *c != '-').collect();
        letters.trim().eq_ignore_ascii_case(&self.tail())
    }
}

/// The symbol of the lowest five bits.
fn symbol(bits: u64) -> char {
    ALPHABET.get((bits & 31) as usize).map_or('0', |byte| char::from(*byte))
}

/// Luhn mod 32: from the right, every other value counts twice, and values above 31 count as the sum of their digits.
/// `None` where a character is not of the alphabet.
fn check_character(text: impl DoubleEndedIterator<Item = u8>) -> Option<char> {
    let mut sum = 0;
    let mut twice = true;
    for byte in text.rev() {
        let value = ALPHABET.iter().position(|known| *known == byte)? * if twice { 2 } else { 1 };
        sum += value / 32 + value % 32;
        twice = !twice;
    }
    Some(symbol((32 - sum as u64 % 32) % 32))
}

impl FromStr for Trace {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        let parts: Vec<&str> = text.split('-').collect();
        let [date, left, right, check] = parts.as_slice() else { return Err(TraceError::Form) };
        if !is_date(date) || left.len() != 4 || right.len() != 4 || check.len() != 1 {
            return Err(TraceError::Form);
        }
        let expected =
            check_character(date.bytes().chain(left.bytes()).chain(right.bytes())).ok_or(TraceError::Form)?;
        if check.chars().eq([expected]) { Ok(Self(text.to_owned())) } else { Err(TraceError::Check) }
    }
}

/// Whether `digits` is the date of a day that exists.
fn is_date(digits: &str) -> bool {
    let (Some(year), Some(month), Some(day)) = (digits.get(..4), digits.get(4..6), digits.get(6..)) else {
        return false;
    };
    format!("{year}-{month}-{day}T00:00:00Z").parse::<Timestamp>().is_ok()
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Refusal for TraceError {
    fn reason(&self) -> Reason {
        match self {
            Self::Form => Reason::new(Class::Usage, "TRACE_FORM", "copy the trace as it stands on the sheet"),
            Self::Check => Reason::new(Class::Usage, "TRACE_CHECK", "a character is mistyped; read the trace again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_trace_carries_its_check_character() {
        let day = "2025-07-22T03:00:00Z".parse().unwrap();
        // 7Q2K9M4F: 7 23 2 19 9 20 4 15 in five bits each.
        let trace = Trace::new(day, [0x3d, 0xc5, 0x34, 0xd0, 0x8f]);
        assert_eq!(trace.as_str(), "20250722-7Q2K-9M4F-B");
        assert_eq!("20250722-7Q2K-9M4F-B".parse(), Ok(trace));
    }

    #[test]
    fn other_spellings_and_impossible_dates_are_refused() {
        for text in [
            "",
            "20250722-7q2k-9m4f-b",
            "202507227Q2K9M4FB",
            "20250722-7Q2K-9M4F-B ",
            "20250722-7Q2K-9M4F-B-0",
            "20250722-7Q2KA-9M4-B",
            "20250722-7U2K-9M4F-B",
            "20250229-7Q2K-9M4F-B",
            "2025-0722-7Q2K-9M4F-B",
            "+2025072-7Q2K-9M4F-B",
            "２0250722-7Q2K-9M4F-B",
        ] {
            assert_eq!(text.parse::<Trace>(), Err(TraceError::Form), "{text}");
        }
    }

    #[test]
    fn every_single_wrong_symbol_is_found() {
        let good = "20250722-7Q2K-9M4F-B";
        for at in [9, 10, 11, 12, 14, 15, 16, 17, 19] {
            for other in ALPHABET.iter().filter(|other| **other != good.as_bytes()[at]) {
                let mut wrong = good.as_bytes().to_vec();
                wrong[at] = *other;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(wrong.parse::<Trace>(), Err(TraceError::Check), "{wrong}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_made_reads_back(seconds in 0..253_402_300_799_i64, random: [u8; 5]) {
            let trace = Trace::new(Timestamp::from_unix(seconds).unwrap(), random);
            prop_assert_eq!(trace.as_str().len(), 20);
            prop_assert_eq!(trace.as_str().parse(), Ok(trace));
        }

        #[test]
        fn what_reads_prints_the_same(text in "[0-9]{8}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]|\\PC{0,24}") {
            if let Ok(trace) = text.parse::<Trace>() {
                prop_assert_eq!(trace.to_string(), text);
            }
        }
    }
}
