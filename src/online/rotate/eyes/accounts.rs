//! What other nodes said of themselves, `NODE.json` in the directory of facts, and what this node says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use crate::devices::store::{Directory, Links, StoreError, read_file};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::account::{Account, MAX_ACCOUNT};
use crate::wire::text;
use crate::wire::time::Timestamp;

const MODE: u32 = 0o644;

/// What the other nodes of the fleet said, by their places: those whose words are too old are left out.
///
/// # Errors
/// [`AccountError`](crate::rotation::account::AccountError), [`RotateError::OtherFacts`]; what the disk says.
pub fn read(ground: &Ground, now: Timestamp) -> Result<BTreeMap<usize, Account>, Refused> {
    let mut found = BTreeMap::new();
    let Some(directory) = &ground.sources.facts else { return Ok(found) };
    for (place, member) in ground.plan.fleet().members().iter().enumerate() {
        if place == ground.site.place {
            continue;
        }
        let Some(account) = of(directory, &member.name)? else { continue };
        let other =
            |found: &str| RotateError::OtherFacts { file: text::clip(&member.name, 64), found: text::clip(found, 64) };
        if account.node != member.name {
            return Err(other(&account.node).into());
        }
        if account.trace != ground.trace {
            return Err(other(account.trace.as_str()).into());
        }
        if now.since(account.written) <= ground.sources.freshness {
            found.insert(place, account);
        }
    }
    Ok(found)
}

/// What the file of `node` in `directory` says, however old; none where there is none.
///
/// # Errors
/// [`AccountError`](crate::rotation::account::AccountError); what the disk says.
pub fn of(directory: &Path, node: &str) -> Result<Option<Account>, Refused> {
    match read_file(&directory.join(file(node)), MAX_ACCOUNT, Links::Refuse) {
        Err(StoreError::Missing(_)) => Ok(None),
        read => Ok(Some(Account::parse(&read?)?)),
    }
}

/// Writes what this node says of itself, whole or not at all.
///
/// # Errors
/// What the disk says.
pub fn write(ground: &Ground, account: &Account) -> Result<(), Refused> {
    let Some(directory) = &ground.sources.facts else { return Ok(()) };
    put(directory, &file(&account.node), &account.json().map_err(RotateError::Unwritable)?)
}

/// Puts a file into the directory of facts in one step.
pub(in crate::online::rotate) fn put(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), Refused> {
    Ok(Directory::open(directory)?.replace(name, bytes, MODE)?)
}

fn file(node: &str) -> String {
    format!("{node}.json")
}
