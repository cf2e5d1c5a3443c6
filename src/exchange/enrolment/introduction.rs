//! A record on its way out and in.

use super::EnrolmentError;
use super::record::EnrolmentRecord;
use crate::audit::detail::Enrolled;
use crate::audit::event::Event;
use crate::audit::log::Record;
use crate::exchange::arrival::{Confirmed, Content, Letter};
use crate::exchange::dispatch::{Address, Dispatch};
use crate::exchange::signature::{self, Namespace, SigningKey};
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::exchange::transfer::Payload;
use crate::refusal::Refused;
use crate::wire::time::Timestamp;

/// The longest time between making and expiry, in seconds.
const MAX_LIFE: i64 = 14 * 24 * 60 * 60;
/// How far an epoch may be above the one before: exported records that never arrived must not lock a party out.
const MAX_STEP: u64 = 1000;

/// The record that travels in a transfer of this kind.
#[derive(Debug)]
pub enum Introduction {}

/// A record that two people confirmed, of a party that holds the key it introduces. It enrols that party once it stands
/// in the log; on a CA host its digest is approved by quorum before that.
#[derive(Debug)]
pub struct Introduced {
    record: EnrolmentRecord,
    letter: Letter,
}

impl Content for Introduction {
    const KIND: Kind = Kind::Enrolment;
}

impl Confirmed<Introduction> {
    /// Reads the record of a party that is not enrolled, or that was enrolled with `known`.
    ///
    /// # Errors
    /// Any [`EnrolmentError`].
    pub fn open(self, known: Option<&EnrolmentRecord>) -> Result<Introduced, EnrolmentError> {
        let record = EnrolmentRecord::parse(self.payload())?;
        let (letter, _) = self.into_parts();
        let (statement, lines) = (letter.statement(), letter.statement().lines());
        if *record.party() != lines.from {
            return Err(EnrolmentError::From);
        }
        if lines.items != 1 {
            return Err(EnrolmentError::Items(lines.items));
        }
        if record.ca().is_some_and(|ca| ca.cluster != lines.to) {
            return Err(EnrolmentError::For);
        }
        if !(0..=MAX_LIFE).contains(&lines.expires.since(record.common().created)) {
            return Err(EnrolmentError::Life);
        }
        let text = statement.text();
        signature::verify(record.statement_key(), Namespace::Statement, text.as_bytes(), letter.signature())
            .map_err(EnrolmentError::Possession)?;
        if let Some(known) = known {
            record.check_follows(known)?;
        }
        Ok(Introduced { record, letter })
    }
}

impl Introduced {
    /// The record.
    pub fn record(&self) -> &EnrolmentRecord {
        &self.record
    }

    /// What came with it.
    pub fn letter(&self) -> &Letter {
        &self.letter
    }
}

impl Record for Introduced {
    fn event(&self) -> Event {
        Event::Enrolled(Enrolled {
            epoch: self.record.epoch(),
            peer: self.record.party().to_string(),
            record: self.record.sha256(),
            statement: self.letter.statement().id(),
        })
    }
}

impl EnrolmentRecord {
    /// The three files that introduce this party to `to`, signed with its statement key.
    ///
    /// # Errors
    /// [`EnrolmentError::Possession`] where `key` is another, [`EnrolmentError::Life`], or what keeps it from signing.
    pub fn dispatch(
        &self,
        trace: Trace,
        to: Party,
        expires: Timestamp,
        key: &dyn SigningKey,
    ) -> Result<Dispatch, Refused> {
        if key.public_key() != self.statement_key() {
            return Err(EnrolmentError::Possession(signature::SignatureError::Key).into());
        }
        if !(0..=MAX_LIFE).contains(&expires.since(self.common().created)) {
            return Err(EnrolmentError::Life.into());
        }
        let address = Address { trace, from: self.party().clone(), to, items: 1, expires };
        Dispatch::sign::<Introduction>(address, self.json().to_vec(), Payload::Json, key)
    }

    /// An older record must not come back.
    fn check_follows(&self, known: &Self) -> Result<(), EnrolmentError> {
        let step = self.epoch().saturating_sub(known.epoch());
        if self.party() == known.party() && (1..=MAX_STEP).contains(&step) {
            Ok(())
        } else {
            Err(EnrolmentError::Follows { known: known.epoch(), found: self.epoch() })
        }
    }
}
