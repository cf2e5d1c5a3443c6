//! Numbers of requests and orders: decimal, from 1, padded to the width of the largest, at least four digits.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// The most requests of a bundle.
pub const MAX_REQUESTS: u32 = 25_000;
/// The largest number: the orders of a plan are a few more than its requests, for there are CRLs too.
pub const MAX: u32 = 26_000;

/// A number as it stands in a manifest and in file names, such as `0031`.
///
/// Numbers of one list have one width, so their order as text is their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Number {
    value: u32,
    width: u8,
}

/// The text is not such a number.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a number of at least four digits from 0001 to 26000")]
pub struct NumberError;

impl Number {
    /// The `value`th of `count`, both from 1; none outside of that.
    pub fn new(value: u32, count: u32) -> Option<Self> {
        let fits = (1..=count).contains(&value) && count <= MAX;
        fits.then_some(Self { value, width: if count > 9999 { 5 } else { 4 } })
    }

    /// The numbers of a list of `count`; none above [`MAX`].
    pub fn list(count: usize) -> Option<impl Iterator<Item = Self>> {
        let count = u32::try_from(count).ok().filter(|count| *count <= MAX)?;
        Some((1..=count).filter_map(move |value| Self::new(value, count)))
    }

    /// The number.
    pub const fn value(self) -> u32 {
        self.value
    }

    /// How many digits it is written with; the same in all of a list.
    pub const fn width(self) -> u8 {
        self.width
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.value, width = usize::from(self.width))
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let width = match text.len() {
            4 => 4,
            5 => 5,
            _ => return Err(NumberError),
        };
        let value = text.parse().ok().filter(|value| digits && (1..=MAX).contains(value)).ok_or(NumberError)?;
        Ok(Self { value, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_follows_the_count() {
        assert_eq!(Number::new(31, 42).unwrap().to_string(), "0031");
        assert_eq!(Number::new(31, 20_000).unwrap().to_string(), "00031");
        assert_eq!(Number::list(3).unwrap().map(|n| n.to_string()).collect::<Vec<_>>(), ["0001", "0002", "0003"]);
        assert!(Number::list(26_001).is_none());
        assert_eq!(Number::new(0, 5), None);
        assert_eq!(Number::new(6, 5), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "031", "0000", "00000", "26001", "000031", "+031", "00a1", " 031"] {
            assert_eq!(text.parse::<Number>(), Err(NumberError), "{text:?}");
        }
        assert_eq!("00031".parse::<Number>().unwrap().to_string(), "00031");
    }
}
