//! `airlock officer`: the people of a CA host.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::answer::Answer;
use super::call::Call;
use super::decision::{Approve, proposed};
use crate::audit::entry::Actor;
use crate::devices::store::{Links, read_file};
use crate::exchange::approval::operation::Operation;
use crate::exchange::people::person::{Person, PersonId, PersonKey, PersonRole};
use crate::exchange::signature::public_key::{PublicKeyError, SshPublicKey};
use crate::offline::people;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

const MAX_KEY: u64 = 4 << 10;

/// The people of this host; each change is a new roster that the people of the one before approve
#[derive(Debug, Subcommand)]
pub(super) enum Officer {
    /// List the people, their roles and keys
    List,
    /// Put before people that somebody joins, or gets another key
    Add(Add),
    /// Put before people that keys of somebody count no more
    Revoke(Revoke),
    /// Decide on a change; with the last decision it is in force
    Approve(Approve),
}

/// Options of `officer add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// The id: a letter and up to 31 letters, digits and hyphens, all lower case
    id: PersonId,
    /// The name as people say it, printable ASCII
    #[arg(long)]
    name: String,
    /// The one role
    #[arg(long, value_enum)]
    role: Role,
    /// Public key files, as ssh-keygen writes them
    #[arg(long = "public-key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
}

/// Options of `officer revoke`.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Whose keys
    id: PersonId,
    /// Only the key of this fingerprint, SHA256:...
    #[arg(long, value_name = "FINGERPRINT")]
    fingerprint: Option<String>,
}

/// [`PersonRole`] as an option.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    Officer,
    Auditor,
    Sysadmin,
    Requester,
}

impl Officer {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = match self {
            Self::Approve(approve) => return approve.run(call, Operation::Roster, ReportKind::Officer),
            _ => Room::open(call.offline()?, call.senses())?,
        };
        let object = match self {
            Self::Add(add) => people::add(&mut room, &Actor::system(), add.person()?)?,
            Self::Revoke(Revoke { id, fingerprint }) => {
                people::revoke(&mut room, &Actor::system(), &id, fingerprint.as_deref())?
            }
            Self::List | Self::Approve(_) => return Ok(list(&room).into()),
        };
        Ok(proposed(ReportKind::Officer, "officer", &object))
    }
}

fn list(room: &Room) -> Report {
    let key = |key: &PersonKey| {
        let revoked = key.revoked_from.map_or_else(String::new, |from| format!(" (revoked from entry {from})"));
        format!("{}{revoked}", key.key.fingerprint())
    };
    let line = |person: &Person| {
        let keys: Vec<_> = person.keys.iter().map(key).collect();
        format!("{}  {}  {}", person.principal(), person.name, keys.join(" "))
    };
    let people: Vec<_> = room.roster().persons().iter().map(line).collect();
    Report::new(ReportKind::Officer).fact("epoch", "Roster epoch", room.roster().epoch()).fact(
        "people",
        "People",
        &people[..],
    )
}

impl Add {
    fn person(self) -> Result<Person, Refused> {
        let key = |path: &PathBuf| -> Result<PersonKey, Refused> {
            let bytes = read_file(path, MAX_KEY, Links::Follow)?;
            let line = std::str::from_utf8(&bytes).map_err(|_| PublicKeyError::Form)?;
            Ok(PersonKey { key: SshPublicKey::from_line(line)?, revoked_from: None })
        };
        let keys = self.keys.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Person { id: self.id, keys, name: self.name, role: self.role.into() })
    }
}

impl From<Role> for PersonRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Officer => Self::Officer,
            Role::Auditor => Self::Auditor,
            Role::Sysadmin => Self::Sysadmin,
            Role::Requester => Self::Requester,
        }
    }
}
