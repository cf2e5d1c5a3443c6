//! The open room of the cluster admin: its state, its people, its keys, and the CA that it enrolled. A node that stages for
//! itself has a room too: the people and the CA are those that its cluster told it, and its only key is its identity.

use secrecy::SecretString;
use thiserror::Error;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::{Entry, Side};
use crate::audit::event::Event;
use crate::audit::note::{KeyUse, Note, NoteKey};
use crate::config::online::OnlineConfig;
use crate::desk::host::{Desk, DeskError, Senses};
use crate::desk::people::Present;
use crate::exchange::enrolment::peers::Peers;
use crate::exchange::enrolment::record::{CaSide, EnrolmentRecord};
use crate::exchange::people::person::{Person, PersonId};
use crate::exchange::people::roster::Roster;
use crate::exchange::seal::identity::Identity;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::online::history::History;
use crate::online::keys::{HostKeys, KeyStore, PublicKeys};
use crate::online::node;
use crate::online::people::People;
use crate::online::request::AskedCa;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// The open room. While it lives, no other process works in its state.
pub struct Room {
    pub(super) desk: Desk,
    config: OnlineConfig,
    people: Option<People>,
    keys: KeyStore,
    public: Option<PublicKeys>,
    ca: Option<EnrolmentRecord>,
}

/// Why the room does not open, or something in it is not to be had.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RoomError {
    /// No CA is enrolled.
    #[error("no CA is enrolled on this host")]
    NotEnrolled,
    /// The genesis is not the first entry.
    #[error("the log of this host does not begin with its genesis")]
    NoGenesis,
    /// An enrolled record is not that of a CA for this cluster.
    #[error("the enrolled record of {0} is not that of a CA for this cluster")]
    Misfit(Party),
    /// The CA does not know this person by this key.
    #[error("{0} is no requester of the CA's roster with that key")]
    NotInRoster(PersonId),
    /// The key of the log does not sign its head.
    #[error("the key of the log does not sign its head")]
    LogKey,
    /// A node does not speak for its cluster.
    #[error("this host is a node of its cluster; it asks for nothing and enrols nobody")]
    Node,
    /// The host of the admin is no node.
    #[error("this host is no node: its config has no [node]")]
    NoNode,
}

impl Room {
    /// Opens the room of `config`.
    ///
    /// # Errors
    /// Any [`DeskError`]; what the log, the blobs and the keys say.
    pub fn open(config: OnlineConfig, senses: Senses) -> Result<Self, Refused> {
        let desk = Desk::open(config.state(), Side::Online, senses)?;
        if desk.party() != config.party() {
            return Err(DeskError::OtherParty(desk.party().to_string()).into());
        }
        let keys = KeyStore::within(desk.state())?;
        if config.node().is_some() {
            let told = node::told(&desk)?;
            let (people, ca) = told.map_or((None, None), |told| (Some(told.people), Some(told.ca)));
            return Ok(Self { desk, config, people, keys, public: None, ca });
        }
        let people = People::parse(&desk.objects().get(&roster_of(desk.entries())?)?)?;
        let public = keys.public()?;
        let ca = enrolled_ca(&desk)?;
        Ok(Self { desk, config, people: Some(people), keys, public: Some(public), ca })
    }

    /// The state.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The state, to write in.
    pub fn desk_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// The config.
    pub fn config(&self) -> &OnlineConfig {
        &self.config
    }

    /// The people of this host; on a node those of its cluster, nobody before its first package.
    pub fn people(&self) -> &[Person] {
        self.people.as_ref().map_or(&[], People::all)
    }

    /// The people who agree to what becomes of `trace`: on the host of the admin those of its genesis, on a node those whom the
    /// package of that exchange told, whatever a newer one says.
    ///
    /// # Errors
    /// What the blobs say.
    pub fn people_of(&self, trace: &Trace) -> Result<Vec<Person>, Refused> {
        if self.config.node().is_none() {
            return Ok(self.people().to_vec());
        }
        Ok(node::told_of(&self.desk, trace)?.map_or_else(Vec::new, |told| told.people.all().to_vec()))
    }

    /// The list of the people, whose digest the genesis names.
    pub(super) fn people_json(&self) -> &[u8] {
        self.people.as_ref().map_or(&[], People::json)
    }

    /// The state and the people, for somebody who shows his key.
    pub fn desk_and_people(&mut self) -> (&mut Desk, &[Person]) {
        (&mut self.desk, self.people.as_ref().map_or(&[], People::all))
    }

    /// The public halves of the keys of this host.
    ///
    /// # Errors
    /// [`RoomError::Node`].
    pub fn public(&self) -> Result<&PublicKeys, RoomError> {
        self.public.as_ref().ok_or(RoomError::Node)
    }

    /// What was asked for and what became of it.
    pub fn history(&self) -> History {
        History::of(self.desk.entries())
    }

    /// The enrolled record of the CA.
    ///
    /// # Errors
    /// [`RoomError::NotEnrolled`].
    pub fn ca(&self) -> Result<&EnrolmentRecord, RoomError> {
        self.ca.as_ref().ok_or(RoomError::NotEnrolled)
    }

    /// What only a CA says, of that record.
    ///
    /// # Errors
    /// [`RoomError`].
    pub fn ca_side(&self) -> Result<&CaSide, RoomError> {
        let record = self.ca()?;
        record.ca().ok_or_else(|| RoomError::Misfit(record.party().clone()))
    }

    /// The record of `party`, if it is enrolled.
    pub fn peer(&self, party: &Party) -> Option<&EnrolmentRecord> {
        self.ca.as_ref().filter(|record| record.party() == party)
    }

    /// The CA as a request names it.
    ///
    /// # Errors
    /// [`RoomError::NotEnrolled`].
    pub fn asked_ca(&self) -> Result<AskedCa, RoomError> {
        let record = self.ca()?;
        let issuers = record.roots().iter().map(|root| root.certificate.public_key().spki_sha256()).collect();
        Ok(AskedCa { party: record.party().clone(), epoch: record.epoch(), issuers })
    }

    /// The newest roster that was accepted since the CA was enrolled, which is the enrolled one at first.
    ///
    /// # Errors
    /// [`RoomError`]; what the blobs say.
    pub fn roster(&self) -> Result<Roster, Refused> {
        let record = self.ca_side()?;
        let since = Peers::fold(self.desk.entries())?.pinned(record.roster.ca()).map_or(0, |pinned| pinned.entry);
        let adopted = self.desk.entries().iter().rev().take_while(|entry| entry.seq > since);
        let adopted = adopted.into_iter().find_map(|entry| match &entry.event {
            Event::RosterAdopted(adopted) => Some(adopted.object),
            _ => None,
        });
        match adopted {
            Some(digest) => Ok(Roster::parse(&self.desk.objects().get(&digest)?)?),
            None => Ok(record.roster.clone()),
        }
    }

    /// Demands that the CA knows `person`, whom a bundle will name: a requester of its roster, by the key that was shown.
    ///
    /// # Errors
    /// [`RoomError::NotInRoster`]; as [`Room::roster`].
    pub fn must_be_known_to_ca(&self, person: &Present) -> Result<(), Refused> {
        let roster = self.roster()?;
        let known = roster.principal(person.principal());
        let in_force = |known: &Person| {
            known.keys.iter().any(|own| own.key == *person.key().public_key() && own.revoked_from.is_none())
        };
        if known.is_some_and(in_force) { Ok(()) } else { Err(RoomError::NotInRoster(person.id().clone()).into()) }
    }

    /// The newest record by which this host introduced itself, where there is one.
    ///
    /// # Errors
    /// What the blobs say.
    pub fn own_record(&self) -> Result<Option<EnrolmentRecord>, Refused> {
        let made = self.desk.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::Introduced(made) => Some(made.record),
            _ => None,
        });
        let bytes = made.map(|digest| self.desk.objects().get(&digest)).transpose()?;
        Ok(bytes.map(|bytes| EnrolmentRecord::parse(&bytes)).transpose()?)
    }

    /// Opens the signing keys.
    ///
    /// # Errors
    /// [`RoomError::Node`]; any [`HostKeyError`](crate::online::keys::HostKeyError).
    pub fn unlock(&self, passphrase: &SecretString) -> Result<HostKeys, Refused> {
        self.public()?;
        Ok(self.keys.unlock(passphrase)?)
    }

    /// Opens the identity that packages are encrypted to.
    ///
    /// # Errors
    /// [`RoomError::Node`]; any [`HostKeyError`](crate::online::keys::HostKeyError).
    pub fn unlock_identity(&self, passphrase: &SecretString) -> Result<Identity, Refused> {
        self.public()?;
        Ok(self.keys.unlock_identity(passphrase)?)
    }

    /// The identity of this node, to which its packages are encrypted.
    ///
    /// # Errors
    /// [`RoomError::NoNode`]; any [`HostKeyError`](crate::online::keys::HostKeyError).
    pub(super) fn node_identity(&self) -> Result<Identity, Refused> {
        self.config.node().ok_or(RoomError::NoNode)?;
        Ok(self.keys.node_identity()?)
    }

    /// Signs the head of the log and keeps it beside the log. Returns its size.
    ///
    /// # Errors
    /// What the key and the disk say.
    pub fn sign_head(&self, keys: &HostKeys) -> Result<u64, Refused> {
        let (head, origin) = (self.desk.log().tree().head(), self.config.party().log_origin());
        let text = Checkpoint { origin: origin.clone(), head }.to_string();
        let key = NoteKey::of_ed25519(&origin, keys.log.public_key().as_ed25519(), KeyUse::Log);
        let line = key.ok_or(RoomError::LogKey)?.line(&text, &keys.log.sign(text.as_bytes())?);
        let line = line.map_err(|_| RoomError::LogKey)?;
        self.desk.keep_head(&Note::new(text, vec![line]))?;
        Ok(head.size)
    }

    /// Reads again which CA is enrolled, after that changed.
    pub(super) fn refresh(&mut self) -> Result<(), Refused> {
        match (self.config.node(), node::told(&self.desk)?) {
            (Some(_), Some(told)) => (self.people, self.ca) = (Some(told.people), Some(told.ca)),
            (Some(_), None) => {}
            (None, _) => self.ca = enrolled_ca(&self.desk)?,
        }
        Ok(())
    }
}

fn roster_of(entries: &[Entry]) -> Result<crate::wire::digest::Digest, RoomError> {
    match entries.first().map(|entry| &entry.event) {
        Some(Event::Genesis(genesis)) => Ok(genesis.roster),
        _ => Err(RoomError::NoGenesis),
    }
}

/// The record of the CA that was enrolled last.
fn enrolled_ca(desk: &Desk) -> Result<Option<EnrolmentRecord>, Refused> {
    let peers = Peers::fold(desk.entries())?;
    let cas = peers.all().filter(|(party, _)| party.role() == Role::Ca);
    let Some((party, pinned)) = cas.max_by_key(|(_, pinned)| pinned.entry) else { return Ok(None) };
    let record = EnrolmentRecord::parse(&desk.objects().get(&pinned.record)?)?;
    let is_ours = record.ca().is_some_and(|ca| ca.cluster == *desk.party());
    if is_ours && record.party() == party { Ok(Some(record)) } else { Err(RoomError::Misfit(party.clone()).into()) }
}

impl Refusal for RoomError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotEnrolled => Reason::new(
                Class::Verification,
                "ROOM_NOT_ENROLLED",
                "enrol the CA first, in person: airlock enrol import",
            ),
            Self::NoGenesis => Reason::new(
                Class::Inconsistent,
                "ROOM_NO_GENESIS",
                "stop; call the auditor; restore the state from a backup",
            ),
            Self::Misfit(_) => Reason::new(
                Class::Inconsistent,
                "ROOM_MISFIT",
                "stop; call the auditor; restore the state from a backup",
            ),
            Self::NotInRoster(_) => {
                Reason::new(Class::Policy, "ROOM_NOT_IN_ROSTER", "have the CA take that person into its roster first")
            }
            Self::LogKey => Reason::new(Class::Internal, "ROOM_LOG_KEY", "report this to the maintainers"),
            Self::Node => Reason::new(Class::Usage, "ROOM_NODE", "do this on the host of the cluster's admin"),
            Self::NoNode => {
                Reason::new(Class::Usage, "ROOM_NO_NODE", "do this on the node, or name the config of the node")
            }
        }
    }
}
