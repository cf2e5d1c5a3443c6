//! People come and go: each change is a new epoch of the roster, which the people of the one before approve.
//!
//! A key that is revoked stays in the roster with the log index from which on its signatures do not count, so that what
//! was approved before stays approved.

use thiserror::Error;

use crate::audit::detail::Object;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::exchange::approval::operation::Operation;
use crate::exchange::people::person::{Person, PersonId, PersonKey};
use crate::exchange::people::roster::{Roster, RosterFields};
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// Why a roster is not put before people, or does not come into force.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PeopleFault {
    /// The id is taken.
    #[error("{0} is in the roster with another name, role or key")]
    Taken(PersonId),
    /// Nothing would change.
    #[error("nothing of {0} would change")]
    Same(PersonId),
    /// The roster has no such person, or key.
    #[error("the roster has no such key of {0} in force")]
    Unknown(PersonId),
    /// Made from a roster that is no longer in force.
    #[error("the roster was made from one that is no longer in force")]
    Stale,
}

/// Puts before people that `person` joins, or that a person of the roster gets further keys; returns the digest of the
/// new roster.
///
/// # Errors
/// [`PeopleFault::Taken`], [`PeopleFault::Same`]; any [`RosterError`](crate::exchange::people::roster::RosterError); as
/// [`Room::propose`].
pub fn add(room: &mut Room, actor: &Actor, person: Person) -> Result<Digest, Refused> {
    change(room, actor, |persons, _| {
        let Some(known) = persons.iter_mut().find(|known| known.id == person.id) else {
            persons.push(person);
            return Ok(());
        };
        if known.role != person.role || known.name != person.name {
            return Err(PeopleFault::Taken(person.id));
        }
        let has = |key: &PersonKey| known.keys.iter().any(|own| own.key == key.key);
        let new: Vec<_> = person.keys.into_iter().filter(|key| !has(key)).collect();
        if new.is_empty() {
            return Err(PeopleFault::Same(person.id));
        }
        known.keys.extend(new);
        Ok(())
    })
}

/// Puts before people that a key of `id`, or all of them where none is named by its fingerprint, counts no more from the
/// next entry of the log on; returns the digest of the new roster.
///
/// # Errors
/// [`PeopleFault::Unknown`]; as [`add`].
pub fn revoke(room: &mut Room, actor: &Actor, id: &PersonId, fingerprint: Option<&str>) -> Result<Digest, Refused> {
    change(room, actor, |persons, next| {
        let keys = persons.iter_mut().filter(|person| person.id == *id).flat_map(|person| &mut person.keys);
        let named = |print: &str| fingerprint.is_none_or(|wanted| wanted == print);
        let mut found = false;
        for key in keys.filter(|key| key.revoked_from.is_none() && named(&key.key.fingerprint())) {
            key.revoked_from = Some(next);
            found = true;
        }
        if found { Ok(()) } else { Err(PeopleFault::Unknown(id.clone())) }
    })
}

fn change(
    room: &mut Room,
    actor: &Actor,
    edit: impl FnOnce(&mut Vec<Person>, u64) -> Result<(), PeopleFault>,
) -> Result<Digest, Refused> {
    let next = room.desk().log().tree().size();
    let mut fields: RosterFields = room.roster().fields().clone();
    edit(&mut fields.persons, next)?;
    fields.persons.sort_by(|one, other| one.id.cmp(&other.id));
    fields.epoch += 1;
    room.propose(actor, Operation::Roster, &Roster::try_from(fields)?.to_json()?)
}

/// Brings a roster into force, once enough people of the one before have approved it; returns the entry that says so.
///
/// # Errors
/// As [`Room::agreed`]; [`PeopleFault::Stale`]; what the log says.
pub fn adopt(room: &mut Room, object: &Digest) -> Result<u64, Refused> {
    let agreed = room.agreed(&room.subject(Operation::Roster, object)?)?;
    let new = Roster::parse(&room.desk().objects().get(agreed.object())?)?;
    if new.ca() != room.roster().ca() || new.epoch() != room.roster().epoch() + 1 {
        return Err(PeopleFault::Stale.into());
    }
    room.change(&Actor::system(), None, Event::RosterAdopted(Object { object: *agreed.object() }))
}

impl Refusal for PeopleFault {
    fn reason(&self) -> Reason {
        match self {
            Self::Taken(_) => {
                Reason::new(Class::Usage, "PEOPLE_TAKEN", "one person, one id, one role: choose another id")
            }
            Self::Same(_) => Reason::new(Class::Usage, "PEOPLE_SAME", "nothing is left to do"),
            Self::Unknown(_) => Reason::new(Class::Usage, "PEOPLE_UNKNOWN", "look it up: airlock officer list"),
            Self::Stale => Reason::new(Class::Replay, "PEOPLE_STALE", "put the change before people again"),
        }
    }
}
