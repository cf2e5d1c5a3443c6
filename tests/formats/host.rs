//! A host with a log in memory, on which people type sheets.

use airlock::audit::detail::{OobDraw, Received};
use airlock::audit::entry::{Actor, Moment, Outcome, Side, Tool, Writer};
use airlock::audit::event::Event;
use airlock::audit::log::{Journal, Log};
use airlock::exchange::code::Code;
use airlock::exchange::draw::entry::{Entry, Step};
use airlock::exchange::draw::{Draw, Sharing};
use airlock::exchange::paper::PaperError;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::paper::evidence::Evidence;
use airlock::exchange::paper::papers::Papers;
use airlock::exchange::paper::sitting::{self, Sitting};
use airlock::exchange::people::person::PersonId;
use airlock::exchange::statement::Statement;
use airlock::refusal::Refusal;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;

use crate::world::time;

pub(crate) struct Memory;

impl Journal for Memory {
    fn append(&mut self, _: &[u8]) -> Result<(), Box<dyn Refusal>> {
        Ok(())
    }
}

pub(crate) struct Host {
    pub(crate) log: Log<Memory>,
    pub(crate) now: Timestamp,
}

pub(crate) fn id(text: &str) -> PersonId {
    text.parse().unwrap()
}

impl Host {
    pub(crate) fn new(party: &str, side: Side) -> Self {
        let tool = Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() };
        let writer = Writer { host: party.to_owned(), side, tool };
        Self { log: Log::open(Memory, writer, b"", None).unwrap(), now: time("2025-07-22T03:00:00Z") }
    }

    pub(crate) fn ca() -> Self {
        Self::new("ca:root-ca-01", Side::Offline)
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { time: self.now, boot: "boot".to_owned(), monotonic_ms: self.now.unix() as u64 * 1000 }
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now = self.now.plus(seconds);
    }

    /// Writes an event down, a second after the one before.
    pub(crate) fn note(&mut self, event: Event) -> u64 {
        self.note_of(None, event)
    }

    pub(crate) fn note_of(&mut self, trace: Option<&str>, event: Event) -> u64 {
        self.wait(1);
        self.log.note(&self.moment(), &Actor::system(), trace, Outcome::Ok, event).unwrap()
    }

    /// Takes a transfer in: received, and its rows drawn.
    pub(crate) fn take_in(&mut self, statement: &Statement) {
        let lines = statement.lines();
        self.note(Event::Received(Received {
            from: lines.from.to_string(),
            kind: lines.kind.to_string(),
            medium: "TX-03".to_owned(),
            statement: statement.id(),
        }));
        let order = Draw::new(statement.id(), &[5; 32]).order();
        self.note(Event::OobDraw(OobDraw { order, statement: statement.id() }));
    }

    pub(crate) fn papers(&self) -> Papers {
        Papers::fold(self.log.entries()).unwrap()
    }

    pub(crate) fn sit(
        &mut self,
        statement: &Statement,
        person: &str,
        sharing: Sharing,
    ) -> Result<(Sitting, Entry), PaperError> {
        let asked = self.papers().sit(statement, &id(person), sharing, self.now)?;
        self.wait(1);
        let recorded = self.log.record(&self.moment(), &Actor::system(), None, asked).unwrap();
        Ok(sitting::begin(recorded))
    }

    /// A person types what is asked, from the true paper.
    pub(crate) fn types(&mut self, statement: &Statement, person: &str, sharing: Sharing) {
        let (sitting, entry) = self.sit(statement, person, sharing).unwrap();
        self.finish(statement, &sitting, entry, Channel::Typed);
    }

    /// Types the remaining rows from the true paper.
    pub(crate) fn finish(&mut self, statement: &Statement, sitting: &Sitting, mut entry: Entry, channel: Channel) {
        loop {
            let digits = paper(statement, &entry);
            match entry.enter(&digits) {
                Step::Next(next, _) => entry = next,
                Step::Done(rows) => {
                    self.note(sitting.done(&rows, channel));
                    return;
                }
                step => panic!("{step:?}"),
            }
        }
    }

    /// What the log says of the sheet of `statement`.
    pub(crate) fn evidence(&self, statement: &Statement) -> Result<Evidence, PaperError> {
        self.papers().sheet(statement).unwrap().evidence()
    }
}

/// The digits on the paper for the row that is asked.
pub(crate) fn paper(statement: &Statement, entry: &Entry) -> String {
    Code::of(statement).sheet_rows()[entry.row().index()][2..].to_owned()
}

/// A statement taken in at `host`, all rows of which two officers typed.
pub(crate) fn confirmed(host: &mut Host, statement: &Statement) -> Evidence {
    host.take_in(statement);
    host.types(statement, "chen", Sharing::Halves);
    host.types(statement, "li", Sharing::Halves);
    host.evidence(statement).unwrap()
}
