//! Points in time, in whole seconds of UTC, written as RFC 3339 with `Z`: `2025-07-29T03:00:00Z`.
//!
//! There is one way to write each second: no fraction, no offset, no lower case, real dates only.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// A second of UTC between the years 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Timestamp(i64);

/// The text is not `YYYY-MM-DDThh:mm:ssZ` or no such second exists.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a time of the form YYYY-MM-DDThh:mm:ssZ")]
pub struct TimeError;

/// The last second of the year 9999, the end of GeneralizedTime (RFC 5280, 4.1.2.5.2).
const LAST: i64 = 253_402_300_799;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Timestamp {
    /// `seconds` since 1970-01-01T00:00:00Z; refused before 1970 and after 9999.
    pub const fn from_unix(seconds: i64) -> Option<Self> {
        if seconds < 0 || seconds > LAST { None } else { Some(Self(seconds)) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// This time plus `seconds`, which may be negative; stops at 1970 and at 9999.
    pub const fn plus(self, seconds: i64) -> Self {
        let sum = self.0.saturating_add(seconds);
        Self(if sum < 0 {
            0
        } else if sum > LAST {
            LAST
        } else {
            sum
        })
    }

    /// Seconds from `earlier` to this time; negative where `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// `YYYYMMDD`, as traces begin.
    pub fn date_digits(self) -> String {
        self.to_string().chars().take(10).filter(char::is_ascii_digit).collect()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In range by construction, so the addition does not fail; and jiff prints whole seconds without a fraction.
        let civil = EPOCH.checked_add(SignedDuration::from_secs(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{civil}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let civil: DateTime = text.strip_suffix('Z').and_then(|t| t.parse().ok()).ok_or(TimeError)?;
        let time = Self::from_unix(civil.duration_since(EPOCH).as_secs()).ok_or(TimeError)?;
        // Printing it again leaves one valid form: jiff also reads fractions, blanks and lower case.
        if time.to_string() == text { Ok(time) } else { Err(TimeError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_one_form() {
        let time: Timestamp = "2025-07-29T03:00:00Z".parse().unwrap();
        assert_eq!(time.unix(), 1_753_758_000);
        assert_eq!(time.to_string(), "2025-07-29T03:00:00Z");
        assert_eq!(time.date_digits(), "20250729");
    }

    #[test]
    fn refuses_every_other_form() {
        for text in [
            "2025-07-29T03:00:00.0Z",
            "2025-07-29T03:00:00+00:00",
            "2025-07-29t03:00:00z",
            "2025-07-29 03:00:00Z",
            "2025-02-29T03:00:00Z",
            "2025-07-29T24:00:00Z",
            "2025-07-29T03:00:60Z",
            "1969-12-31T23:59:59Z",
            "2025-07-29T03:00Z",
            "",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        let first = Timestamp::from_unix(0).unwrap();
        assert_eq!(first.plus(-1), first);
        assert_eq!(first.plus(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(first.plus(7).since(first), 7);
    }
}
