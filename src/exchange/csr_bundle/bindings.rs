//! What a manifest owes to others: to the statement that people confirmed, to the record that was enrolled in person, to
//! the roster, and to the clock.

use super::BundleError;
use super::manifest::{Manifest, SeenCheckpoint};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::note::NoteKey;
use crate::audit::tree::Head;
use crate::cluster::record::Record;
use crate::exchange::people::person::PersonRole;
use crate::exchange::people::roster::Roster;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::wire::time::Timestamp;

/// How far the clock of the cluster may be ahead of ours, in seconds.
pub const MAX_AHEAD: i64 = 600;

/// What the CA host knows of the cluster that asks: its enrolment, the roster and the time.
pub struct Known<'a> {
    /// The enrolled statement key, which also signs containers.
    pub key: &'a SshPublicKey,
    /// The enrolled cluster record.
    pub record: &'a Record,
    /// The enrolled recipient of the import host.
    pub recipient: &'a Recipient,
    /// The enrolled witness key, which cosigns heads of the CA's log.
    pub witness: &'a NoteKey,
    /// The epoch of the CA's own enrolment record for this cluster.
    pub ca_epoch: u64,
    /// The roster in force.
    pub roster: &'a Roster,
    /// The attested time.
    pub now: Timestamp,
}

pub(super) fn check(manifest: &Manifest, statement: &Statement, known: &Known<'_>) -> Result<(), BundleError> {
    let lines = statement.lines();
    if manifest.trace != lines.trace {
        return Err(BundleError::Trace);
    }
    if manifest.origin.party != lines.from {
        return Err(BundleError::From);
    }
    if manifest.origin.uid != known.record.fields().uid {
        return Err(BundleError::Uid);
    }
    if manifest.audience.ca != lines.to {
        return Err(BundleError::To);
    }
    if manifest.expires != lines.expires {
        return Err(BundleError::Expires);
    }
    if manifest.items() != u64::from(lines.items) {
        return Err(BundleError::Items { stated: lines.items, found: manifest.items() });
    }
    if manifest.created.since(known.now) > MAX_AHEAD {
        return Err(BundleError::Future(manifest.created));
    }
    if manifest.reply_to.recipient != *known.recipient {
        return Err(BundleError::Recipient);
    }
    if manifest.reply_to.ca_epoch != known.ca_epoch {
        return Err(BundleError::CaEpoch { trusted: manifest.reply_to.ca_epoch, ours: known.ca_epoch });
    }
    check_operators(manifest, known.roster)?;
    match &manifest.seen_checkpoint {
        Some(seen) => check_seen(seen, &manifest.audience.ca.log_origin(), known.witness),
        None => Ok(()),
    }
}

/// Whoever made the bundle must not later approve it, so he is one whom the roster knows as a requester.
fn check_operators(manifest: &Manifest, roster: &Roster) -> Result<(), BundleError> {
    let is_requester = |id| roster.person(id).is_some_and(|person| person.role == PersonRole::Requester);
    let operators = &manifest.origin.operators;
    match operators.iter().find(|id| !is_requester(id)) {
        Some(stranger) => Err(BundleError::Operator(Some(stranger.clone()))),
        None if operators.is_empty() => Err(BundleError::Operator(None)),
        None => Ok(()),
    }
}

/// The head must bear the cosignature of the witness that was enrolled; whether our log extends it, our log says.
fn check_seen(seen: &SeenCheckpoint, origin: &str, witness: &NoteKey) -> Result<(), BundleError> {
    let text = Checkpoint { origin: origin.to_owned(), head: seen.head() }.to_string();
    let (time, signature) = seen.cosignature.0.split_first_chunk::<8>().ok_or(BundleError::Cosignature)?;
    let signature = signature.try_into().map_err(|_| BundleError::Cosignature)?;
    match witness.cosignature_line(&text, u64::from_be_bytes(*time), signature) {
        Ok(_) => Ok(()),
        Err(_) => Err(BundleError::Cosignature),
    }
}

impl SeenCheckpoint {
    /// The head that was seen.
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root }
    }
}
