//! A quorum sets the clock of a CA host back.
//!
//! Time never runs backwards behind an attested entry of the log, unless a quorum approves that it does: while the clock
//! still stands ahead, the floor is lowered, and then the clock of the host is put right.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::detail::ClockSet;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::exchange::approval::operation::Operation;
use crate::exchange::statement::party::Party;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::json;
use crate::wire::time::Timestamp;

const FORMAT: &str = "airlock.clock-set/1";

/// The object that people approve to set the clock back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBack {
    format: String,
    from: Timestamp,
    host: Party,
    to: Timestamp,
}

/// Why the clock is not set back.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetBackFault {
    /// Setting the clock back to where it need not be set back.
    #[error("the floor of the clock is {0}: a clock that stands later needs no quorum")]
    NotBack(Timestamp),
    /// The approved object is none of this host.
    #[error("the object is not one that sets the clock of this host back")]
    Object,
}

/// Puts before people that the clock is set back to `to`; returns the digest of what they approve.
///
/// # Errors
/// [`SetBackFault::NotBack`]; as [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, to: Timestamp) -> Result<Digest, Refused> {
    let from = floor(room)?;
    if to >= from {
        return Err(SetBackFault::NotBack(from).into());
    }
    room.must_be_first(Operation::ClockSet, |bytes| json::from_slice(bytes).is_ok_and(|one: SetBack| one.to == to))?;
    let host = room.desk().party().clone();
    let object =
        json::to_vec(&SetBack { format: FORMAT.to_owned(), from, host, to }).map_err(|_| SetBackFault::Object)?;
    room.propose(actor, Operation::ClockSet, &object)
}

/// Lowers the floor of the clock as people approved; the clock of the host itself is put right afterwards.
///
/// # Errors
/// As [`Room::agreed`]; [`SetBackFault::Object`]; what the log says.
pub fn set(room: &mut Room, object: &Digest) -> Result<u64, Refused> {
    let agreed = room.agreed(&room.subject(Operation::ClockSet, object)?)?;
    let bytes = room.desk().objects().get(agreed.object())?;
    let set: SetBack = json::from_slice(&bytes).map_err(|_| SetBackFault::Object)?;
    // The floor rises with every entry, those of the people's decisions among them; it is below only where it was set
    // back meanwhile, and then this is about a clock that is no more.
    if set.format != FORMAT || set.host != *room.desk().party() || set.from > floor(room)? {
        return Err(SetBackFault::Object.into());
    }
    let event = Event::ClockSet(ClockSet { from: set.from, object: *object, to: set.to });
    room.change(&Actor::system(), None, event)
}

/// The earliest time that the next entry may bear; now, where nobody ever vouched for the clock.
fn floor(room: &Room) -> Result<Timestamp, Refused> {
    Ok(room.desk().log().clock_floor().map_or_else(|| room.desk().now(), Ok)?)
}

impl Refusal for SetBackFault {
    fn reason(&self) -> Reason {
        match self {
            Self::NotBack(_) => Reason::new(Class::Usage, "CLOCK_NOT_BACK", "set the clock of this host and attest it"),
            Self::Object => Reason::new(Class::Inconsistent, "CLOCK_OBJECT", "put it before people again"),
        }
    }
}
