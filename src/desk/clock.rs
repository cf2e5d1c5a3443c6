//! Two people compare the clock of this host, each with a clock of his own.
//!
//! An attestation names who compared and by how much they differed. Offline it dates certificates: it counts until the
//! host is started again, and for a day. Online it dates nothing; there it is the way back, where the clock once stood
//! ahead and the log refuses everything that is earlier.

use thiserror::Error;

use crate::audit::detail::ClockAttested;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::exchange::people::person::PersonRole;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::time::Timestamp;

/// The most by which a clock on the wall may differ, in seconds.
pub const MAX_SPREAD_S: u64 = 120;

const MINUTE_S: i64 = 60;

/// What one person read off a clock of his own.
pub struct Compared<'a> {
    /// The person.
    pub person: &'a Present,
    /// The minute he read; its seconds do not count.
    pub minute: Timestamp,
}

/// Why the clock is not attested.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ClockFault {
    /// One person, twice the same, or somebody of another role.
    #[error("two {0}s compare the clock, each with a clock of his own")]
    TwoPeople(PersonRole),
    /// The clock is wrong, or one of the others.
    #[error("the clock of this host says {now}, {person} reads a minute that differs by {spread} s")]
    Spread {
        /// The clock of the host.
        now: Timestamp,
        /// Who read another minute.
        person: String,
        /// By how much, in seconds.
        spread: u64,
    },
}

/// A minute, or a second, of UTC: `2026-11-22T03:10Z` or `2026-11-22T03:10:00Z`.
pub fn minute(text: &str) -> Option<Timestamp> {
    let whole = text.strip_suffix('Z').map(|minute| format!("{minute}:00Z"));
    text.parse().ok().or_else(|| whole?.parse().ok())
}

impl Desk {
    /// Writes down that people of this role compared the clock; returns the entry.
    ///
    /// # Errors
    /// Any [`ClockFault`]; what the log says: it takes no attestation that lies before the last one.
    pub fn attest(&mut self, compared: &[Compared<'_>], role: PersonRole) -> Result<u64, Refused> {
        let mut people: Vec<_> = compared.iter().map(|one| one.person.id().to_string()).collect();
        people.sort();
        people.dedup();
        let may = compared.iter().all(|one| one.person.principal().role == role);
        let Some(first) = compared.first().filter(|_| people.len() >= 2 && may) else {
            return Err(ClockFault::TwoPeople(role).into());
        };
        let now = self.now()?;
        let mut spread_s = 0;
        for one in compared {
            let spread = distance(now, one.minute);
            if spread > MAX_SPREAD_S {
                return Err(ClockFault::Spread { now, person: one.person.id().to_string(), spread }.into());
            }
            spread_s = spread_s.max(spread);
        }
        let attested = Event::ClockAttested(ClockAttested { officers: people, spread_s });
        self.note(&first.person.actor(), None, attested)
    }
}

/// How far `now` is from the minute that begins at or before `read`, in seconds.
fn distance(now: Timestamp, read: Timestamp) -> u64 {
    let begin = read.unix() - read.unix().rem_euclid(MINUTE_S);
    let after = now.unix() - begin;
    let outside = if after < 0 { -after } else { (after - MINUTE_S + 1).max(0) };
    outside.unsigned_abs()
}

impl Refusal for ClockFault {
    fn reason(&self) -> Reason {
        match self {
            Self::TwoPeople(_) => Reason::new(Class::Quorum, "CLOCK_TWO_PEOPLE", "have a second person compare it"),
            Self::Spread { .. } => Reason::new(
                Class::Inconsistent,
                "CLOCK_SPREAD",
                "type the minute in UTC, which is Beijing minus 8 h; if it was, find out which clock is wrong and set it, then compare again",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_as_long_as_a_minute() {
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        let minute = now("2026-11-22T03:10:00Z");
        for (text, expected) in [
            ("2026-11-22T03:10:00Z", 0),
            ("2026-11-22T03:10:59Z", 0),
            ("2026-11-22T03:11:00Z", 1),
            ("2026-11-22T03:09:59Z", 1),
            ("2026-11-22T03:12:59Z", 120),
            ("2026-11-22T03:08:00Z", 120),
        ] {
            assert_eq!(distance(now(text), minute), expected, "{text}");
            assert_eq!(distance(now(text), minute.plus(42)), expected, "{text}");
        }
    }
}
