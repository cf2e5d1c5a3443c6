//! Decisions that are signed where the key of a person is.

use std::path::Path;

use crate::devices::store::{Links, read_file};
use crate::exchange::approval::subject::Subject;
use crate::exchange::people::person::PersonId;
use crate::exchange::signature::MAX_BYTES;
use crate::offline::decide::Ask;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::tui::hands::fault::EffectError;
use crate::tui::hands::host::NewFile;
use crate::tui::told::{Told, Written};
use crate::wire::text;

/// Writes the text down in the log, and then to the new file `file`.
pub(super) fn write(room: &mut Room, ask: Ask, file: &Path) -> Result<Told, Refused> {
    let (person, namespace) = (ask.person.to_string(), ask.decision.namespace().as_str());
    let place = NewFile::at(file)?;
    let asked = room.ask(ask)?.text();
    place.create(asked.as_bytes())?;
    let file = text::escape(&file.to_string_lossy());
    Ok(Told::Written(Box::new(Written { person, file, namespace })))
}

/// Takes the signature that was made over such a text; returns the entry of the decision.
pub(super) fn bring(room: &mut Room, subject: &Subject, id: &str, signature: &Path) -> Result<u64, Refused> {
    let id: PersonId = id.parse().map_err(|_| EffectError::Person)?;
    let armored = read_file(signature, MAX_BYTES as u64, Links::Follow)?;
    room.decide_detached(subject, &id, &armored)
}
