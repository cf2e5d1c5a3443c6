//! One statement on this host: the rows drawn for it, who typed which, and whether it is in quarantine.

use super::PaperError;
use super::channel::Channel;
use super::evidence::{Evidence, Typed};
use super::sitting::{Asked, Sitting};
use crate::audit::detail::{OobAsked, OobRow, OobRows};
use crate::exchange::code::Code;
use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::draw::entry::{Entry, History, REST_SECONDS};
use crate::exchange::draw::{Draw, Sharing};
use crate::exchange::people::person::PersonId;
use crate::exchange::statement::Statement;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What the log says of the sheet of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    statement: Digest,
    draw: Draw,
    typists: Vec<Typist>,
    sitting: Option<(PersonId, Rows)>,
    quarantine: Option<u64>,
    abandoned: Option<Timestamp>,
}

/// What one person did with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Typist {
    person: PersonId,
    history: History,
    last_typo: Option<Timestamp>,
    confirmed: Rows,
    channel: Channel,
}

/// An entry does not fit what went before.
pub(super) struct Misfit;

impl Sheet {
    /// The statement's identifier.
    pub fn statement(&self) -> Digest {
        self.statement
    }

    /// The rows that `person` has still to type, if the rows are shared so. The first person to sit down has the first
    /// half, the second the other; whoever comes later has eight rows of his own.
    pub fn asked(&self, person: &PersonId, sharing: Sharing) -> Rows {
        let number = self.typists.iter().position(|typist| typist.person == *person).unwrap_or(self.typists.len());
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.draw.rows(sharing, number).without(self.confirmed_by(person))
    }

    /// The rows that `person` has confirmed.
    pub fn confirmed_by(&self, person: &PersonId) -> Rows {
        self.typist(person).map_or(Rows::NONE, |typist| typist.confirmed)
    }

    /// Whether somebody confirmed each row.
    pub fn is_complete(&self) -> bool {
        self.typists.iter().fold(Rows::NONE, |rows, typist| rows.and(typist.confirmed)) == Rows::ALL
    }

    /// The entry that put it into quarantine, where it is there.
    pub fn quarantine(&self) -> Option<u64> {
        self.quarantine
    }

    /// Whether a sitting began and no entry says how it ended. Where no process is typing, it was abandoned, and that
    /// has to be written down before anything else.
    pub fn is_unfinished(&self) -> bool {
        self.sitting.is_some()
    }

    /// Whether its rows are still to be confirmed, and nothing has gone wrong with them.
    pub(super) fn is_pending(&self) -> bool {
        !self.is_complete() && self.quarantine.is_none() && self.abandoned.is_none()
    }

    /// When its rows were given up last, unless they have all been confirmed since.
    pub(super) fn given_up(&self) -> Option<Timestamp> {
        self.abandoned.filter(|_| !self.is_complete())
    }

    /// Who confirmed what.
    ///
    /// # Errors
    /// [`PaperError::Quarantined`].
    pub fn evidence(&self) -> Result<Evidence, PaperError> {
        if let Some(entry) = self.quarantine {
            return Err(PaperError::Quarantined(entry));
        }
        let confirmed = self.typists.iter().filter(|typist| !typist.confirmed.is_empty());
        let typed = |typist: &Typist| Typed {
            person: typist.person.clone(),
            rows: typist.confirmed,
            attempts: typist.confirmed.count() + typist.history.wrongs(),
            typos: typist.history.typos(),
            channel: typist.channel,
        };
        Ok(Evidence::new(self.statement, confirmed.map(typed).collect()))
    }

    /// Lets `person` sit down to type what [`Sheet::asked`] says.
    pub(super) fn sit(
        &self,
        statement: &Statement,
        person: &PersonId,
        sharing: Sharing,
        now: Timestamp,
    ) -> Result<Asked, PaperError> {
        if let Some(entry) = self.quarantine {
            return Err(PaperError::Quarantined(entry));
        }
        if self.is_unfinished() {
            return Err(PaperError::Unfinished);
        }
        let rows = self.asked(person, sharing);
        let history = self.typist(person).map(|typist| typist.history_at(now)).unwrap_or_default();
        let entry = Entry::begin(Code::of(statement), rows, history)?;
        let sitting = Sitting { person: person.clone(), statement: self.statement };
        Ok(Asked { sitting, rows, entry })
    }

    fn typist(&self, person: &PersonId) -> Option<&Typist> {
        self.typists.iter().find(|typist| typist.person == *person)
    }
}

impl Typist {
    /// Ten minutes after his last typo a person has rested, and so he has where that was under a clock that was ahead.
    fn history_at(&self, now: Timestamp) -> History {
        let rested = self.last_typo.is_some_and(|last| last > now || now.since(last) >= REST_SECONDS);
        if rested { self.history.clone().rest() } else { self.history.clone() }
    }
}

/// What each entry changes; an entry that cannot follow from those before it is a [`Misfit`].
impl Sheet {
    pub(super) fn drawn(statement: Digest, order: &str) -> Result<Self, Misfit> {
        let draw = Draw::logged(statement, order).map_err(|_| Misfit)?;
        Ok(Self { statement, draw, typists: Vec::new(), sitting: None, quarantine: None, abandoned: None })
    }

    pub(super) fn sat_down(&mut self, asked: &OobAsked, time: Timestamp) -> Result<(), Misfit> {
        if self.sitting.is_some() {
            self.gave_up(time);
        }
        let person: PersonId = asked.person.parse().map_err(|_| Misfit)?;
        let rows: Rows = asked.rows.parse().map_err(|_| Misfit)?;
        match self.typists.iter_mut().find(|typist| typist.person == person) {
            Some(typist) => typist.history = typist.history_at(time),
            None => self.typists.push(Typist {
                person: person.clone(),
                history: History::default(),
                last_typo: None,
                confirmed: Rows::NONE,
                channel: Channel::Typed,
            }),
        }
        self.sitting = Some((person, rows));
        Ok(())
    }

    pub(super) fn typo(&mut self, typed: &OobRow, time: Timestamp) -> Result<(), Misfit> {
        let (typist, row) = self.typing(typed)?;
        typist.history = std::mem::take(&mut typist.history).typo(row);
        typist.last_typo = Some(time);
        Ok(())
    }

    pub(super) fn wrong(&mut self, typed: &OobRow) -> Result<(), Misfit> {
        let (typist, row) = self.typing(typed)?;
        typist.history = std::mem::take(&mut typist.history).wrong(row);
        Ok(())
    }

    pub(super) fn mismatch(&mut self, typed: &OobRow, entry: u64) -> Result<(), Misfit> {
        self.wrong(typed)?;
        self.sitting = None;
        self.quarantine = Some(entry);
        Ok(())
    }

    pub(super) fn done(&mut self, done: &OobRows) -> Result<(), Misfit> {
        let rows: Rows = done.rows.parse().map_err(|_| Misfit)?;
        let channel: Channel = done.channel.parse().map_err(|_| Misfit)?;
        match self.sitting.take() {
            Some((person, asked)) if person.as_str() == done.person && asked == rows => {}
            _ => return Err(Misfit),
        }
        let typist = self.typists.iter_mut().find(|typist| typist.person.as_str() == done.person).ok_or(Misfit)?;
        typist.confirmed = typist.confirmed.and(rows);
        typist.channel = typist.channel.max(channel);
        Ok(())
    }

    pub(super) fn gave_up(&mut self, time: Timestamp) {
        self.sitting = None;
        self.abandoned = Some(time);
    }

    pub(super) fn cleared(&mut self) {
        self.quarantine = None;
        for typist in &mut self.typists {
            typist.history = std::mem::take(&mut typist.history).cleared();
        }
    }

    /// The person of the sitting, who typed this row.
    fn typing(&mut self, typed: &OobRow) -> Result<(&mut Typist, Row), Misfit> {
        let mut letters = typed.row.chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else { return Err(Misfit) };
        let row = Row::try_from(letter).map_err(|_| Misfit)?;
        let (person, asked) = self.sitting.as_ref().ok_or(Misfit)?;
        if person.as_str() != typed.person || !asked.contains(row) {
            return Err(Misfit);
        }
        let typist = self.typists.iter_mut().find(|typist| typist.person == *person).ok_or(Misfit)?;
        Ok((typist, row))
    }
}
