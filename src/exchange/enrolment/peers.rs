//! Who is enrolled on this host: the newest record of each party, folded from the log.

use std::collections::BTreeMap;

use super::EnrolmentError;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::exchange::statement::party::Party;
use crate::wire::digest::Digest;

/// Every enrolled party.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peers(BTreeMap<Party, Pinned>);

/// What is pinned for a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// Digest of the enrolment record.
    pub record: Digest,
    /// Its epoch.
    pub epoch: u64,
    /// Identifier of the statement it came with.
    pub statement: Digest,
    /// The log entry that pinned it.
    pub entry: u64,
}

impl Peers {
    /// Folds the entries of this host's own log.
    ///
    /// # Errors
    /// [`EnrolmentError::Log`] for an entry that names no party, or whose epoch does not rise.
    pub fn fold(entries: &[Entry]) -> Result<Self, EnrolmentError> {
        let mut peers = Self::default();
        for entry in entries {
            let Event::Enrolled(enrolled) = &entry.event else { continue };
            let misfit = EnrolmentError::Log(entry.seq);
            let Ok(party) = enrolled.peer.parse::<Party>() else { return Err(misfit) };
            let (record, epoch, statement) = (enrolled.record, enrolled.epoch, enrolled.statement);
            let before = peers.0.insert(party, Pinned { record, epoch, statement, entry: entry.seq });
            if before.is_some_and(|before| before.epoch >= epoch) {
                return Err(misfit);
            }
        }
        Ok(peers)
    }

    /// What is pinned for `party`, if it is enrolled.
    pub fn pinned(&self, party: &Party) -> Option<&Pinned> {
        self.0.get(party)
    }

    /// All of them, by party.
    pub fn all(&self) -> impl Iterator<Item = (&Party, &Pinned)> {
        self.0.iter()
    }
}
