//! The people of a host, as a person writes them down:
//!
//! ```toml
//! [[persons]]
//! id = "zhang-wei"
//! name = "Zhang Wei"
//! role = "requester"
//! keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... zhang-wei@ops-bj1"]
//! ```

use serde::Deserialize;

use super::strict::{self, ConfigError};
use crate::exchange::people::person::{Person, PersonId, PersonKey, PersonRole};
use crate::exchange::signature::public_key::SshPublicKey;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    persons: Vec<Line>,
}

/// One person, as written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    id: String,
    name: String,
    role: PersonRole,
    keys: Vec<String>,
}

/// Reads the people in `bytes`, the content of the file called `file`, sorted by id. What a side demands of its people
/// is for the side to check.
///
/// # Errors
/// Any [`ConfigError`].
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Person>, ConfigError> {
    let read: File = strict::read(file, bytes)?;
    sorted(file, read.persons)
}

/// The people that these lines are, sorted by id.
pub(super) fn sorted(file: &str, lines: Vec<Line>) -> Result<Vec<Person>, ConfigError> {
    let mut persons = lines.into_iter().map(|line| person(file, line)).collect::<Result<Vec<_>, _>>()?;
    persons.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(persons)
}

fn person(file: &str, line: Line) -> Result<Person, ConfigError> {
    let id: PersonId = line.id.parse().map_err(|e| ConfigError::value(file, "persons.id", &e))?;
    let key = |text: &String| match SshPublicKey::from_line(text) {
        Ok(key) => Ok(PersonKey { key, revoked_from: None }),
        Err(e) => Err(ConfigError::value(file, "persons.keys", &format!("{id}: {e}"))),
    };
    let keys = line.keys.iter().map(key).collect::<Result<_, _>>()?;
    Ok(Person { id, keys, name: line.name, role: line.role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal as _;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

    fn file(id: &str, role: &str, key: &str) -> String {
        format!("[[persons]]\nid = '{id}'\nname = 'x'\nrole = '{role}'\nkeys = ['{key}']\n")
    }

    #[test]
    fn people_are_sorted_and_key_comments_fall_away() {
        let text = file("zhang-wei", "requester", &format!("{KEY} zhang-wei@ops")) + &file("chen", "officer", KEY);
        let people = parse("people.toml", text.as_bytes()).unwrap();
        assert_eq!(
            people.iter().map(|p| p.principal().to_string()).collect::<Vec<_>>(),
            ["officer:chen", "requester:zhang-wei"]
        );
        assert_eq!(people[1].keys[0].key.to_string(), KEY);
    }

    #[test]
    fn what_is_no_person_is_named() {
        for (text, code, word) in [
            (file("Chen", "officer", KEY), "CONFIG_VALUE", "persons.id"),
            (file("chen", "chief", KEY), "CONFIG_FORM", "line 4"),
            (file("chen", "officer", "ssh-rsa AAAA"), "CONFIG_VALUE", "chen"),
            (file("chen", "officer", KEY) + "mail = 'x'\n", "CONFIG_FORM", "line 6"),
            (String::new(), "CONFIG_FORM", "persons"),
        ] {
            let refused = parse("people.toml", text.as_bytes()).unwrap_err();
            assert!(refused.reason().code == code && refused.to_string().contains(word), "{refused}");
        }
    }
}
