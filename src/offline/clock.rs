//! The clock of a host without a network: people compare it, and a quorum may set it back.
//!
//! An attestation names who compared and by how much they differed; it counts until the host is started again, and for
//! a day. Time never runs backwards behind an attested entry of the log, unless a quorum approves that it does: while
//! the clock still stands ahead, the floor is lowered, and then the clock of the host is put right.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::detail::{ClockAttested, ClockSet};
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::people::Present;
use crate::exchange::approval::operation::Operation;
use crate::exchange::people::person::PersonRole;
use crate::exchange::statement::party::Party;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::json;
use crate::wire::time::Timestamp;

/// The most by which a clock on the wall may differ, in seconds.
pub const MAX_SPREAD_S: u64 = 120;

const FORMAT: &str = "airlock.clock-set/1";
const MINUTE_S: i64 = 60;

/// What one officer read off a clock of his own.
pub struct Compared<'a> {
    /// The officer.
    pub officer: &'a Present,
    /// The minute he read; its seconds do not count.
    pub minute: Timestamp,
}

/// The object that people approve to set the clock back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBack {
    format: String,
    from: Timestamp,
    host: Party,
    to: Timestamp,
}

/// Why the clock is not attested or set.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ClockFault {
    /// One officer, or twice the same.
    #[error("two officers compare the clock, each with a clock of his own")]
    TwoOfficers,
    /// The clock is wrong, or one of the others.
    #[error("the clock of this host says {now}, {officer} reads a minute that differs by {spread} s")]
    Spread {
        /// The clock of the host.
        now: Timestamp,
        /// Who read another minute.
        officer: String,
        /// By how much, in seconds.
        spread: u64,
    },
    /// Setting the clock back to where it need not be set back.
    #[error("the floor of the clock is {0}: a clock that stands later needs no quorum")]
    NotBack(Timestamp),
    /// The approved object is none of this host.
    #[error("the object is not one that sets the clock of this host back")]
    Object,
}

/// A minute, or a second, of UTC: `2026-11-22T03:10Z` or `2026-11-22T03:10:00Z`.
pub fn minute(text: &str) -> Option<Timestamp> {
    let whole = text.strip_suffix('Z').map(|minute| format!("{minute}:00Z"));
    text.parse().ok().or_else(|| whole?.parse().ok())
}

/// Writes down that officers compared the clock; returns the entry.
///
/// # Errors
/// [`ClockFault::TwoOfficers`], [`ClockFault::Spread`]; what the log says.
pub fn attest(room: &mut Room, compared: &[Compared<'_>]) -> Result<u64, Refused> {
    let mut officers: Vec<_> = compared.iter().map(|one| one.officer.id().to_string()).collect();
    officers.sort();
    officers.dedup();
    let are_officers = compared.iter().all(|one| one.officer.principal().role == PersonRole::Officer);
    let Some(first) = compared.first().filter(|_| officers.len() >= 2 && are_officers) else {
        return Err(ClockFault::TwoOfficers.into());
    };
    let now = room.desk().now()?;
    let mut spread_s = 0;
    for one in compared {
        let spread = distance(now, one.minute);
        if spread > MAX_SPREAD_S {
            return Err(ClockFault::Spread { now, officer: one.officer.id().to_string(), spread }.into());
        }
        spread_s = spread_s.max(spread);
    }
    let attested = Event::ClockAttested(ClockAttested { officers, spread_s });
    room.desk_mut().note(&first.officer.actor(), None, attested)
}

/// Puts before people that the clock is set back to `to`; returns the digest of what they approve.
///
/// # Errors
/// [`ClockFault::NotBack`]; as [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, to: Timestamp) -> Result<Digest, Refused> {
    let from = floor(room)?;
    if to >= from {
        return Err(ClockFault::NotBack(from).into());
    }
    let host = room.desk().party().clone();
    let object =
        json::to_vec(&SetBack { format: FORMAT.to_owned(), from, host, to }).map_err(|_| ClockFault::Object)?;
    room.propose(actor, Operation::ClockSet, &object)
}

/// Lowers the floor of the clock as people approved; the clock of the host itself is put right afterwards.
///
/// # Errors
/// As [`Room::agreed`]; [`ClockFault::Object`]; what the log says.
pub fn set(room: &mut Room, object: &Digest) -> Result<u64, Refused> {
    let agreed = room.agreed(&room.subject(Operation::ClockSet, object)?)?;
    let bytes = room.desk().objects().get(agreed.object())?;
    let set: SetBack = json::from_slice(&bytes).map_err(|_| ClockFault::Object)?;
    // The floor rises with every entry, those of the people's decisions among them; it is below only where it was set
    // back meanwhile, and then this is about a clock that is no more.
    if set.format != FORMAT || set.host != *room.desk().party() || set.from > floor(room)? {
        return Err(ClockFault::Object.into());
    }
    let event = Event::ClockSet(ClockSet { from: set.from, object: *object, to: set.to });
    room.change(&Actor::system(), None, event)
}

/// The earliest time that the next entry may bear; now, where nobody ever vouched for the clock.
fn floor(room: &Room) -> Result<Timestamp, Refused> {
    Ok(room.desk().log().clock_floor().map_or_else(|| room.desk().now(), Ok)?)
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
            Self::TwoOfficers => Reason::new(Class::Quorum, "CLOCK_TWO_OFFICERS", "have a second officer compare it"),
            Self::Spread { .. } => Reason::new(
                Class::Inconsistent,
                "CLOCK_SPREAD",
                "find out which clock is wrong; set the clock of this host, then compare again",
            ),
            Self::NotBack(_) => Reason::new(Class::Usage, "CLOCK_NOT_BACK", "set the clock of this host and attest it"),
            Self::Object => Reason::new(Class::Inconsistent, "CLOCK_OBJECT", "put it before people again"),
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
