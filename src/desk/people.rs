//! A person shows a key of the roster. Five failures lock him out for fifteen minutes, whatever process counts them.

use secrecy::SecretString;
use thiserror::Error;

use crate::audit::detail::Verb;
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::people::person::{Person, PersonId, PersonRole, Principal};
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::{PrivateKeyError, SoftwareKey};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::time::Timestamp;

/// Failures in a row after which a person is locked out.
pub const MAX_FAILURES: usize = 5;
/// How long, in seconds.
pub const LOCK_SECONDS: i64 = 900;

/// A person who showed a key of his in this process; made only by [`Desk::identify`].
pub struct Present {
    principal: Principal,
    key: SoftwareKey,
}

/// Why a person is not who he says, or may not do this.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdentityError {
    /// The roster has no such person.
    #[error("{0} is not in the roster")]
    Unknown(PersonId),
    /// The key is not his, or was revoked.
    #[error("the key is not one of {0}")]
    NotHis(PersonId),
    /// The role may not do this.
    #[error("{0} is {1}, this needs an {2}")]
    Role(PersonId, PersonRole, PersonRole),
    /// Too many failures.
    #[error("{0} is locked out until {1}")]
    LockedOut(PersonId, Timestamp),
    /// The passphrase is wrong or the key file is unusable.
    #[error("{0}: {1}")]
    Key(PersonId, PrivateKeyError),
}

impl Desk {
    /// Opens the key file of `id`, one of `persons`, and demands that the key is his and the role one of `roles`.
    ///
    /// # Errors
    /// Any [`IdentityError`]; each is written down.
    pub fn identify(
        &mut self,
        persons: &[Person],
        id: &PersonId,
        roles: &[PersonRole],
        file: &[u8],
        passphrase: &SecretString,
    ) -> Result<Present, Refused> {
        if let Some(until) = self.locked_until(id)? {
            return Err(IdentityError::LockedOut(id.clone(), until).into());
        }
        match self.try_identify(persons, id, roles, file, passphrase) {
            Ok(present) => {
                self.note(&present.actor(), None, Event::Authenticated(verb("identify")))?;
                Ok(present)
            }
            Err(error) => {
                let actor = Actor { key: None, person: Some(id.to_string()), role: "unproven".to_owned() };
                let outcome = Outcome::Failed(error.reason().code.to_owned());
                self.note_as(&actor, None, outcome, Event::AuthenticationFailed(verb("identify")))?;
                Err(error.into())
            }
        }
    }

    fn try_identify(
        &self,
        persons: &[Person],
        id: &PersonId,
        roles: &[PersonRole],
        file: &[u8],
        passphrase: &SecretString,
    ) -> Result<Present, IdentityError> {
        let person = persons.iter().find(|person| person.id == *id);
        let person = person.ok_or_else(|| IdentityError::Unknown(id.clone()))?;
        if let Some(wanted) = roles.first().filter(|_| !roles.contains(&person.role)) {
            return Err(IdentityError::Role(id.clone(), person.role, *wanted));
        }
        let key = SoftwareKey::unlock(file, passphrase).map_err(|error| IdentityError::Key(id.clone(), error))?;
        if !person.holds(key.public_key(), self.log().tree().size()) {
            return Err(IdentityError::NotHis(id.clone()));
        }
        Ok(Present { principal: person.principal(), key })
    }

    /// Until when `id` is locked out, if he is.
    fn locked_until(&self, id: &PersonId) -> Result<Option<Timestamp>, Refused> {
        let now = self.now()?;
        let of_person = |actor: &Actor| actor.person.as_deref() == Some(id.as_str());
        let failures: Vec<_> = self
            .entries()
            .iter()
            .rev()
            .filter(|entry| of_person(&entry.actor))
            .take_while(|entry| !matches!(entry.event, Event::Authenticated(_)))
            .filter(|entry| matches!(entry.event, Event::AuthenticationFailed(_)))
            // A clock that was ahead locks nobody out until it is that late.
            .filter(|entry| entry.time <= now)
            .map(|entry| entry.time)
            .take(MAX_FAILURES)
            .collect();
        let until = failures.first().map(|last| last.plus(LOCK_SECONDS));
        Ok(until.filter(|until| failures.len() == MAX_FAILURES && now < *until))
    }
}

impl Present {
    /// The person.
    pub fn id(&self) -> &PersonId {
        &self.principal.id
    }

    /// The person with his role.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The key, to sign with.
    pub fn key(&self) -> &SoftwareKey {
        &self.key
    }

    /// As entries of the log name him.
    pub fn actor(&self) -> Actor {
        let Principal { role, id } = &self.principal;
        Actor::person(id.as_str(), role.as_str(), &self.key.public_key().fingerprint())
    }
}

fn verb(verb: &str) -> Verb {
    Verb { verb: verb.to_owned() }
}

impl Refusal for IdentityError {
    fn reason(&self) -> Reason {
        let authentication = |code, hint| Reason::new(Class::Authentication, code, hint);
        match self {
            Self::Unknown(_) => authentication("PERSON_UNKNOWN", "name a person of the roster: airlock officer list"),
            Self::NotHis(_) => authentication("KEY_NOT_HIS", "name the person whose key it is, or the right key file"),
            Self::Role(..) => Reason::new(
                Class::Quorum,
                "ROLE_MAY_NOT",
                "have somebody do it whose role allows it; roles are exclusive",
            ),
            Self::LockedOut(..) => authentication("LOCKED_OUT", "wait; if it was not this person, call the auditor"),
            Self::Key(_, error) => error.reason(),
        }
    }
}
