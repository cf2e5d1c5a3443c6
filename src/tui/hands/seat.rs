//! A person in front of a sheet: the room stays open until his rows are done, since a sitting ends with its process.

use super::fault::EffectError;
use super::senses;
use crate::config::host::Config;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::desk::seat::{Seat, Seated};
use crate::devices::store::{Links, read_file};
use crate::exchange::draw::Sharing;
use crate::exchange::paper::channel::Channel;
use crate::exchange::people::person::{Person, PersonId, PersonRole};
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::tui::effect::Credentials;
use crate::tui::told::Told;

/// The largest key file, in bytes.
const MAX_KEY: u64 = 16 << 10;

/// A person who sits.
pub(super) struct Held {
    room: AnyRoom,
    seat: Seat,
    statement: Statement,
}

/// The open room of this host.
enum AnyRoom {
    #[cfg(feature = "offline")]
    Offline(Box<crate::offline::room::Room>),
    #[cfg(feature = "online")]
    Online(Box<crate::online::room::Room>),
}

impl Held {
    /// Lets a person show his key and sit down.
    pub(super) fn sit(config: Config, trace: &Trace, who: Credentials, whole: bool) -> Result<(Self, Told), Refused> {
        let mut room = AnyRoom::open(config)?;
        let (statement, roles) = (room.statement(trace)?, [room.typist()]);
        let person = room.identify(who, &roles)?;
        let sharing = if whole { Sharing::Whole } else { Sharing::Halves };
        let seat = room.desk().sit(&statement, &person, sharing, Channel::Typed)?;
        let told = Told::Seated { person: person.id().to_string(), asked: seat.asked(), row: seat.row() };
        Ok((Self { room, seat, statement }, told))
    }

    /// Takes what he typed; he still sits where rows are left.
    pub(super) fn enter(self, typed: &str) -> Result<(Option<Self>, Told), Refused> {
        let Self { mut room, seat, statement } = self;
        Ok(match seat.enter(room.desk(), typed)? {
            Seated::Next(seat, answer) => {
                let told = Told::Answered { answer, row: seat.row() };
                (Some(Self { room, seat: *seat, statement }), told)
            }
            Seated::Done => {
                let complete = room.desk().papers()?.sheet(&statement).is_some_and(|sheet| sheet.is_complete());
                (None, Told::RowsDone { complete })
            }
            Seated::Tired(row) => (None, Told::Tired(row)),
            Seated::Mismatch(row, entry) => (None, Told::Mismatch(row, entry)),
        })
    }

    /// He goes away, which is written down.
    pub(super) fn stand(mut self) -> Result<(), Refused> {
        self.seat.leave(self.room.desk()).map(drop)
    }

    /// The state, to write in.
    pub(super) fn desk(&mut self) -> &mut Desk {
        self.room.desk()
    }
}

/// Lets anybody of this host show his key.
pub(super) fn unlock(config: Config, who: Credentials) -> Result<Told, Refused> {
    AnyRoom::open(config)?.identify(who, &PersonRole::ALL)?;
    Ok(Told::Unlocked)
}

impl AnyRoom {
    fn open(config: Config) -> Result<Self, Refused> {
        Ok(match config {
            #[cfg(feature = "offline")]
            Config::Offline(config) => Self::Offline(Box::new(crate::offline::room::Room::open(*config, senses())?)),
            #[cfg(feature = "online")]
            Config::Online(config) => Self::Online(Box::new(crate::online::room::Room::open(*config, senses())?)),
        })
    }

    /// The statement whose rows are to be typed.
    fn statement(&self, trace: &Trace) -> Result<Statement, Refused> {
        match self {
            #[cfg(feature = "offline")]
            Self::Offline(room) => crate::offline::confirm::sheet(room, trace, Channel::Typed),
            #[cfg(feature = "online")]
            Self::Online(room) => crate::online::receive::statement(room, trace),
        }
    }

    /// The role of whoever types rows here.
    const fn typist(&self) -> PersonRole {
        match self {
            #[cfg(feature = "offline")]
            Self::Offline(_) => PersonRole::Officer,
            #[cfg(feature = "online")]
            Self::Online(_) => PersonRole::Requester,
        }
    }

    fn identify(&mut self, who: Credentials, roles: &[PersonRole]) -> Result<Present, Refused> {
        match self {
            #[cfg(feature = "offline")]
            Self::Offline(room) => {
                let persons = room.roster().persons().to_vec();
                identify(room.desk_mut(), &persons, roles, who)
            }
            #[cfg(feature = "online")]
            Self::Online(room) => {
                let (desk, persons) = room.desk_and_people();
                identify(desk, persons, roles, who)
            }
        }
    }

    fn desk(&mut self) -> &mut Desk {
        match self {
            #[cfg(feature = "offline")]
            Self::Offline(room) => room.desk_mut(),
            #[cfg(feature = "online")]
            Self::Online(room) => room.desk_mut(),
        }
    }
}

/// Lets a person show his key: he is one of `persons`, in one of `roles`.
pub(super) fn identify(
    desk: &mut Desk,
    persons: &[Person],
    roles: &[PersonRole],
    who: Credentials,
) -> Result<Present, Refused> {
    let id: PersonId = who.id.parse().map_err(|_| EffectError::Person)?;
    let file = read_file(&who.key, MAX_KEY, Links::Follow)?;
    desk.identify(persons, &id, roles, &file, &who.passphrase.into_passphrase())
}
