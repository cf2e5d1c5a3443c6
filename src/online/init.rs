//! A new host of this side: its genesis, which its people sign, then its state and its keys.
//!
//! ```text
//! text → each requester signs it → init: state, keys, log entry 0
//! ```
//!
//! A set-up that was killed before its genesis stood in the log never counted, and is begun again.

use secrecy::SecretString;

use crate::audit::entry::{Actor, Side};
use crate::config::online::OnlineConfig;
use crate::desk::host::{Desk, DeskError, Senses};
use crate::devices::entropy::SystemEntropy;
use crate::devices::store::{Directory, StoreError};
use crate::exchange::genesis::{Genesis, SignedGenesis};
use crate::online::keys::{KeyStore, PublicKeys};
use crate::online::people::People;
use crate::online::room::RoomError;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The passphrases of a new host.
pub struct Passphrases<'a> {
    /// Of the signing keys.
    pub host: &'a SecretString,
    /// Of the identity that opens packages.
    pub import: &'a SecretString,
}

/// A host that was made.
#[derive(Debug)]
pub struct Made {
    /// The public halves of its keys.
    pub keys: PublicKeys,
    /// The log entry of its genesis.
    pub entry: u64,
}

/// The text that `people` are to sign.
pub fn text(config: &OnlineConfig, people: &People, now: Timestamp) -> Genesis {
    let roster = Digest::of(people.json());
    Genesis::new(config.party().clone(), Side::Online, None, roster, people.all(), now)
}

/// Demands that the host of `config` has people who sign for it.
///
/// # Errors
/// [`RoomError::Node`].
pub fn must_have_people(config: &OnlineConfig) -> Result<(), RoomError> {
    if config.node().is_some() { Err(RoomError::Node) } else { Ok(()) }
}

/// Makes the host: locks its state to this side, makes its keys, and writes its genesis down.
///
/// # Errors
/// [`RoomError::Node`] for a node, which has no people; [`DeskError::Made`] where the host works already; what makes keys and
/// what the disk says.
pub fn init(
    config: &OnlineConfig,
    people: &People,
    genesis: SignedGenesis,
    passphrases: &Passphrases<'_>,
    senses: Senses,
) -> Result<Made, Refused> {
    must_have_people(config)?;
    genesis.genesis().is_still(&text(config, people, genesis.genesis().time))?;
    let state = config.state();
    let mut desk = match is_made(config)? {
        true => Desk::open_unborn(state, Side::Online, senses)?,
        false => Desk::make(state, Side::Online, config.party(), senses)?,
    };
    if !desk.entries().is_empty() {
        return Err(DeskError::Made(desk.party().to_string()).into());
    }
    let keys = KeyStore::within(desk.state())?.make(passphrases.host, passphrases.import, &mut SystemEntropy)?;
    desk.objects().put(people.json())?;
    desk.objects().put(genesis.genesis().text().as_bytes())?;
    for signature in genesis.signatures() {
        desk.objects().put(signature)?;
    }
    let recorded = desk.record(&Actor::system(), None, genesis)?;
    Ok(Made { keys, entry: recorded.entry() })
}

/// Whether somebody locked the state of `config` to a side before.
pub(super) fn is_made(config: &OnlineConfig) -> Result<bool, StoreError> {
    match Directory::open(config.state()) {
        Ok(state) => state.holds("side"),
        Err(StoreError::Missing(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
