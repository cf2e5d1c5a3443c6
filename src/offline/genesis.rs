//! A CA host begins: everyone signs one text, then the state is made, then the keys in the token.
//!
//! A run that is killed before entry 0 of the log leaves nothing that counts; one that is killed later is resumed by
//! beginning again with the same files. The room opens once all keys are made.

use std::path::Path;

use thiserror::Error;

use crate::audit::entry::{Actor, Side};
use crate::audit::event::Event;
use crate::config::offline::OfflineConfig;
use crate::desk::founding;
use crate::desk::host::{Desk, DeskError, Senses};
use crate::devices::hsm::{MACHINE_PREFIX, Pin, Unlocked};
use crate::devices::store::Directory;
use crate::exchange::genesis::{Genesis, SignedGenesis};
use crate::exchange::people::roster::Roster;
use crate::issuance::policy::Policy;
use crate::offline::machine::{self, Machine, NewKeyKind};
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::text;

const SIDE: &str = "side";

/// What a host begins with.
#[derive(Debug)]
pub struct Founding {
    config: OfflineConfig,
    roster: Roster,
    policy: Vec<u8>,
    digest: Digest,
}

/// Why a host does not begin.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FoundingError {
    /// The roster is of another CA host, or not the first.
    #[error("the roster is not the first one of the CA host of the config")]
    Roster,
    /// The token holds machine keys of another host, or of an earlier set-up.
    #[error("the token holds the key {0}, which this host did not make")]
    TokenInUse(String),
}

impl Founding {
    /// Takes what the config says, the first roster and the policy.
    ///
    /// # Errors
    /// [`FoundingError::Roster`]; any [`PolicyError`](crate::issuance::policy::PolicyError).
    pub fn new(config: OfflineConfig, roster: Roster, policy: &[u8]) -> Result<Self, Refused> {
        if roster.ca() != config.party() || roster.epoch() != 1 {
            return Err(FoundingError::Roster.into());
        }
        let digest = Policy::parse(policy)?.digest();
        Ok(Self { config, roster, policy: policy.to_vec(), digest })
    }

    /// The genesis that everyone signed in `folder`; where there is none yet, one is written there to be signed.
    ///
    /// # Errors
    /// As [`founding::signed`].
    pub fn signed(&self, folder: &Path, senses: &Senses) -> Result<SignedGenesis, Refused> {
        let now = senses.clock.read()?.now;
        let (party, persons) = (self.config.party().clone(), self.roster.persons());
        let fresh = Genesis::new(party, Side::Offline, Some(self.digest), self.roster.digest()?, persons, now);
        founding::signed(folder, &fresh, persons)
    }

    /// Makes the host, or goes on where an earlier run was killed. `pin` is asked for when the token is there and waits
    /// for it.
    ///
    /// # Errors
    /// [`DeskError::Made`] where it was made before, with this genesis or another; [`FoundingError::TokenInUse`]; what
    /// the token and the disk say.
    pub fn make(
        self,
        signed: SignedGenesis,
        senses: Senses,
        pin: &mut dyn FnMut() -> Result<Pin, Refused>,
    ) -> Result<Room, Refused> {
        let mut desk = self.desk(senses)?;
        match desk.entries().first().map(|entry| &entry.event) {
            None => self.enter(&mut desk, signed)?,
            Some(Event::Genesis(known)) if known.genesis == signed.genesis().sha256() => {}
            Some(_) => return Err(made(&desk).into()),
        }
        let mut room = Room::with(desk, self.config)?;
        if Machine::ALL.into_iter().all(|purpose| room.machine_key(purpose).is_ok()) {
            return Err(made(room.desk()).into());
        }
        let token = room.login(pin()?)?;
        let done = equip(&mut room, &token);
        room.logout(token)?;
        done.map(|()| room)
    }

    fn desk(&self, senses: Senses) -> Result<Desk, Refused> {
        let state = self.config.state();
        if Directory::private(state)?.holds(SIDE)? {
            Desk::open_unborn(state, Side::Offline, senses)
        } else {
            Desk::make(state, Side::Offline, self.config.party(), senses)
        }
    }

    /// Writes entry 0, after everything that it names.
    fn enter(&self, desk: &mut Desk, signed: SignedGenesis) -> Result<(), Refused> {
        let objects = desk.objects();
        objects.put(&self.policy)?;
        objects.put(&self.roster.to_json()?)?;
        objects.put(signed.genesis().text().as_bytes())?;
        for armored in signed.signatures() {
            objects.put(armored)?;
        }
        desk.record(&Actor::system(), None, signed)?;
        Ok(())
    }
}

/// Makes the machine keys that are missing, and signs the first head of the log.
fn equip(room: &mut Room, token: &Unlocked) -> Result<(), Refused> {
    let announced = machine::announced(room.desk().entries());
    let is_foreign = |label: &String| label.starts_with(MACHINE_PREFIX) && !announced.contains(label);
    if let Some(label) = token.inventory()?.keys.into_iter().map(|key| key.label).find(is_foreign) {
        return Err(FoundingError::TokenInUse(text::clip(&label, 80)).into());
    }
    for purpose in Machine::ALL {
        if room.machine_key(purpose).is_err() {
            let label = machine::next_label(room.desk().entries(), &purpose.label());
            room.make_key(token, None, &label, NewKeyKind::Machine)?;
        }
    }
    room.checkpoint(token).map(drop)
}

fn made(desk: &Desk) -> DeskError {
    DeskError::Made(format!("{} on the offline side", desk.party()))
}

impl Refusal for FoundingError {
    fn reason(&self) -> Reason {
        match self {
            Self::Roster => Reason::new(Class::Usage, "FOUNDING_ROSTER", "give the first roster of this CA host"),
            Self::TokenInUse(_) => Reason::new(
                Class::Hsm,
                "FOUNDING_TOKEN_IN_USE",
                "use a fresh token, or have the token's SO (its PIN administrator) look at its keys",
            ),
        }
    }
}
