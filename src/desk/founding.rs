//! The genesis of a host lies in a folder with the signatures of its people, until everyone has signed.

use std::path::Path;

use crate::devices::store::Directory;
use crate::exchange::genesis::{Genesis, MAX_BYTES, SignedGenesis};
use crate::exchange::people::person::Person;
use crate::exchange::signature;
use crate::refusal::Refused;

/// The text that people sign.
const GENESIS_FILE: &str = "genesis.txt";

const SIGNATURE: &str = ".sig";
const SHARED: u32 = 0o644;

/// Reads the genesis that lies in `folder` and the signatures `*.sig` beside it; where there is none yet, `fresh` is
/// written there to be signed.
///
/// # Errors
/// Any [`GenesisError`](crate::exchange::genesis::GenesisError), that of missing signatures until everyone has signed;
/// what the disk says.
pub fn signed(folder: &Path, fresh: &Genesis, persons: &[Person]) -> Result<SignedGenesis, Refused> {
    let folder = Directory::open(folder)?;
    if !folder.holds(GENESIS_FILE)? {
        folder.create_new(GENESIS_FILE, fresh.text().as_bytes(), SHARED)?;
    }
    let written = Genesis::parse(&folder.read(GENESIS_FILE, MAX_BYTES as u64)?)?;
    written.is_still(fresh)?;
    Ok(written.signed(persons, signatures(&folder)?)?)
}

/// The files of signatures, with their names.
fn signatures(folder: &Directory) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    let entries = folder.entries()?;
    let names = entries.into_iter().map(|entry| entry.name).filter(|name| name.ends_with(SIGNATURE));
    let read = |name: String| {
        let bytes = std::mem::take(&mut *folder.read(&name, signature::MAX_BYTES as u64)?);
        Ok((name, bytes))
    };
    names.map(read).collect()
}
