//! What is locked away on a host: statements whose sheet did not match, and peers whose sheets were left too often.
//!
//! At a CA host a quorum lets them out. An import host has no officers: there a statement stays locked, its sender makes
//! another with another sheet, and the intake from a peer opens after a day.

use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::statement::party::Party;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// Something that is locked away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// A statement, by its identifier, since this entry of the log.
    Statement(Digest, u64),
    /// A peer: nothing is received from it.
    Peer(Party),
}

/// Everything that is locked away.
///
/// # Errors
/// What the log says.
pub fn list(desk: &Desk) -> Result<Vec<Locked>, Refused> {
    let (papers, now) = (desk.papers()?, desk.now()?);
    let statements =
        papers.sheets().filter_map(|sheet| Some(Locked::Statement(sheet.statement(), sheet.quarantine()?)));
    let mut peers: Vec<Party> = desk.entries().iter().filter_map(|entry| sender(&entry.event)).collect();
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

/// The exchange in which `statement` was received.
pub fn trace_of(desk: &Desk, statement: &Digest) -> Option<String> {
    desk.entries().iter().find_map(|entry| match &entry.event {
        Event::Received(received) if received.statement == *statement => entry.trace.clone(),
        _ => None,
    })
}
