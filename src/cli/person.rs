//! A person shows a key.

use std::path::PathBuf;

use clap::Args;

use super::secrets::PassphraseOptions;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::devices::store::{Links, read_file};
use crate::exchange::people::person::{Person, PersonId, PersonRole};
use crate::refusal::Refused;

/// The largest key file, in bytes.
pub(super) const MAX_KEY: u64 = 16 << 10;

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
        let file = read_file(&self.key, MAX_KEY, Links::Follow)?;
        let passphrase = self.passphrase.read_for(&format!("passphrase of {}", self.id))?;
        desk.identify(persons, &self.id, roles, &file, &passphrase)
    }
}
