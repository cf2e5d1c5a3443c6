//! What other nodes said of themselves, `NODE.json` in the directory of facts, and what this node says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use crate::devices::store::{Directory, Links, StoreError, read_file};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::account::{Account, MAX_ACCOUNT, Word};
use crate::rotation::check::{Check, MAX_SKEW};
use crate::rotation::facts::Told;
use crate::wire::text;
use crate::wire::time::Timestamp;

const MODE: u32 = 0o644;

/// What the other nodes of the fleet said.
#[derive(Debug, Default)]
pub struct Others {
    /// By their places; those whose words are too old, or dated in the future, are left out.
    pub fresh: BTreeMap<usize, Account>,
    /// How far the clocks of those are ahead whose words are dated in the future.
    pub ahead: BTreeMap<usize, i64>,
    /// What the objects of the API held when somebody was shown them last, of the first node: it lives longer than the rest.
    pub word: Option<Word>,
    /// When anybody went back last, however old his words are.
    pub last_back: Option<Timestamp>,
    /// Whether anybody has taken away what he kept of the old root, however old his words are.
    pub reclaimed: bool,
}

/// What the other nodes of the fleet said: facts that are too old count as unknown, and what can never be undone counts for
/// ever.
///
/// # Errors
/// [`AccountError`](crate::rotation::account::AccountError), [`RotateError::OtherFacts`]; what the disk says.
pub fn read(ground: &Ground, now: Timestamp) -> Result<Others, Refused> {
    let mut found = Others::default();
    let Some(directory) = &ground.sources.facts else { return Ok(found) };
    for (place, member) in ground.plan.fleet().members().iter().enumerate() {
        // What this node itself was shown by an earlier run.
        let is_own = place == ground.site.place;
        if is_own && !ground.is_first() {
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
        found.take(ground, place, account, now);
    }
    Ok(found)
}

impl Others {
    fn take(&mut self, ground: &Ground, place: usize, account: Account, now: Timestamp) {
        if place == ground.first() {
            self.word.clone_from(&account.cluster);
        }
        if place == ground.site.place {
            return;
        }
        // Who went back did so before he wrote it down, and not tomorrow: else one wrong clock voids every agreement.
        let is_past = |back: &Timestamp| *back <= account.written && now.since(*back) >= -MAX_SKEW;
        self.last_back = self.last_back.max(account.times.last_back.filter(is_past));
        self.reclaimed |= account.reclaimed;
        let age = now.since(account.written);
        if age < -MAX_SKEW {
            self.ahead.insert(place, -age);
        } else if age <= ground.sources.freshness {
            self.fresh.insert(place, account);
        }
    }

    /// What the newest of those who were told something said to `check`.
    pub fn told(&self, check: Check) -> Option<Told> {
        let said = self.fresh.values().filter_map(|account| Some((account.written, account.told.get(&check)?)));
        said.max_by_key(|(written, _)| *written).map(|(_, told)| told.clone())
    }
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
    let directory = Directory::open(directory)?;
    directory.sweep_of(name)?;
    Ok(directory.replace(name, bytes, MODE)?)
}

fn file(node: &str) -> String {
    format!("{node}.json")
}
