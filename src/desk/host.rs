//! The state of this host, open for one process.
//!
//! The log is the one source of truth; everything else under the state directory is a blob or a file whose digest
//! stands in an entry. A host is locked to its side when it is made, and works only once its genesis is written down.

use std::path::Path;

use thiserror::Error;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::{Object, Refused as RefusedDetail};
use crate::audit::entry::{Actor, Entry, Moment, Outcome, Side, Writer};
use crate::audit::event::Event;
use crate::audit::log::{Log, Record, Recorded};
use crate::audit::note::Note;
use crate::audit::tree::Head;
use crate::desk::program;
use crate::devices::clock::{Clock, ClockError};
use crate::devices::entropy::{Entropy, EntropyError};
use crate::devices::ledger::{Found, Ledger};
use crate::devices::media::Bay;
use crate::devices::objects::Objects;
use crate::devices::store::{Directory, StateLock, StoreError};
use crate::exchange::paper::PaperError;
use crate::exchange::paper::papers::Papers;
use crate::exchange::statement::party::Party;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

const SIDE: &str = "side";
const LOG: &str = "log";
const PRIVATE: u32 = 0o600;

/// The clock and the randomness of the host.
pub struct Senses {
    /// Tells the time.
    pub clock: Box<dyn Clock + Send + Sync>,
    /// Gives random bytes.
    pub entropy: Box<dyn Entropy + Send + Sync>,
}

/// The open state of this host. While it lives, no other process works in it.
pub struct Desk {
    state: Directory,
    party: Party,
    log: Log<Ledger>,
    objects: Objects,
    senses: Senses,
    bay: Bay,
    lock: StateLock,
    /// What a crash left behind the log, and could not be written down yet.
    torn: Option<Digest>,
}

/// Why the state of this host cannot be opened or made.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DeskError {
    /// Nobody made it.
    #[error("this host was not set up")]
    NotMade,
    /// It was made before.
    #[error("this host was set up before, as {0}")]
    Made(String),
    /// It is locked to the other side.
    #[error("this host is locked to the {0} side")]
    OtherSide(&'static str),
    /// It belongs to another party than the config says.
    #[error("this host is {0}, not the party of the config")]
    OtherParty(String),
    /// The file that locks it to its side is damaged.
    #[error("the state does not say which side it belongs to")]
    Damaged,
    /// Its people have not all signed its genesis.
    #[error("the genesis of this host is not written down yet")]
    Unborn,
}

impl Desk {
    /// Makes the state of a new host in `path` and locks it to its side. Nothing but its genesis can be recorded next.
    ///
    /// # Errors
    /// [`DeskError::Made`] where a host lives there; what the disk says.
    pub fn make(path: &Path, side: Side, party: &Party, senses: Senses) -> Result<Self, Refused> {
        let state = Directory::private(path)?;
        let lock = StateLock::acquire(&state)?;
        if let Some((side, party)) = who(&state)? {
            return Err(DeskError::Made(format!("{party} on the {} side", side.name())).into());
        }
        let desk = Self::with(&state, lock, side, party.clone(), senses)?;
        // Last, so that a killed run leaves a directory that counts as nothing.
        state.create_new(SIDE, format!("{} {party}\n", side.name()).as_bytes(), PRIVATE)?;
        Ok(desk)
    }

    /// Opens the state of this host for `side`: of one with people, or of a node, whose cluster speaks for it.
    ///
    /// # Errors
    /// Any [`DeskError`] but [`DeskError::Made`]; what the log and the disk say.
    pub fn open(path: &Path, side: Side, senses: Senses) -> Result<Self, Refused> {
        let desk = Self::open_unborn(path, side, senses)?;
        if matches!(desk.entries().first().map(|e| &e.event), Some(Event::Genesis(_) | Event::NodeMade(_))) {
            Ok(desk)
        } else {
            Err(DeskError::Unborn.into())
        }
    }

    /// Opens the state of a host whose genesis may be missing, to write it down.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn open_unborn(path: &Path, side: Side, senses: Senses) -> Result<Self, Refused> {
        let state = Directory::private(path)?;
        let lock = StateLock::acquire(&state)?;
        let (held, party) = who(&state)?.ok_or(DeskError::NotMade)?;
        if held != side {
            return Err(DeskError::OtherSide(held.name()).into());
        }
        let mut desk = Self::with(&state, lock, side, party, senses)?;
        desk.close_sittings()?;
        Ok(desk)
    }

    fn with(state: &Directory, lock: StateLock, side: Side, party: Party, senses: Senses) -> Result<Self, Refused> {
        let Found { ledger, lines, head, dropped } = Ledger::open_or_make(state.private_within(LOG)?, &lock)?;
        let writer = Writer { host: party.to_string(), side, tool: program::tool()? };
        let seen = head.as_deref().map(unverified_head).transpose()?;
        let log = Log::open(ledger, writer, &lines, seen.as_ref())?;
        let objects = Objects::within(state)?;
        let state = Directory::private(state.path())?;
        let mut desk = Self { state, party, log, objects, senses, bay: Bay::default(), lock, torn: dropped };
        match desk.note_torn() {
            // It stays where it is until the clock is right: whoever only looks needs no entry.
            Err(refused) if refused.reason().code == "CLOCK_BEFORE_LOG" => Ok(desk),
            noted => noted.map(|()| desk),
        }
    }

    /// Writes down what a crash left behind the log, before anything else takes its place.
    fn note_torn(&mut self) -> Result<(), Refused> {
        // Before its genesis a log has nothing to lose, and its first entry must be the genesis.
        if let Some(object) = self.torn.filter(|_| !self.entries().is_empty()) {
            let at = self.moment()?;
            self.log.note(&at, &Actor::system(), None, Outcome::Ok, Event::LogTailDropped(Object { object }))?;
            self.torn = None;
        }
        Ok(())
    }

    /// Writes down the sittings that a killed process left open.
    fn close_sittings(&mut self) -> Result<(), Refused> {
        let open: Vec<_> = self.papers()?.sheets().filter(|s| s.is_unfinished()).map(|s| s.statement()).collect();
        for object in open {
            self.note(&Actor::system(), None, Event::OobAbandoned(Object { object }))?;
        }
        Ok(())
    }

    /// This host, as peers address it.
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// Where media are plugged in.
    pub fn bay(&self) -> &Bay {
        &self.bay
    }

    /// Has media plugged in elsewhere than in this machine: a test has.
    pub fn plug_into(&mut self, bay: Bay) {
        self.bay = bay;
    }

    /// The state directory.
    pub fn state(&self) -> &Directory {
        &self.state
    }

    /// What shows that nobody else works in the state.
    pub fn lock(&self) -> &StateLock {
        &self.lock
    }

    /// The blobs.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The log.
    pub fn log(&self) -> &Log<Ledger> {
        &self.log
    }

    /// Keeps the signed head of the log beside it; from then on a log that does not extend it is refused.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] where the note is not of a head of this log; what the disk says.
    pub fn keep_head(&self, note: &Note) -> Result<(), Refused> {
        let head = unverified_head(note.to_string().as_bytes())?;
        if !self.log.tree().begins_with(&head) {
            return Err(DeskError::Damaged.into());
        }
        Ok(self.log.journal().write_head(note.to_string().as_bytes())?)
    }

    /// The signed head that is kept beside the log, if there is one.
    ///
    /// # Errors
    /// [`DeskError::Damaged`]; what the disk says.
    pub fn signed_head(&self) -> Result<Option<Note>, Refused> {
        let Some(bytes) = self.log.journal().read_head()? else { return Ok(None) };
        Ok(Some(Note::parse(&bytes).map_err(|_| DeskError::Damaged)?))
    }

    /// The entries of the log.
    pub fn entries(&self) -> &[Entry] {
        self.log.entries()
    }

    /// What the log says of sheets.
    ///
    /// # Errors
    /// [`PaperError::Log`].
    pub fn papers(&self) -> Result<Papers, PaperError> {
        Papers::fold(self.entries())
    }

    /// The clocks, now.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn moment(&self) -> Result<Moment, ClockError> {
        let read = self.senses.clock.read()?;
        Ok(Moment { time: read.now, monotonic_ms: read.monotonic_ms(), boot: read.boot_id })
    }

    /// The wall clock, now.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn now(&self) -> Result<Timestamp, ClockError> {
        Ok(self.moment()?.time)
    }

    /// Random bytes of the host.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn random<const N: usize>(&mut self) -> Result<[u8; N], EntropyError> {
        let mut bytes = [0; N];
        self.senses.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes `event` down; returns the index of its entry.
    ///
    /// # Errors
    /// Any [`LogError`](crate::audit::log::LogError).
    pub fn note(&mut self, actor: &Actor, trace: Option<&str>, event: Event) -> Result<u64, Refused> {
        self.note_as(actor, trace, Outcome::Ok, event)
    }

    /// [`Desk::note`] with an outcome.
    ///
    /// # Errors
    /// Any [`LogError`](crate::audit::log::LogError).
    pub fn note_as(
        &mut self,
        actor: &Actor,
        trace: Option<&str>,
        outcome: Outcome,
        event: Event,
    ) -> Result<u64, Refused> {
        self.note_torn()?;
        let at = self.moment()?;
        Ok(self.log.note(&at, actor, trace, outcome, event)?)
    }

    /// Writes `value` down.
    ///
    /// # Errors
    /// Any [`LogError`](crate::audit::log::LogError).
    pub fn record<T: Record>(&mut self, actor: &Actor, trace: Option<&str>, value: T) -> Result<Recorded<T>, Refused> {
        self.note_torn()?;
        let at = self.moment()?;
        Ok(self.log.record(&at, actor, trace, value)?)
    }

    /// Writes down that the command `verb` was refused.
    ///
    /// # Errors
    /// Any [`LogError`](crate::audit::log::LogError); the refusal itself is then what the person should hear of first.
    pub fn refused(&mut self, verb: &str, trace: Option<&str>, refused: &Refused) -> Result<u64, Refused> {
        let code = refused.reason().code.to_owned();
        let detail = RefusedDetail { message: text::clip(&refused.to_string(), 400), verb: verb.to_owned() };
        self.note_as(&Actor::system(), trace, Outcome::Denied(code), Event::Refused(detail))
    }
}

/// The side and the party that a state directory is locked to; none where nobody made it.
fn who(state: &Directory) -> Result<Option<(Side, Party)>, Refused> {
    let bytes = match state.read(SIDE, 256) {
        Ok(bytes) => bytes,
        Err(StoreError::Missing(_)) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let parsed = std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (side, party) = text.strip_suffix('\n')?.split_once(' ')?;
        let side = [Side::Online, Side::Offline].into_iter().find(|known| known.name() == side)?;
        Some((side, party.parse().ok()?))
    });
    Ok(Some(parsed.ok_or(DeskError::Damaged)?))
}

/// The head in a signed note beside the log. Its signature is checked by whoever audits; here it guards against a log
/// that was put back or cut by accident, for which its text suffices.
fn unverified_head(note: &[u8]) -> Result<Head, Refused> {
    let note = Note::parse(note).map_err(|_| DeskError::Damaged)?;
    Ok(Checkpoint::parse(note.unverified_text()).map_err(|_| DeskError::Damaged)?.head)
}

impl Refusal for DeskError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotMade => Reason::new(Class::Usage, "HOST_NOT_MADE", "set this host up: airlock init"),
            Self::Made(_) => Reason::new(
                Class::Storage,
                "HOST_MADE",
                "use the host as it is, or name another state directory in the config",
            ),
            Self::OtherSide(_) => {
                Reason::new(Class::Policy, "HOST_OTHER_SIDE", "use the other workstation; a host never changes sides")
            }
            Self::OtherParty(_) => Reason::new(Class::Usage, "HOST_OTHER_PARTY", "name the config of this host"),
            Self::Damaged => Reason::new(
                Class::Inconsistent,
                "HOST_DAMAGED",
                "stop; call the auditor; restore the state from a backup",
            ),
            Self::Unborn => Reason::new(Class::Quorum, "HOST_UNBORN", "have everyone sign the genesis: airlock init"),
        }
    }
}

#[cfg(test)]
mod tests;
