//! The end of a way back is written down: without that nobody who reads the log could tell it from a run that was killed.

use super::ended::Why;
use super::fault::RotateError;
use super::goal::Goal;
use super::ground::Ground;
use crate::audit::detail::RotationReturned;
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::refusal::Refused;

/// Writes down that the way back is at its end, where it is; once, for who asks again has nothing new to hear.
pub(super) fn note(desk: &mut Desk, ground: &Ground, goal: Goal, why: &Why) -> Result<(), Refused> {
    let (Some(to), Why::Finished) = (goal.back(), why) else { return Ok(()) };
    let trace = Some(ground.trace.as_str());
    let of_trace = desk.entries().iter().rev().filter(|entry| entry.trace.as_deref() == trace);
    let last = of_trace.filter(|entry| entry.outcome == Outcome::Ok).find_map(|entry| match &entry.event {
        Event::RotationReturned(known) => Some(known.to == to),
        Event::RotationIntent(_) | Event::Staged(_) => Some(false),
        _ => None,
    });
    if last == Some(true) {
        return Ok(());
    }
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    desk.note(&Actor::system(), trace, Event::RotationReturned(RotationReturned { plan, to })).map(drop)
}
