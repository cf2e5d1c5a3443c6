//! A quorum lets out what is locked away.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::detail::Cleared;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::quarantine::{Locked, list, trace_of};
use crate::exchange::approval::operation::Operation;
use crate::exchange::statement::party::Party;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::json;

const FORMAT: &str = "airlock.quarantine-clear/1";

/// The object that people approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Clearing {
    /// Length of the log when it was put before people: to clear the same twice needs two quorums.
    entries: u64,
    format: String,
    host: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statement: Option<Digest>,
}

/// Why nothing is cleared.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum QuarantineFault {
    /// It is not locked away.
    #[error("it is not in quarantine")]
    NotLocked,
    /// The approved object is none of this host.
    #[error("the object is not one that clears quarantine on this host")]
    Object,
}

/// Puts before people that `locked` is let out; returns the digest of what they approve.
///
/// # Errors
/// [`QuarantineFault::NotLocked`]; as [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, locked: &Locked) -> Result<Digest, Refused> {
    if !list(room.desk())?.contains(locked) {
        return Err(QuarantineFault::NotLocked.into());
    }
    let is_same = |clearing: &Clearing| match locked {
        Locked::Statement(statement, _) => clearing.statement == Some(*statement),
        Locked::Peer(peer) => clearing.peer.as_ref() == Some(peer),
    };
    room.must_be_first(Operation::QuarantineClear, |bytes| json::from_slice(bytes).is_ok_and(|one| is_same(&one)))?;
    let (statement, peer) = match locked {
        Locked::Statement(statement, _) => (Some(*statement), None),
        Locked::Peer(peer) => (None, Some(peer.clone())),
    };
    let (entries, host) = (room.desk().log().tree().size(), room.desk().party().clone());
    let object = json::to_vec(&Clearing { entries, format: FORMAT.to_owned(), host, peer, statement });
    room.propose(actor, Operation::QuarantineClear, &object.map_err(|_| QuarantineFault::Object)?)
}

/// Whether `object`, which is before people, lets `statement` out.
///
/// # Errors
/// [`QuarantineFault::Object`]; what the disk says.
pub fn is_about(room: &Room, object: &Digest, statement: &Digest) -> Result<bool, Refused> {
    let bytes = room.desk().objects().get(object)?;
    let clearing: Clearing = json::from_slice(&bytes).map_err(|_| QuarantineFault::Object)?;
    Ok(clearing.statement == Some(*statement))
}

/// Lets out what people approved; returns the entry that says so.
///
/// # Errors
/// As [`Room::agreed`]; [`QuarantineFault::Object`]; what the log says.
pub fn clear(room: &mut Room, object: &Digest) -> Result<u64, Refused> {
    let agreed = room.agreed(&room.subject(Operation::QuarantineClear, object)?)?;
    let bytes = room.desk().objects().get(agreed.object())?;
    let clearing: Clearing = json::from_slice(&bytes).map_err(|_| QuarantineFault::Object)?;
    if clearing.format != FORMAT || clearing.host != *room.desk().party() {
        return Err(QuarantineFault::Object.into());
    }
    let (statement, peer) = (clearing.statement, clearing.peer.map(|peer| peer.to_string()));
    // Under its trace, so that the exchange goes on where it was stopped.
    let trace = statement.and_then(|statement| trace_of(room.desk(), &statement));
    room.change(
        &Actor::system(),
        trace.as_deref(),
        Event::QuarantineCleared(Cleared { object: *object, statement, peer }),
    )
}

impl Refusal for QuarantineFault {
    fn reason(&self) -> Reason {
        match self {
            Self::NotLocked => {
                Reason::new(Class::Usage, "QUARANTINE_NOT_LOCKED", "look it up: airlock quarantine list")
            }
            Self::Object => Reason::new(Class::Inconsistent, "QUARANTINE_OBJECT", "put it before people again"),
        }
    }
}
