//! The record of the CA comes in. It is signed by the very key that it introduces, so paper speaks first: two people type
//! all sixteen rows each before anything of it is read, and somebody looks at it before it counts.

use std::path::Path;

use crate::desk::host::Desk;
use crate::desk::intake::{Acquaintance, Arrived};
use crate::desk::people::Present;
use crate::exchange::arrival::{Closed, Standing};
use crate::exchange::enrolment::facts::Fact;
use crate::exchange::enrolment::introduction::{Introduced, Introduction};
use crate::exchange::enrolment::peers::Peers;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::paper::PaperError;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::Role;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::refusal::Refused;

/// A record that two people confirmed, beside the one that it would replace.
#[derive(Debug)]
pub struct Reviewed {
    introduced: Introduced,
    facts: Vec<Fact>,
}

/// Copies the record on `medium` in and draws its rows. It stays closed.
///
/// # Errors
/// What the medium says; any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn import(room: &mut Room, medium: &Path) -> Result<Arrived<Introduction>, Refused> {
    let peers = Peers::fold(room.desk.entries())?;
    let standing = |statement: &Statement| match peers.pinned(&statement.lines().from) {
        _ if statement.lines().from.role() != Role::Ca => Standing::Unasked,
        Some(pinned) if pinned.statement == statement.id() => Standing::Spent,
        _ => Standing::Welcome,
    };
    room.desk.receive(medium, &Acquaintance { key_of: &|_| None, standing: &standing })
}

/// The statement whose rows are to be typed for the record of `trace`.
///
/// # Errors
/// [`IntakeError`](crate::desk::intake::IntakeError); any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn statement(room: &Room, trace: &Trace) -> Result<Statement, Refused> {
    Ok(reread(&room.desk, trace)?.statement().clone())
}

/// Opens the record of `trace`, whose sheet two people typed, and compares it with the one before.
///
/// # Errors
/// [`PaperError`] while rows are missing; any [`EnrolmentError`](crate::exchange::enrolment::EnrolmentError).
pub fn review(room: &Room, trace: &Trace) -> Result<Reviewed, Refused> {
    let closed = reread(&room.desk, trace)?;
    let papers = room.desk.papers()?;
    let evidence = papers.sheet(closed.statement()).ok_or(PaperError::NotDrawn)?.evidence()?;
    let confirmed = closed.confirm(&evidence).map_err(|mismatch| mismatch.error)?;
    let known = room.peer(&confirmed.statement().lines().from);
    let introduced = confirmed.open(known)?;
    let facts = introduced.record().facts(known);
    Ok(Reviewed { introduced, facts })
}

/// Enrols the CA: from now on its keys, roots and people are those of the record. Returns the entry that says so.
///
/// # Errors
/// What the log and the blobs say.
pub fn accept(room: &mut Room, reviewed: Reviewed, person: &Present) -> Result<u64, Refused> {
    let Reviewed { introduced, .. } = reviewed;
    let trace = introduced.letter().statement().lines().trace.to_string();
    room.desk.objects().put(introduced.record().json())?;
    let enrolled = room.desk.record(&person.actor(), Some(&trace), introduced)?;
    room.refresh()?;
    Ok(enrolled.entry())
}

impl Reviewed {
    /// The record.
    pub fn record(&self) -> &EnrolmentRecord {
        self.introduced.record()
    }

    /// Its lines, beside those of the record that it would replace.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The statement it came with.
    pub fn statement(&self) -> &Statement {
        self.introduced.letter().statement()
    }
}

fn reread(desk: &Desk, trace: &Trace) -> Result<Closed<Introduction>, Refused> {
    desk.reread(trace, &Acquaintance { key_of: &|_| None, standing: &|_| Standing::Welcome })
}
