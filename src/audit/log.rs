//! The log itself: append durably, then hand out the proof that something stands in it.
//!
//! [`Recorded`] means "this value stands in the log". It is made only here, after the line was flushed, and devices
//! that act (an HSM, a store) demand it in their signatures.

use thiserror::Error;

use super::detail::ClockJump;
use super::entry::{Actor, ClockState, Entry, Moment, Outcome, Side, Writer};
use super::event::Event;
use super::tree::{Head, Tree};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;
use crate::wire::time::Timestamp;

/// Seconds by which the wall clock may drift against the monotonic clock between two entries.
const JUMP: u64 = 5;

/// A durable, append-only file of lines.
pub trait Journal {
    /// Appends `line` and an LF; on return they are on disk.
    ///
    /// # Errors
    /// Where they are not; nothing of the line may then count later.
    fn append(&mut self, line: &[u8]) -> Result<(), Box<dyn Refusal>>;
}

/// Why the log refused.
#[derive(Debug, Error)]
pub enum LogError {
    /// A line is not an entry, or not the next one.
    #[error("the audit log is damaged at entry {0}")]
    Damaged(u64),
    /// The log does not contain a head that was seen before.
    #[error("the audit log does not extend its head of {0} entries")]
    NotExtended(u64),
    /// The log was written by another host or for another side.
    #[error("the audit log belongs to another host")]
    Foreign,
    /// The clock stands before the last entry.
    #[error("the clock says {now}, the audit log was last written at {last}")]
    ClockBehind {
        /// The clock.
        now: Timestamp,
        /// The floor.
        last: Timestamp,
    },
    /// An entry could not be written as canonical JSON.
    #[error("the log entry cannot be written: {0}")]
    Unwritable(#[from] JsonError),
    /// The disk refused.
    #[error("the audit log cannot be appended to: {0}")]
    Journal(Box<dyn Refusal>),
}

impl Refusal for LogError {
    fn reason(&self) -> Reason {
        match self {
            Self::Damaged(_) => Reason::new(
                Class::Inconsistent,
                "LOG_DAMAGED",
                "stop; call the auditor; restore the state from a backup",
            ),
            Self::NotExtended(_) => Reason::new(
                Class::Inconsistent,
                "LOG_ROLLED_BACK",
                "stop; call the auditor; compare with the head on the last paper sheet",
            ),
            Self::Foreign => {
                Reason::new(Class::Inconsistent, "LOG_FOREIGN", "name the state directory of this host in the config")
            }
            Self::ClockBehind { .. } => Reason::new(
                Class::Inconsistent,
                "CLOCK_BEFORE_LOG",
                "set the clock of this host and attest it: airlock clock attest",
            ),
            Self::Unwritable(_) => Reason::new(Class::Internal, "LOG_UNWRITABLE", "report this to the maintainers"),
            Self::Journal(error) => error.reason(),
        }
    }
}

/// What is written down when a value is recorded.
pub trait Record {
    /// The event that stands for this value.
    fn event(&self) -> Event;
}

/// A recorded value that consists of others, each of which then counts as recorded.
pub trait Batch: Record {
    /// One of them.
    type Item;
    /// All of them.
    fn into_items(self) -> Vec<Self::Item>;
}

/// `T` stands in the log.
///
/// Only [`Log::record`] makes one:
///
/// ```
/// # use airlock::audit::{detail::Verb, entry::*, event::Event, log::*};
/// # use airlock::wire::{digest::Digest, time::Timestamp};
/// # struct Disk;
/// # impl Journal for Disk {
/// #     fn append(&mut self, _: &[u8]) -> Result<(), Box<dyn airlock::refusal::Refusal>> { Ok(()) }
/// # }
/// # let tool = Tool { sha256: Digest::of(b""), version: String::new() };
/// # let writer = Writer { host: "ca:root-ca-01".into(), side: Side::Offline, tool };
/// # let now = Moment { time: Timestamp::from_unix(0).unwrap(), boot: String::new(), monotonic_ms: 0 };
/// struct Order;
/// impl Record for Order {
///     fn event(&self) -> Event { Event::LogViewed(Verb { verb: "sign".into() }) }
/// }
/// let mut log = Log::open(Disk, writer, b"", None)?;
/// let recorded: Recorded<Order> = log.record(&now, &Actor::system(), None, Order)?;
/// # Ok::<(), LogError>(())
/// ```
///
/// It cannot be written by hand, nor copied to act twice:
///
/// ```compile_fail,E0451
/// # use airlock::audit::log::Recorded;
/// # struct Order;
/// let forged = Recorded { value: Order, entry: 0 };
/// ```
///
/// ```compile_fail,E0599
/// # use airlock::audit::log::Recorded;
/// # struct Order;
/// fn twice(recorded: Recorded<Order>) -> (Recorded<Order>, Recorded<Order>) {
///     (recorded.clone(), recorded)
/// }
/// ```
#[derive(Debug)]
pub struct Recorded<T> {
    value: T,
    entry: u64,
}

impl<T> Recorded<T> {
    /// Index of the entry.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// The value, to look at.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value, to act on.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<B: Batch> Recorded<B> {
    /// Each item of a recorded batch.
    pub fn into_items(self) -> impl Iterator<Item = Recorded<B::Item>> {
        let entry = self.entry;
        self.value.into_items().into_iter().map(move |value| Recorded { value, entry })
    }
}

/// The log of one host, open for appending.
pub struct Log<J> {
    journal: J,
    writer: Writer,
    entries: Vec<Entry>,
    tree: Tree,
    /// The latest time since people last said what time it is.
    latest: Option<Timestamp>,
}

impl<J: Journal> Log<J> {
    /// Reads the whole lines of a log and checks that each is the next entry of this host.
    ///
    /// # Errors
    /// [`LogError::Damaged`], [`LogError::Foreign`]; [`LogError::NotExtended`] where `seen`, a head known from before,
    /// is not a head of this log.
    pub fn open(journal: J, writer: Writer, bytes: &[u8], seen: Option<&Head>) -> Result<Self, LogError> {
        let mut log = Self { journal, writer, entries: Vec::new(), tree: Tree::default(), latest: None };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").ok_or(LogError::Damaged(log.next()))?;
            log.take(line)?;
        }
        match seen {
            Some(head) if !log.tree.begins_with(head) => Err(LogError::NotExtended(head.size)),
            _ => Ok(log),
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), LogError> {
        let entry = Entry::from_line(line).map_err(|_| LogError::Damaged(self.next()))?;
        if entry.seq != self.next() {
            return Err(LogError::Damaged(self.next()));
        }
        if entry.host != self.writer.host || entry.side != self.writer.side {
            return Err(LogError::Foreign);
        }
        self.tree.append(line.to_vec());
        self.push(entry);
        Ok(())
    }

    fn next(&self) -> u64 {
        self.tree.size()
    }

    /// All entries, the first at index 0.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The tree over the lines, for heads and proofs.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The file behind it.
    pub fn journal(&self) -> &J {
        &self.journal
    }

    /// Whose log it is.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Writes `value` down; on return it is on disk and counts as recorded.
    ///
    /// # Errors
    /// Any [`LogError`]; the value is then gone with the attempt, which did not happen.
    pub fn record<T: Record>(
        &mut self,
        at: &Moment,
        actor: &Actor,
        trace: Option<&str>,
        value: T,
    ) -> Result<Recorded<T>, LogError> {
        let entry = self.note(at, actor, trace, Outcome::Ok, value.event())?;
        Ok(Recorded { value, entry })
    }

    /// Writes an event down that stands for no value; returns its index.
    ///
    /// # Errors
    /// Any [`LogError`].
    pub fn note(
        &mut self,
        at: &Moment,
        actor: &Actor,
        trace: Option<&str>,
        outcome: Outcome,
        event: Event,
    ) -> Result<u64, LogError> {
        self.check_clock(at, &event)?;
        if let Some(jump) = self.jump(at) {
            self.append(at, &Actor::system(), None, Outcome::Ok, Event::ClockJump(jump))?;
        }
        self.append(at, actor, trace, outcome, event)
    }

    fn append(
        &mut self,
        at: &Moment,
        actor: &Actor,
        trace: Option<&str>,
        outcome: Outcome,
        event: Event,
    ) -> Result<u64, LogError> {
        let seq = self.next();
        let entry = Entry {
            actor: actor.clone(),
            clock: ClockState { attested: self.attestation(at), boot: at.boot.clone(), monotonic_ms: at.monotonic_ms },
            event,
            host: self.writer.host.clone(),
            outcome,
            seq,
            side: self.writer.side,
            time: at.time,
            tool: self.writer.tool.clone(),
            trace: trace.map(str::to_owned),
        };
        let line = entry.to_line()?;
        self.journal.append(&line).map_err(LogError::Journal)?;
        self.tree.append(line);
        self.push(entry);
        Ok(seq)
    }

    fn push(&mut self, entry: Entry) {
        self.latest = match &entry.event {
            Event::ClockSet(set) => Some(set.to),
            Event::ClockAttested(_) => Some(entry.time),
            _ => self.latest.max(Some(entry.time)),
        };
        self.entries.push(entry);
    }

    /// The entry in which people attested the clock of this boot, the newest if there are several.
    pub fn attestation(&self, at: &Moment) -> Option<u64> {
        let attested = |e: &&Entry| matches!(e.event, Event::ClockAttested(_)) && e.clock.boot == at.boot;
        self.entries.iter().rev().find(attested).map(|e| e.seq)
    }

    /// The earliest time an attestation may bear: the last attested time and, offline, every entry after it on an
    /// attested clock. A clock nobody vouched for never raises it. Online the network may set the clock at any moment and
    /// no quorum could set it back, so what follows an attestation raises nothing there.
    pub fn clock_floor(&self) -> Option<Timestamp> {
        let vouched = |e: &&Entry| match self.writer.side {
            Side::Offline => e.is_vouched() || matches!(e.event, Event::ClockSet(_)),
            Side::Online => matches!(e.event, Event::ClockAttested(_)),
        };
        self.entries.iter().rev().find(vouched).map(|e| match &e.event {
            Event::ClockSet(set) => set.to,
            _ => e.time,
        })
    }

    /// Ordinary entries never step back. An attestation may, behind entries of a clock nobody vouched for, and so may what
    /// comes before one can be made: a host is opened, and people show their keys. Only a quorum may set the clock behind
    /// the floor.
    fn check_clock(&self, at: &Moment, event: &Event) -> Result<(), LogError> {
        let last = match event {
            Event::ClockSet(_) => None,
            Event::ClockAttested(_)
            | Event::Authenticated(_)
            | Event::AuthenticationFailed(_)
            | Event::LogTailDropped(_)
            | Event::OobAbandoned(_) => self.clock_floor(),
            _ => self.latest,
        };
        match last {
            Some(last) if at.time < last => Err(LogError::ClockBehind { now: at.time, last }),
            _ => Ok(()),
        }
    }

    fn jump(&self, at: &Moment) -> Option<ClockJump> {
        let last = self.entries.last().filter(|e| e.clock.boot == at.boot)?;
        let wall = at.time.since(last.time);
        let steady = i64::try_from(at.monotonic_ms.saturating_sub(last.clock.monotonic_ms) / 1000).ok()?;
        let seconds = wall.abs_diff(steady);
        (seconds > JUMP).then_some(ClockJump { backwards: wall < steady, seconds })
    }
}

#[cfg(test)]
mod tests;
