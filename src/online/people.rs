//! Who asks and imports on this side: its requesters, fixed by the genesis (`airlock.people/1`).
//!
//! What they do here, they do by the keys of that list. Whether the CA knows them, its roster says, and a bundle names
//! only those whom it does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::exchange::people::person::{Person, PersonId, PersonRole};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::{self, JsonError};

const FORMAT: &str = "airlock.people/1";
/// A peer is enrolled by two people.
const LEAST: usize = 2;
const MOST: usize = 64;

/// The checked list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    persons: Vec<Person>,
    json: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: String,
    persons: Vec<Person>,
}

/// Why a list of people was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PeopleError {
    /// Not JSON of this form.
    #[error("the list of people is not of its form: {0}")]
    Json(#[from] JsonError),
    /// Another format or version.
    #[error("the list of people is not of the format {FORMAT}")]
    Format,
    /// Too few, too many, or not sorted by id.
    #[error("there are {0} people, not {LEAST} to {MOST}, each once")]
    Count(usize),
    /// Somebody has another role.
    #[error("{0} is {1}; on this side there are requesters only")]
    Role(PersonId, PersonRole),
    /// Somebody has no key, or a name that cannot be shown.
    #[error("{0} has no key, or no name of 1 to 64 printable characters")]
    Incomplete(PersonId),
    /// Two people could be one.
    #[error("a key of {0} is listed twice")]
    SharedKey(PersonId),
}

impl People {
    /// Takes `persons`, sorted by id.
    ///
    /// # Errors
    /// Any [`PeopleError`].
    pub fn new(persons: Vec<Person>) -> Result<Self, PeopleError> {
        let sorted = persons.is_sorted_by(|one, next| one.id < next.id);
        if !sorted || !(LEAST..=MOST).contains(&persons.len()) {
            return Err(PeopleError::Count(persons.len()));
        }
        let mut keys = BTreeSet::new();
        for person in &persons {
            let printable = person.name.bytes().all(|b| matches!(b, b' '..=b'~'));
            if person.role != PersonRole::Requester {
                return Err(PeopleError::Role(person.id.clone(), person.role));
            }
            if !printable || person.name.trim().is_empty() || person.name.len() > 64 || person.keys.is_empty() {
                return Err(PeopleError::Incomplete(person.id.clone()));
            }
            if !person.keys.iter().all(|own| keys.insert(own.key.as_ed25519())) {
                return Err(PeopleError::SharedKey(person.id.clone()));
            }
        }
        let json = json::to_vec(&Fields { format: FORMAT.to_owned(), persons: persons.clone() })?;
        Ok(Self { persons, json })
    }

    /// Reads exactly what [`People::json`] gives.
    ///
    /// # Errors
    /// Any [`PeopleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PeopleError> {
        let fields: Fields = json::from_slice(bytes)?;
        if fields.format == FORMAT { Self::new(fields.persons) } else { Err(PeopleError::Format) }
    }

    /// The file, whose digest the genesis names.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Everyone, by id.
    pub fn all(&self) -> &[Person] {
        &self.persons
    }
}

impl Refusal for PeopleError {
    fn reason(&self) -> Reason {
        const CORRECT: &str = "correct the people file of this host";
        match self {
            Self::Json(_) => Reason::new(Class::Inconsistent, "PEOPLE_FORM", "restore the state from a backup"),
            Self::Format => Reason::new(Class::Inconsistent, "PEOPLE_FORMAT", "restore the state from a backup"),
            Self::Count(_) => Reason::new(Class::Usage, "PEOPLE_COUNT", CORRECT),
            Self::Role(..) => Reason::new(Class::Usage, "PEOPLE_ROLE", CORRECT),
            Self::Incomplete(_) => Reason::new(Class::Usage, "PEOPLE_INCOMPLETE", CORRECT),
            Self::SharedKey(_) => Reason::new(Class::Usage, "PEOPLE_SHARED_KEY", CORRECT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::people::person::PersonKey;
    use crate::exchange::signature::public_key::SshPublicKey;

    fn person(id: &str, seed: u8) -> Person {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let key = SshPublicKey::from_ed25519(key.as_bytes()).unwrap();
        let keys = vec![PersonKey { key, revoked_from: None }];
        Person { id: id.parse().unwrap(), keys, name: "A Name".to_owned(), role: PersonRole::Requester }
    }

    #[test]
    fn two_requesters_are_a_list_that_reads_back() {
        let people = People::new(vec![person("liu", 1), person("zhang-wei", 2)]).unwrap();
        assert_eq!(People::parse(people.json()).unwrap(), people);
        let other = String::from_utf8(people.json().to_vec()).unwrap().replace("people/1", "people/2");
        assert_eq!(People::parse(other.as_bytes()), Err(PeopleError::Format));
        assert!(matches!(People::parse(b"{}"), Err(PeopleError::Json(_))));
    }

    #[test]
    fn other_lists_are_refused() {
        let code = |change: &dyn Fn(&mut Vec<Person>)| {
            let mut persons = vec![person("liu", 1), person("zhang-wei", 2)];
            change(&mut persons);
            People::new(persons).unwrap_err().reason().code
        };
        assert_eq!(code(&|all| all.truncate(1)), "PEOPLE_COUNT");
        assert_eq!(code(&|all| all.swap(0, 1)), "PEOPLE_COUNT");
        assert_eq!(code(&|all| all[1].id = all[0].id.clone()), "PEOPLE_COUNT");
        assert_eq!(code(&|all| all[0].role = PersonRole::Officer), "PEOPLE_ROLE");
        assert_eq!(code(&|all| all[0].keys.clear()), "PEOPLE_INCOMPLETE");
        assert_eq!(code(&|all| all[0].name = "\u{202e}".to_owned()), "PEOPLE_INCOMPLETE");
        assert_eq!(code(&|all| all[0].keys = all[1].keys.clone()), "PEOPLE_SHARED_KEY");
    }
}
