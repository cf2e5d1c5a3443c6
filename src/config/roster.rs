//! The roster of a CA host, as a person writes it down:
//!
//! ```toml
//! [quorum]                       # officers needed; root and administration need an auditor's witness besides
//! leaf = 2
//! privileged = 2
//! root = 3
//! crl = 1
//! administration = 3
//!
//! [[persons]]
//! id = "chen"
//! name = "Chen Jing"
//! role = "officer"
//! keys = ["sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t... chen"]
//! ```

use serde::Deserialize;

use super::people::{self, Line};
use super::strict::{self, ConfigError};
use crate::exchange::people::roster::{FORMAT, Quorum, Roster, RosterFields};
use crate::exchange::statement::party::Party;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    quorum: Quorum,
    persons: Vec<Line>,
}

/// Reads the roster of `ca` at this epoch from `bytes`, the content of the file called `file`.
///
/// # Errors
/// Any [`ConfigError`].
pub fn parse(file: &str, bytes: &[u8], ca: &Party, epoch: u64) -> Result<Roster, ConfigError> {
    let read: File = strict::read(file, bytes)?;
    let persons = people::sorted(file, read.persons)?;
    let fields = RosterFields { ca: ca.clone(), epoch, format: FORMAT.to_owned(), persons, quorum: read.quorum };
    Roster::try_from(fields).map_err(|error| ConfigError::value(file, "persons", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::people::person::PersonRole;
    use crate::refusal::Refusal as _;

    const GOOD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/roster.toml"));

    fn read(text: &str) -> Result<Roster, ConfigError> {
        parse("roster.toml", text.as_bytes(), &"ca:root-ca-01".parse().unwrap(), 1)
    }

    #[test]
    fn the_example_is_read() {
        let roster = read(std::str::from_utf8(GOOD).unwrap()).unwrap();
        assert_eq!((roster.epoch(), roster.officers(), roster.quorum().root), (1, 4, 3));
        // Without a sysadmin nobody could put a stick into the register.
        assert!(roster.persons().iter().any(|one| one.role == PersonRole::Sysadmin));
        assert!(roster.persons().is_sorted_by(|one, next| one.id < next.id));
    }

    #[test]
    fn what_is_no_roster_is_named() {
        let good = std::str::from_utf8(GOOD).unwrap();
        for (from, to, word) in [
            ("leaf = 2", "leaf = 1", "leaf"),
            ("root = 3", "root = 4", "root"),
            ("crl = 1\n", "", "crl"),
            ("\"auditor\"", "\"requester\"", "auditor"),
            ("id = \"li\"", "id = \"chen\"", "sorted"),
        ] {
            assert!(good.contains(from), "{from}");
            let refused = read(&good.replacen(from, to, 1)).unwrap_err();
            assert!(refused.to_string().contains(word), "{refused}");
            assert!(refused.reason().code.starts_with("CONFIG_"));
        }
    }
}
