//! One person in front of one sheet: what is written down before the first row is asked, while he types, and at the end.

use super::channel::Channel;
use crate::audit::detail::{self, Object, OobRow, OobRows};
use crate::audit::event::Event;
use crate::audit::log::{Record, Recorded};
use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::draw::entry::{Entry, RowsTyped};
use crate::exchange::people::person::PersonId;
use crate::wire::digest::Digest;

/// A person is about to see which rows are his. Once that stands in the log, [`begin`] puts him in front of the first.
#[derive(Debug)]
pub struct Asked {
    pub(super) sitting: Sitting,
    pub(super) rows: Rows,
    pub(super) entry: Entry,
}

/// Who sits in front of which sheet: makes the events of the sitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitting {
    pub(super) person: PersonId,
    pub(super) statement: Digest,
}

/// Begins a sitting that stands in the log: so a person who walks away after he saw which rows are the other's has left
/// a trace.
///
/// ```
/// # use airlock::audit::log::Recorded;
/// # use airlock::exchange::paper::sitting::{Asked, begin};
/// fn first_row(asked: Recorded<Asked>) -> String {
///     let (_, entry) = begin(asked);
///     entry.row().to_string()
/// }
/// ```
///
/// ```compile_fail,E0308
/// # use airlock::exchange::paper::sitting::{Asked, begin};
/// fn first_row(asked: Asked) -> String {
///     let (_, entry) = begin(asked);
///     entry.row().to_string()
/// }
/// ```
pub fn begin(asked: Recorded<Asked>) -> (Sitting, Entry) {
    let Asked { sitting, entry, .. } = asked.into_value();
    (sitting, entry)
}

impl Asked {
    /// The rows that will be asked.
    pub const fn rows(&self) -> Rows {
        self.rows
    }
}

impl Record for Asked {
    fn event(&self) -> Event {
        Event::OobAsked(detail::OobAsked {
            person: self.sitting.person.to_string(),
            rows: self.rows.to_string(),
            statement: self.sitting.statement,
        })
    }
}

impl Sitting {
    /// An entry failed its check digit.
    pub fn typo(&self, row: Row) -> Event {
        Event::OobTypo(self.row(row))
    }

    /// An entry was wrong and may be typed once more.
    pub fn wrong(&self, row: Row) -> Event {
        Event::OobWrong(self.row(row))
    }

    /// An entry was wrong for the second time.
    pub fn mismatch(&self, row: Row) -> Event {
        Event::OobMismatch(self.row(row))
    }

    /// The sitting ends before its rows are done: the person left, or made a sixth typo in one row.
    pub fn abandoned(&self) -> Event {
        Event::OobAbandoned(Object { object: self.statement })
    }

    /// All rows asked have been confirmed.
    pub fn done(&self, rows: &RowsTyped, channel: Channel) -> Event {
        Event::OobRows(OobRows {
            attempts: rows.attempts().into(),
            channel: channel.to_string(),
            person: self.person.to_string(),
            rows: rows.letters().to_string(),
            statement: self.statement,
            typos: rows.typos().into(),
        })
    }

    fn row(&self, row: Row) -> OobRow {
        OobRow { person: self.person.to_string(), row: row.to_string(), statement: self.statement }
    }
}
