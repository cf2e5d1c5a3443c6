//! What the meter counted in earlier runs of this rotation, kept in the state: a budget that was spent stays spent until
//! somebody writes down why.

use serde::{Deserialize, Serialize};

use super::fault::RotateError;
use crate::audit::detail::BudgetForgiven;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::devices::store::StoreError;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::wire::json;
use crate::wire::text;

/// Requests of all runs so far, on this host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Seconds in which requests were made and none went well.
    pub dark: u64,
    /// Requests that failed with one retry.
    pub failed: u64,
    /// Requests that went well.
    pub ok: u64,
    /// Requests that failed while the only server was away for a step, as was announced; they spend no budget.
    pub spared: u64,
}

const DIRECTORY: &str = "rotation";
const MODE: u32 = 0o600;
const MAX_BYTES: u64 = 4096;
/// The shortest reason that is one.
const LEAST_REASON: usize = 12;

impl Counted {
    /// What was counted under `trace`.
    ///
    /// # Errors
    /// [`RotateError::Counts`] of a file that is not ours; what the disk says.
    pub fn of(desk: &Desk, trace: &Trace) -> Result<Self, Refused> {
        match desk.state().private_within(DIRECTORY)?.read(&name(trace), MAX_BYTES) {
            Err(StoreError::Missing(_)) => Ok(Self::default()),
            read => Ok(json::from_slice(&read?).map_err(|error| RotateError::Counts(error.to_string()))?),
        }
    }

    /// Keeps it for the next run.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep(&self, desk: &Desk, trace: &Trace) -> Result<(), Refused> {
        let bytes = json::to_vec(self).map_err(RotateError::Unwritable)?;
        Ok(desk.state().private_within(DIRECTORY)?.replace(&name(trace), &bytes, MODE)?)
    }
}

/// What was counted: no budget keeps anybody from going back, and no file that counts. One that cannot be read begins anew, and
/// that is written down.
///
/// # Errors
/// What the log says.
pub(super) fn on_the_way_back(desk: &mut Desk, trace: &Trace) -> Result<Counted, Refused> {
    match Counted::of(desk, trace) {
        Ok(counted) => Ok(counted),
        Err(refused) => {
            let why = format!("it goes back, and does not wait for what was counted: {refused}");
            let detail = BudgetForgiven { dark: 0, failed: 0, ok: 0, why: text::clip(&why, 400) };
            desk.note(&Actor::system(), Some(trace.as_str()), Event::BudgetForgiven(detail))?;
            Ok(Counted::default())
        }
    }
}

/// Counting begins anew, for the reason `why`, which is written down first with what was counted.
///
/// # Errors
/// [`RotateError::Reason`] for one that is none; what the log and the disk say.
pub fn forgive(desk: &mut Desk, trace: &Trace, why: &str) -> Result<u64, Refused> {
    if why.trim().chars().count() < LEAST_REASON {
        return Err(RotateError::Reason(LEAST_REASON).into());
    }
    let Counted { dark, failed, ok, .. } = Counted::of(desk, trace).unwrap_or_default();
    let detail = BudgetForgiven { dark, failed, ok, why: text::clip(&text::escape(why.trim()), 400) };
    let entry = desk.note(&Actor::system(), Some(trace.as_str()), Event::BudgetForgiven(detail))?;
    Counted::default().keep(desk, trace)?;
    Ok(entry)
}

fn name(trace: &Trace) -> String {
    format!("{trace}.meter")
}
