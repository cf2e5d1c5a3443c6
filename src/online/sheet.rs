//! The sheet of what this host sent, for another print.

use crate::desk::dispatch::Kept;
use crate::exchange::statement::kind::Kind;
use crate::exchange::trace::Trace;
use crate::online::request::sheet::contents;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::sheet::facts::Contents;

/// The transfer of `trace` that was made here last, and what its sheet tells.
///
/// # Errors
/// [`NotOurs`](crate::desk::printing::NotOurs); what the state says.
pub fn again(room: &Room, trace: &Trace) -> Result<(Kept, Contents), Refused> {
    let kept = room.desk().made_here(trace)?;
    let contents = match kept.statement.lines().kind {
        Kind::Enrolment => kept.introduction()?,
        _ => contents(room, trace)?,
    };
    Ok((kept, contents))
}
