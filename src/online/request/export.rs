//! The bundle leaves on a medium.

use std::path::Path;

use crate::audit::entry::Actor;
use crate::desk::host::Desk;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::online::history::History;
use crate::online::request::fault::RequestError;
use crate::online::request::order::ready;
use crate::refusal::Refused;

/// A bundle that was written to a medium and read back.
#[derive(Debug)]
pub struct Sent {
    /// Its statement, from which the sheet is printed.
    pub statement: Statement,
    /// Names and lengths of the files, in bytes.
    pub files: [(String, usize); 3],
    /// The entry that says so.
    pub entry: u64,
}

/// Writes the bundle of the outstanding request `trace` to `medium`, as often as it is asked for.
///
/// # Errors
/// [`RequestError::NotOutstanding`], [`RequestError::NotPlaced`], [`RequestError::Expired`]; what the medium says.
pub fn export(desk: &mut Desk, actor: &Actor, trace: &Trace, medium: &Path) -> Result<Sent, Refused> {
    let past = ready(&History::of(desk.entries()), trace)?;
    let kept = desk.kept(&past.requested.statement)?;
    let expires = kept.statement.lines().expires;
    if expires < desk.now()? {
        return Err(RequestError::Expired(trace.clone(), expires).into());
    }
    let entry = desk.export(actor, &kept, medium)?;
    let files = kept.files.map(|(name, bytes)| (name, bytes.len()));
    Ok(Sent { statement: kept.statement, files, entry })
}
