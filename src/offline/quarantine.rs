//! What is locked away: statements whose sheet did not match, and peers whose sheets were left too often. A quorum lets
//! them out.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::detail::Cleared;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::exchange::approval::operation::Operation;
use crate::exchange::statement::party::Party;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::json;

const FORMAT: &str = "airlock.quarantine-clear/1";

/// Something that is locked away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// A statement, by its identifier, since this entry of the log.
    Statement(Digest, u64),
    /// A peer: nothing is received from it.
    Peer(Party),
}

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

/// Everything that is locked away.
///
/// # Errors
/// What the log says.
pub fn list(room: &Room) -> Result<Vec<Locked>, Refused> {
    let (papers, now) = (room.desk().papers()?, room.desk().now()?);
    let statements =
        papers.sheets().filter_map(|sheet| Some(Locked::Statement(sheet.statement(), sheet.quarantine()?)));
    let mut peers: Vec<Party> = room.desk().entries().iter().filter_map(|entry| sender(&entry.event)).collect();
    peers.sort();
    peers.dedup();
    let peers = peers.into_iter().filter(|peer| papers.intake(peer, now).is_err()).map(Locked::Peer);
    Ok(statements.chain(peers).collect())
}

fn sender(event: &Event) -> Option<Party> {
    match event {
        Event::Received(received) => received.from.parse().ok(),
        _ => None,
    }
}

/// Puts before people that `locked` is let out; returns the digest of what they approve.
///
/// # Errors
/// [`QuarantineFault::NotLocked`]; as [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, locked: &Locked) -> Result<Digest, Refused> {
    if !list(room)?.contains(locked) {
        return Err(QuarantineFault::NotLocked.into());
    }
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
    let trace = statement.and_then(|statement| trace_of(room, &statement));
    room.change(
        &Actor::system(),
        trace.as_deref(),
        Event::QuarantineCleared(Cleared { object: *object, statement, peer }),
    )
}

/// The exchange in which `statement` was received.
pub fn trace_of(room: &Room, statement: &Digest) -> Option<String> {
    room.desk().entries().iter().find_map(|entry| match &entry.event {
        Event::Received(received) if received.statement == *statement => entry.trace.clone(),
        _ => None,
    })
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
