//! One person in front of one sheet. Each entry is written down before its answer is shown, so a killed process gives
//! nobody a fresh attempt.

use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::draw::Sharing;
use crate::exchange::draw::entry::{Answer, Entry, Step};
use crate::exchange::paper::channel::Channel;
use crate::exchange::paper::sitting::{Sitting, begin};
use crate::exchange::statement::Statement;
use crate::refusal::Refused;

/// A person in front of a row. Consumed by each entry; [`Seat::leave`] says that he goes away.
#[must_use]
pub struct Seat {
    sitting: Sitting,
    entry: Entry,
    asked: Rows,
    actor: Actor,
    trace: String,
    channel: Channel,
}

/// What an entry leads to.
pub enum Seated {
    /// The next row, or the same again.
    Next(Box<Seat>, Answer),
    /// All rows asked of this person are confirmed.
    Done,
    /// A sixth typo in this row: the person rests ten minutes.
    Tired(Row),
    /// Twice wrong in this row: the statement is in quarantine, by this entry of the log.
    Mismatch(Row, u64),
}

impl Desk {
    /// Lets `person` sit down in front of the sheet of `statement`.
    ///
    /// # Errors
    /// Any [`PaperError`](crate::exchange::paper::PaperError).
    pub fn sit(
        &mut self,
        statement: &Statement,
        person: &Present,
        sharing: Sharing,
        channel: Channel,
    ) -> Result<Seat, Refused> {
        let asked = self.papers()?.sit(statement, person.id(), sharing, self.now()?)?;
        let (actor, trace) = (person.actor(), statement.lines().trace.to_string());
        let rows = asked.rows();
        let (sitting, entry) = begin(self.record(&actor, Some(&trace), asked)?);
        Ok(Seat { sitting, entry, asked: rows, actor, trace, channel })
    }
}

impl Seat {
    /// The row to ask now.
    pub fn row(&self) -> Row {
        self.entry.row()
    }

    /// All rows that are asked of this person in this sitting.
    pub fn asked(&self) -> Rows {
        self.asked
    }

    /// Takes what the person typed for [`Seat::row`], and writes down what came of it.
    ///
    /// # Errors
    /// Where it cannot be written down; the row then has not been answered.
    pub fn enter(self, desk: &mut Desk, typed: &str) -> Result<Seated, Refused> {
        let Self { sitting, entry, asked, actor, trace, channel } = self;
        let row = entry.row();
        let mut note = |event: Event| desk.note(&actor, Some(&trace), event);
        Ok(match entry.enter(typed) {
            Step::Next(entry, answer) => {
                match answer {
                    Answer::Right => {}
                    Answer::Typo => drop(note(sitting.typo(row))?),
                    Answer::TypeAgain => drop(note(sitting.wrong(row))?),
                }
                Seated::Next(Box::new(Self { sitting, entry, asked, actor, trace, channel }), answer)
            }
            Step::Done(rows) => {
                note(sitting.done(&rows, channel))?;
                Seated::Done
            }
            Step::Tired(row) => {
                note(sitting.typo(row))?;
                note(sitting.abandoned())?;
                Seated::Tired(row)
            }
            Step::Mismatch(row) => Seated::Mismatch(row, note(sitting.mismatch(row))?),
        })
    }

    /// The person goes away before his rows are done, which is written down.
    ///
    /// # Errors
    /// Where it cannot be written down; the next process does it then.
    pub fn leave(self, desk: &mut Desk) -> Result<u64, Refused> {
        desk.note(&self.actor, Some(&self.trace), self.sitting.abandoned())
    }
}

#[cfg(test)]
mod tests;
