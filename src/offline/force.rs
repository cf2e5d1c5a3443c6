//! What is in force: the newest policy and roster that the log adopted, and the records of the peers it enrolled.

use std::collections::BTreeMap;

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::devices::objects::Objects;
use crate::exchange::enrolment::peers::{Peers, Pinned};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::people::roster::Roster;
use crate::exchange::statement::party::Party;
use crate::issuance::policy::Policy;
use crate::offline::room::RoomError;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// What the decisions of this host rest on.
#[derive(Debug)]
pub struct InForce {
    /// The policy.
    pub policy: Policy,
    /// The people.
    pub roster: Roster,
    /// Every roster that was in force, by its digest, the present one last.
    pub rosters: Vec<Digest>,
    peers: BTreeMap<Party, (Pinned, EnrolmentRecord)>,
}

impl InForce {
    /// Folds the entries of the log of this host; what they name is taken from `objects`.
    ///
    /// # Errors
    /// [`RoomError::Log`] where the log does not say; what the blobs say.
    pub fn fold(entries: &[Entry], objects: &Objects) -> Result<Self, Refused> {
        let (mut policy, mut rosters) = (None, Vec::new());
        for entry in entries {
            match &entry.event {
                Event::Genesis(genesis) => {
                    policy = genesis.policy;
                    rosters.push(genesis.roster);
                }
                Event::PolicyAdopted(adopted) => policy = Some(adopted.object),
                Event::RosterAdopted(adopted) => rosters.push(adopted.object),
                _ => {}
            }
        }
        let policy = Policy::parse(&objects.get(&policy.ok_or(RoomError::Log)?)?)?;
        let roster = Roster::parse(&objects.get(rosters.last().ok_or(RoomError::Log)?)?)?;
        let mut peers = BTreeMap::new();
        for (party, pinned) in Peers::fold(entries)?.all() {
            let record = EnrolmentRecord::parse(&objects.get(&pinned.record)?)?;
            peers.insert(party.clone(), (*pinned, record));
        }
        Ok(Self { policy, roster, rosters, peers })
    }

    /// The record of `party`, if it is enrolled.
    pub fn peer(&self, party: &Party) -> Option<&EnrolmentRecord> {
        self.peers.get(party).map(|(_, record)| record)
    }

    /// What the log pins for `party`, if it is enrolled.
    pub fn pinned(&self, party: &Party) -> Option<&Pinned> {
        self.peers.get(party).map(|(pinned, _)| pinned)
    }

    /// Every enrolled party with its record.
    pub fn peers(&self) -> impl Iterator<Item = (&Pinned, &EnrolmentRecord)> {
        self.peers.values().map(|(pinned, record)| (pinned, record))
    }
}
