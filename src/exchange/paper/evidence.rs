//! What opens a closed transfer: who confirmed which rows of its statement.

use super::PaperError;
use super::channel::Channel;
use crate::exchange::code::rows::Rows;
use crate::exchange::draw::{self, Sharing};
use crate::exchange::people::person::PersonId;
use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::wire::digest::Digest;

/// The rows that people confirmed of one statement, as they stand in the log of this host. Only a
/// [`Sheet`](super::sheet::Sheet) that is not in quarantine gives it.
///
/// ```compile_fail,E0451
/// # use airlock::exchange::paper::evidence::Evidence;
/// # use airlock::wire::digest::Digest;
/// let forged = Evidence { statement: Digest::of(b""), people: Vec::new() };
/// ```
///
/// ```
/// # use airlock::exchange::paper::{PaperError, evidence::Evidence, sheet::Sheet};
/// fn of(sheet: &Sheet) -> Result<Evidence, PaperError> {
///     sheet.evidence()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    statement: Digest,
    people: Vec<Typed>,
}

/// What one person confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The person.
    pub person: PersonId,
    /// The rows.
    pub rows: Rows,
    /// Entries with a valid check digit.
    pub attempts: u32,
    /// Entries without one.
    pub typos: u32,
    /// How the rows came to the machine; of several ways the least direct one.
    pub channel: Channel,
}

/// How much confirmation something needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// How the rows may be shared.
    pub sharing: Sharing,
    /// How many people at least.
    pub people: usize,
}

impl Demand {
    /// What a transfer needs before it is opened, by its kind alone: an enrolment two people who type all sixteen rows
    /// each, anything else all rows, typed by one person or by several.
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Enrolment => Self { sharing: Sharing::Whole, people: 2 },
            _ => Self { sharing: Sharing::Halves, people: 1 },
        }
    }

    /// What a change of trust needs once it is found inside: all sixteen rows by one person. That each officer who
    /// approves it typed them all, his approval says.
    pub const fn of_trust() -> Self {
        Self { sharing: Sharing::Whole, people: 1 }
    }
}

impl Evidence {
    pub(super) const fn new(statement: Digest, people: Vec<Typed>) -> Self {
        Self { statement, people }
    }

    /// Everyone who confirmed rows, in the order in which they sat down.
    pub fn people(&self) -> &[Typed] {
        &self.people
    }

    /// What this person confirmed.
    pub fn of(&self, person: &PersonId) -> Option<&Typed> {
        self.people.iter().find(|typed| typed.person == *person)
    }

    /// Demands that it is of this statement and suffices.
    ///
    /// # Errors
    /// [`PaperError::Statement`], [`PaperError::Coverage`] or [`PaperError::Wholes`].
    pub fn covers(&self, statement: &Statement, demand: Demand) -> Result<(), PaperError> {
        if self.statement != statement.id() {
            return Err(PaperError::Statement(self.statement));
        }
        let mut rows: Vec<Rows> = self.people.iter().map(|typed| typed.rows).collect();
        rows.sort_by_key(|rows| std::cmp::Reverse(rows.count()));
        match demand.sharing {
            Sharing::Halves => Ok(draw::covered(Sharing::Halves, &rows)?),
            Sharing::Whole => {
                let have = rows.iter().filter(|rows| **rows == Rows::ALL).count();
                let missing = Rows::ALL.without(rows.get(have).copied().unwrap_or_default());
                if have >= demand.people {
                    Ok(())
                } else {
                    Err(PaperError::Wholes { have, need: demand.people, missing })
                }
            }
        }
    }
}
