//! A person shows a key.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use super::secrets::{PassphraseOptions, SecondPassphraseOptions};
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::devices::store::{Links, read_file};
use crate::exchange::people::person::{Person, PersonId, PersonRole};
use crate::refusal::Refused;

/// The largest key file, in bytes.
const MAX_KEY: u64 = 16 << 10;

/// Who acts, and the key that shows it.
#[derive(Debug, Clone, Args)]
pub struct PersonOptions {
    /// Who acts, as the roster names him
    #[arg(long = "officer", visible_alias = "person", value_name = "ID")]
    pub id: PersonId,
    /// His encrypted OpenSSH key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// What opens it
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
}

/// Two people, each with his key.
#[derive(Debug, Clone, Args)]
pub struct TwoPersonsOptions {
    #[command(flatten)]
    first: PersonOptions,
    /// The second person
    #[arg(long, value_name = "ID")]
    second: PersonId,
    /// The second person's encrypted OpenSSH key file
    #[arg(long, value_name = "FILE")]
    second_key: PathBuf,
    #[command(flatten)]
    second_passphrase: SecondPassphraseOptions,
}

/// [`PersonOptions`] of a verb that needs nobody for some of its uses.
#[derive(Debug, Clone, Args)]
pub struct OptionalPersonOptions {
    /// Who acts, as the roster names him
    #[arg(long = "officer", visible_alias = "person", value_name = "ID", requires = "key")]
    id: Option<PersonId>,
    /// His encrypted OpenSSH key file
    #[arg(long, value_name = "FILE", requires = "id")]
    key: Option<PathBuf>,
    /// What opens it
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl OptionalPersonOptions {
    /// Who acts, where somebody does.
    pub fn given(&self) -> Option<PersonOptions> {
        let (id, key) = (self.id.clone()?, self.key.clone()?);
        Some(PersonOptions { id, key, passphrase: self.passphrase.clone() })
    }
}

impl PersonOptions {
    /// Lets the person show the key: he is one of `persons`, in one of `roles`.
    ///
    /// # Errors
    /// Any [`IdentityError`](crate::desk::people::IdentityError); those of the key file and of the terminal.
    pub fn identify(&self, desk: &mut Desk, persons: &[Person], roles: &[PersonRole]) -> Result<Present, Refused> {
        shown(desk, (persons, roles), &self.id, &self.key, |prompt| self.passphrase.read_for(prompt))
    }
}

impl TwoPersonsOptions {
    /// Lets both show their keys, the first one first.
    ///
    /// # Errors
    /// As [`PersonOptions::identify`].
    pub fn identify(&self, desk: &mut Desk, persons: &[Person], roles: &[PersonRole]) -> Result<[Present; 2], Refused> {
        let first = self.first.identify(desk, persons, roles)?;
        let asked = |prompt: &str| self.second_passphrase.read_for(prompt);
        Ok([first, shown(desk, (persons, roles), &self.second, &self.second_key, asked)?])
    }
}

/// The key in a file shows who it is.
fn shown(
    desk: &mut Desk,
    (persons, roles): (&[Person], &[PersonRole]),
    id: &PersonId,
    key: &Path,
    passphrase: impl FnOnce(&str) -> Result<SecretString, Refused>,
) -> Result<Present, Refused> {
    let file = read_file(key, MAX_KEY, Links::Follow)?;
    let passphrase = passphrase(&format!("passphrase of {id}"))?;
    desk.identify(persons, id, roles, &file, &passphrase)
}
