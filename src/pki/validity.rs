//! From when until when a certificate is valid (RFC 5280, 4.1.2.5).

use std::fmt;

use der::Encode;
use der::asn1::{GeneralizedTime, UtcTime};
use thiserror::Error;
use x509_cert::time::Time;

use super::exact::{self, element, tag};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// A period with both its ends; the last second is still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    not_before: Timestamp,
    not_after: Timestamp,
}

/// Why two times are no validity.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ValidityError {
    /// Not two times in DER: UTCTime until 2049, GeneralizedTime from 2050.
    #[error("a time is not UTCTime until 2049 or GeneralizedTime from 2050, in whole seconds with Z")]
    Encoding,
    /// The end lies before the beginning.
    #[error("the validity ends at {not_after}, before it begins at {not_before}")]
    Reversed {
        /// The beginning.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
}

impl Refusal for ValidityError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Encoding => verification("VALIDITY_ENCODING", "have it made again with a tool that follows RFC 5280"),
            Self::Reversed { .. } => verification("VALIDITY_REVERSED", "check the clock of the machine that made it"),
        }
    }
}

impl Validity {
    /// From `not_before` to `not_after`, both included.
    ///
    /// # Errors
    /// [`ValidityError::Reversed`].
    pub fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, ValidityError> {
        if not_after < not_before {
            return Err(ValidityError::Reversed { not_before, not_after });
        }
        Ok(Self { not_before, not_after })
    }

    /// Reads a DER Validity, which must fill `der`.
    ///
    /// # Errors
    /// Any [`ValidityError`].
    pub fn from_der(der: &[u8]) -> Result<Self, ValidityError> {
        let parsed: x509_cert::time::Validity = exact::decode(der).map_err(|_| ValidityError::Encoding)?;
        Self::read(&parsed)
    }

    /// Takes over what x509-cert parsed.
    pub(crate) fn read(parsed: &x509_cert::time::Validity) -> Result<Self, ValidityError> {
        Self::new(timestamp(parsed.not_before)?, timestamp(parsed.not_after)?)
    }

    /// The DER Validity.
    pub fn to_der(&self) -> Vec<u8> {
        element(tag::SEQUENCE, &[&time_der(self.not_before), &time_der(self.not_after)])
    }

    /// The first second.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether `time` lies within, the ends included.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// Whether all of `inner` lies within.
    pub fn encloses(&self, inner: &Self) -> bool {
        self.not_before <= inner.not_before && inner.not_after <= self.not_after
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} .. {}", self.not_before, self.not_after)
    }
}

/// Reads a DER time (RFC 5280, 4.1.2.5.1 and 4.1.2.5.2).
pub(super) fn timestamp(time: Time) -> Result<Timestamp, ValidityError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok();
    seconds.and_then(Timestamp::from_unix).ok_or(ValidityError::Encoding)
}

/// Writes UTCTime until 2049 and GeneralizedTime from 2050.
pub(super) fn time_der(time: Timestamp) -> Vec<u8> {
    let since_epoch = std::time::Duration::from_secs(time.unix().unsigned_abs());
    let utc = UtcTime::from_unix_duration(since_epoch).and_then(|time| time.to_der());
    // A Timestamp ends with the year 9999, as GeneralizedTime does.
    utc.or_else(|_| GeneralizedTime::from_unix_duration(since_epoch).and_then(|time| time.to_der())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn utc_time_ends_with_2049() {
        assert_eq!(time_der(at("2049-12-31T23:59:59Z")), b"\x17\x0d491231235959Z");
        assert_eq!(time_der(at("2050-01-01T00:00:00Z")), b"\x18\x0f20500101000000Z");
        assert_eq!(time_der(at("1970-01-01T00:00:00Z")), b"\x17\x0d700101000000Z");
        assert_eq!(time_der(at("9999-12-31T23:59:59Z")), b"\x18\x0f99991231235959Z");
    }

    #[test]
    fn other_forms_of_a_time_are_refused() {
        let good = b"\x17\x0d250101000000Z";
        let read = |time: &[u8]| Validity::from_der(&element(tag::SEQUENCE, &[good, time]));
        assert!(read(good).is_ok());
        for bad in [
            &b"\x18\x0f20250101000000Z"[..],
            b"\x17\x0b2501010000Z",
            b"\x17\x11250101000000+0000",
            b"\x18\x1120500101000000.0Z",
            b"\x17\x0d250230000000Z",
            b"\x17\x0d250101240000Z",
            b"\x17\x0d250101000060Z",
        ] {
            assert_eq!(read(bad), Err(ValidityError::Encoding), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn a_validity_does_not_end_before_it_begins() {
        let (first, second) = (at("2025-01-01T00:00:00Z"), at("2025-01-01T00:00:01Z"));
        assert!(Validity::new(first, first).is_ok());
        assert_eq!(Validity::new(second, first), Err(ValidityError::Reversed { not_before: second, not_after: first }));
    }

    proptest! {
        #[test]
        fn it_reads_back_what_it_writes(first in 0_i64..253_402_300_800, length in 0_i64..4_000_000_000) {
            let not_before = Timestamp::from_unix(first).unwrap();
            let validity = Validity::new(not_before, not_before.plus(length)).unwrap();
            prop_assert_eq!(Validity::from_der(&validity.to_der()), Ok(validity));
        }

        #[test]
        fn both_ends_belong_to_it(first in 1_i64..4_000_000_000, length in 0_i64..4_000_000_000) {
            let (begin, end) = (Timestamp::from_unix(first).unwrap(), Timestamp::from_unix(first + length).unwrap());
            let validity = Validity::new(begin, end).unwrap();
            prop_assert!(validity.contains(begin) && validity.contains(end) && validity.encloses(&validity));
            prop_assert!(!validity.contains(begin.plus(-1)) && !validity.contains(end.plus(1)));
            let wider = Validity::new(begin, end.plus(1)).unwrap();
            prop_assert!(wider.encloses(&validity) && !validity.encloses(&wider));
        }
    }
}
