//! All sheets of a host, folded from its log, and the peers whose intake is locked.
//!
//! Whoever saw his half of the rows knows the other half, and could look for a forged pair that fits. He gets another
//! try with every new draw only; so a draw that was not followed by a complete confirmation is an alarm, and two of one
//! peer within a day lock its intake until the auditor unlocks it.

use std::collections::BTreeMap;

use super::PaperError;
use super::sheet::{Misfit, Sheet};
use super::sitting::Asked;
use crate::audit::detail::Cleared;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::exchange::draw::Sharing;
use crate::exchange::people::person::PersonId;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::{Party, Role};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The span in which two abandoned draws of one peer lock its intake, in seconds.
pub const LOCK_SPAN: i64 = 24 * 60 * 60;

/// What the log says of all sheets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Papers {
    sheets: BTreeMap<Digest, Sheet>,
    peers: BTreeMap<Digest, String>,
    unlocked: BTreeMap<String, Timestamp>,
}

impl Papers {
    /// Folds the entries of this host's own log.
    ///
    /// # Errors
    /// [`PaperError::Log`] for an entry that cannot follow from those before it.
    pub fn fold(entries: &[Entry]) -> Result<Self, PaperError> {
        let mut papers = Self::default();
        for entry in entries {
            papers.take(entry).map_err(|Misfit| PaperError::Log(entry.seq))?;
        }
        Ok(papers)
    }

    /// The sheet of this statement, if rows were drawn for it.
    pub fn sheet(&self, statement: &Statement) -> Option<&Sheet> {
        self.sheets.get(&statement.id())
    }

    /// Every sheet, by the identifier of its statement.
    pub fn sheets(&self) -> impl Iterator<Item = &Sheet> {
        self.sheets.values()
    }

    /// Demands that transfers of `peer` may be received and typed. A CA is locked out for a day: where its packages come
    /// in there is no quorum that could unlock it, and for good would be for ever.
    ///
    /// # Errors
    /// [`PaperError::Locked`].
    pub fn intake(&self, peer: &Party, now: Timestamp) -> Result<(), PaperError> {
        let name = peer.to_string();
        let since = self.unlocked.get(&name);
        let of_peer = |sheet: &&Sheet| self.peers.get(&sheet.statement()) == Some(&name);
        let mut given_up: Vec<_> = self.sheets().filter(of_peer).filter_map(Sheet::given_up).collect();
        // What a clock that was ahead wrote down locks nobody out for years.
        given_up.retain(|time| *time <= now && since.is_none_or(|since| time > since));
        let ends = |last: &Timestamp| peer.role() == Role::Ca && now.since(*last) > LOCK_SPAN;
        if given_up.iter().max().is_some_and(ends) {
            return Ok(());
        }
        given_up.sort_unstable();
        let near = |pair: &[Timestamp]| matches!(pair, [one, next] if next.since(*one) <= LOCK_SPAN);
        if given_up.windows(2).any(near) { Err(PaperError::Locked(name)) } else { Ok(()) }
    }

    /// Lets `person` sit down in front of the sheet of `statement`; record what comes back, then
    /// [`begin`](super::sitting::begin).
    ///
    /// # Errors
    /// [`PaperError`] where the peer is locked, nothing was drawn, the statement is in quarantine, an earlier sitting has
    /// no end, or this person can type nothing now.
    pub fn sit(
        &self,
        statement: &Statement,
        person: &PersonId,
        sharing: Sharing,
        now: Timestamp,
    ) -> Result<Asked, PaperError> {
        self.intake(&statement.lines().from, now)?;
        self.sheet(statement).ok_or(PaperError::NotDrawn)?.sit(statement, person, sharing, now)
    }

    fn take(&mut self, entry: &Entry) -> Result<(), Misfit> {
        match &entry.event {
            Event::Received(received) => {
                self.peers.insert(received.statement, received.from.clone());
            }
            Event::OobDraw(drawn) => {
                let peer = self.peers.get(&drawn.statement).cloned().ok_or(Misfit)?;
                self.give_up_others(&peer, entry.time);
                let sheet = Sheet::drawn(drawn.statement, &drawn.order)?;
                // Rows once drawn are never drawn again.
                if self.sheets.insert(drawn.statement, sheet).is_some() {
                    return Err(Misfit);
                }
            }
            Event::OobAsked(asked) => self.at(&asked.statement)?.sat_down(asked, entry.time)?,
            Event::OobTypo(row) => self.at(&row.statement)?.typo(row, entry.time)?,
            Event::OobWrong(row) => self.at(&row.statement)?.wrong(row)?,
            Event::OobMismatch(row) => self.at(&row.statement)?.mismatch(row, entry.seq)?,
            Event::OobRows(done) => self.at(&done.statement)?.done(done)?,
            Event::OobAbandoned(object) => self.at(&object.object)?.gave_up(entry.time),
            Event::QuarantineCleared(cleared) => self.clear(cleared, entry.time)?,
            _ => {}
        }
        Ok(())
    }

    fn at(&mut self, statement: &Digest) -> Result<&mut Sheet, Misfit> {
        self.sheets.get_mut(statement).ok_or(Misfit)
    }

    /// A new draw for a peer gives up what was drawn for it before and is still pending.
    fn give_up_others(&mut self, peer: &str, time: Timestamp) {
        for (statement, sheet) in &mut self.sheets {
            let of_peer = self.peers.get(statement).is_some_and(|other| other == peer);
            if of_peer && sheet.is_pending() {
                sheet.gave_up(time);
            }
        }
    }

    fn clear(&mut self, cleared: &Cleared, time: Timestamp) -> Result<(), Misfit> {
        if let Some(statement) = &cleared.statement {
            self.at(statement)?.cleared();
        }
        if let Some(peer) = &cleared.peer {
            self.unlocked.insert(peer.clone(), time);
        }
        Ok(())
    }
}
