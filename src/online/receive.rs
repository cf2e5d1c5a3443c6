//! A package is copied in from its medium and its rows are drawn. It stays closed until they were typed.

use std::path::Path;

use crate::desk::intake::{Acquaintance, Arrived};
use crate::exchange::arrival::{Closed, Standing};
use crate::exchange::cert_package::CertPackage;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::online::history::{Fate, History};
use crate::online::room::Room;
use crate::refusal::Refused;

/// Copies the package on `medium` in. It must be by the enrolled CA and answer the request that is outstanding; the one
/// that was accepted may come again until it is staged.
///
/// # Errors
/// What the medium says; any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn receive(room: &mut Room, medium: &Path) -> Result<Arrived<CertPackage>, Refused> {
    room.ca()?;
    let history = room.history();
    let key = room.ca()?.statement_key().clone();
    let ca = room.ca()?.party().clone();
    let peers = Acquaintance {
        key_of: &|party: &Party| (*party == ca).then(|| key.clone()),
        standing: &|statement| standing(&history, statement),
    };
    room.desk.receive(medium, &peers)
}

/// The statement whose rows are to be typed for the package of `trace`.
///
/// # Errors
/// [`IntakeError`](crate::desk::intake::IntakeError); any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn statement(room: &Room, trace: &Trace) -> Result<Statement, Refused> {
    Ok(reread(room, trace)?.statement().clone())
}

/// The package of `trace`, as it was copied in.
pub(super) fn reread(room: &Room, trace: &Trace) -> Result<Closed<CertPackage>, Refused> {
    let ca = room.ca()?;
    let key_of = |party: &Party| (party == ca.party()).then(|| ca.statement_key().clone());
    room.desk.reread(trace, &Acquaintance { key_of: &key_of, standing: &|_| Standing::Welcome })
}

fn standing(history: &History, statement: &Statement) -> Standing {
    let Some(past) = history.request(&statement.lines().trace) else { return Standing::Unasked };
    match past.fate {
        Fate::Outstanding if past.placed => Standing::Welcome,
        Fate::Outstanding | Fate::Voided => Standing::Unasked,
        Fate::Answered => match history.package(&past.trace) {
            Some(package) if package.statement == statement.id() && !package.staged => Standing::Welcome,
            _ => Standing::Spent,
        },
    }
}
