//! A transfer on its way out: kept in the state first, as [`outbox`](super::outbox) does it, then written to a medium and
//! read back.

use std::path::Path;

use thiserror::Error;

use crate::audit::detail::medium::MediumWiped;
use crate::audit::detail::{Enrolled, Exported};
use crate::audit::entry::{Actor, Entry, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::intake::grammar;
use crate::desk::media::{Admitted, Place, stick};
use crate::desk::register::Way;
use crate::devices::media::drive::Inserted;
use crate::devices::media::export::{Outgoing, OutgoingSet};
use crate::devices::media::{Identity, MediaError};
use crate::devices::store::StoreError;
use crate::exchange::container::MAX_BYTES;
use crate::exchange::dispatch::Dispatch;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::statement::Statement;
use crate::exchange::transfer::TransferSet;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// The code of what may have stayed on a medium.
const LEFT: &str = "MEDIA_LEFT";
const LIMITS: [u64; 3] = [MAX_BYTES as u64 + (1 << 20), 512, 4096];

/// Three files that were made here before.
#[derive(Debug)]
pub struct Kept {
    /// The statement.
    pub statement: Statement,
    /// Names and contents, the signature last.
    pub files: [(String, Vec<u8>); 3],
}

/// Why a kept transfer is not to be had.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DispatchError {
    /// Not made here, or not kept.
    #[error("no such transfer was made here")]
    Unknown,
    /// The files are no longer what they were.
    #[error("the kept files of a transfer are damaged")]
    Damaged,
}

impl Desk {
    /// The transfer that was kept under the identifier of its statement.
    ///
    /// # Errors
    /// [`DispatchError`]; what the disk says.
    pub fn kept(&self, id: &Digest) -> Result<Kept, Refused> {
        let folder = match self.outbox()?.folder(id) {
            Err(StoreError::Missing(_)) => return Err(DispatchError::Unknown.into()),
            folder => folder?,
        };
        let entries = folder.entries()?;
        let set = TransferSet::find(entries.iter().map(|entry| entry.name.as_str()));
        let names = set.map_err(|_| DispatchError::Unknown)?.names();
        let [payload, statement, signature] = &names;
        let read = |name: &String, limit| folder.read(name, limit).map(|mut bytes| std::mem::take(&mut *bytes));
        let [of_payload, of_statement, of_signature] = LIMITS;
        let text = read(statement, of_statement)?;
        let parsed = Statement::parse(&text).map_err(|_| DispatchError::Damaged)?;
        let bytes = read(payload, of_payload)?;
        if parsed.id() != *id || Digest::of(&bytes) != parsed.lines().file_sha256 {
            return Err(DispatchError::Damaged.into());
        }
        let files =
            [(payload.clone(), bytes), (statement.clone(), text), (signature.clone(), read(signature, of_signature)?)];
        Ok(Kept { statement: parsed, files })
    }

    /// Demands that `medium` would take a transfer that is about to be written down.
    fn must_take(&self, dispatch: &Dispatch, medium: &Path) -> Result<(), Refused> {
        self.admitted(medium, Way::Out)?.place.must_take(&outgoing(&dispatch.files()))
    }

    /// Keeps the record by which this host introduces itself in `dispatch`, writes that down, and writes it to `medium`;
    /// returns what was kept and the entry by which it left.
    ///
    /// # Errors
    /// What the medium says, before anything is written down; what the state says; as [`Desk::export`].
    pub fn introduce(
        &mut self,
        record: &EnrolmentRecord,
        dispatch: &Dispatch,
        medium: &Path,
    ) -> Result<(Kept, u64), Refused> {
        self.must_take(dispatch, medium)?;
        let (actor, lines, id) = (Actor::system(), dispatch.statement().lines(), dispatch.statement().id());
        let made =
            Enrolled { epoch: record.epoch(), peer: lines.to.to_string(), record: record.sha256(), statement: id };
        let write_down = |desk: &mut Self| desk.note(&actor, Some(lines.trace.as_str()), Event::Introduced(made));
        self.hold(&[record.json()], |desk| desk.keep(dispatch, write_down))?;
        let kept = self.kept(&id)?;
        let entry = self.export(&actor, &kept, medium)?;
        Ok((kept, entry))
    }

    /// Writes a kept transfer to `medium`, reads it back, and writes that down, as it does before that it is about to: of
    /// a host that dies in the middle the log says where a transfer may lie.
    ///
    /// # Errors
    /// What the medium says; it then bears no complete transfer of ours, or it is
    /// [`MediaError::Left`]. What the log says: what it does not take has not left,
    /// and is taken off the medium again.
    pub fn export(&mut self, actor: &Actor, kept: &Kept, medium: &Path) -> Result<u64, Refused> {
        let set = outgoing(&kept.files);
        let Admitted { place, name } = self.admitted(medium, Way::Out)?;
        place.must_take(&set)?;
        let trace = kept.statement.lines().trace.to_string();
        let exported = Exported { medium: name.clone(), statement: kept.statement.id() };
        self.note(actor, Some(&trace), Event::ExportIntent(exported.clone()))?;
        if let Err(refused) = place.export(&set) {
            let outcome = Outcome::Failed(refused.reason().code.to_owned());
            // Of what the log does not take either it goes on saying that it may lie there.
            drop(self.note_as(actor, Some(&trace), outcome, Event::ExportIntent(exported)));
            return Err(refused);
        }
        self.note(actor, Some(&trace), Event::Exported(exported)).map_err(|refused| match place.take_away(&set) {
            Ok(()) => refused,
            Err(_) => MediaError::Left(name, refused.to_string()).into(),
        })
    }

    /// The stick that a person names, as it is plugged in now; none where he names a directory.
    ///
    /// # Errors
    /// As [`Desk::export`].
    pub fn inserted(&self, medium: &Path) -> Result<Option<Inserted>, Refused> {
        match self.admitted(medium, Way::Out)?.place {
            Place::Directory(_) => Ok(None),
            Place::Drive(drive) => Ok(Some(drive.inserted())),
        }
    }

    /// Reads a kept transfer back from the stick it was written to, which was pulled out and put in again since `before`.
    ///
    /// # Errors
    /// [`DeviceError::Same`](crate::devices::media::verdict::DeviceError) and
    /// [`DeviceError::None`](crate::devices::media::verdict::DeviceError) where that is not so, or not yet; what the medium
    /// says.
    pub fn read_again(&self, kept: &Kept, before: &Inserted) -> Result<(), Refused> {
        self.bay().drive_again(before)?.read_back(&outgoing(&kept.files))
    }
}

impl Place {
    fn must_take(&self, set: &OutgoingSet<'_>) -> Result<(), Refused> {
        match self {
            Self::Directory(directory) => Ok(directory.must_take(set, grammar)?),
            Self::Drive(drive) => drive.must_take(set, grammar),
        }
    }

    fn export(&self, set: &OutgoingSet<'_>) -> Result<(), Refused> {
        match self {
            Self::Directory(directory) => Ok(directory.export(set, grammar)?),
            Self::Drive(drive) => drive.export(set, grammar),
        }
    }

    fn take_away(&self, set: &OutgoingSet<'_>) -> Result<(), Refused> {
        match self {
            Self::Directory(directory) => Ok(directory.take_away(set)?),
            Self::Drive(drive) => drive.take_away(set),
        }
    }
}

/// Where a transfer may lie of which the log does not say that it left: the host died in it, or the medium did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsure {
    /// Its trace, as it stands in the log.
    pub trace: String,
    /// How the log names the medium.
    pub medium: String,
}

/// All of them, the oldest first. To write it to the same medium again settles it, and so does a stick that is seen to have
/// been made anew.
pub fn unsure(entries: &[Entry]) -> Vec<Unsure> {
    let (mut open, mut wiped): (Vec<(&Exported, Unsure)>, Vec<[Identity; 2]>) = (Vec::new(), Vec::new());
    for Entry { event, outcome, trace, .. } in entries {
        match (event, outcome) {
            // What this try found or did tells nothing of an earlier one.
            (Event::ExportIntent(what), Outcome::Failed(code)) if code != LEFT => {
                if let Some(at) = open.iter().rposition(|(before, _)| *before == what) {
                    open.remove(at);
                }
            }
            (Event::ExportIntent(what), _) => {
                open.retain(|(before, _)| !is_gone(&wiped, &before.medium, &what.medium));
                let medium = what.medium.clone();
                open.extend(trace.clone().map(|trace| (what, Unsure { trace, medium })));
            }
            (Event::Exported(what), _) => open.retain(|(before, _)| *before != what),
            (Event::MediumWiped(MediumWiped { device, after }), Outcome::Ok) => {
                wiped.extend(device.parse().ok().zip(after.parse().ok()).map(|(before, after)| [before, after]));
            }
            _ => {}
        }
    }
    let mut told: Vec<&Exported> = Vec::new();
    open.retain(|(what, _)| {
        let is_new = !told.contains(what);
        told.push(*what);
        is_new
    });
    open.into_iter().map(|(_, unsure)| unsure).collect()
}

/// Whether the stick that the log names `before` was made anew since, as the one that it names `now` shows.
fn is_gone(wiped: &[[Identity; 2]], before: &str, now: &str) -> bool {
    let (Some(before), Some(now)) = (stick(before), stick(now)) else { return false };
    before != now && wiped.iter().any(|[was, is]| was.is_same_stick(&before) && *is == now)
}

fn outgoing<B: AsRef<[u8]>>(files: &[(String, B); 3]) -> OutgoingSet<'_> {
    let [payload, statement, signature] =
        files.each_ref().map(|(name, bytes)| Outgoing { name, bytes: bytes.as_ref() });
    OutgoingSet { payload, statement, signature }
}

impl Refusal for DispatchError {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown => {
                Reason::new(Class::Replay, "DISPATCH_UNKNOWN", "look up what was made here: airlock resume")
            }
            Self::Damaged => Reason::new(
                Class::Inconsistent,
                "DISPATCH_DAMAGED",
                "stop; call the auditor; restore the state from a backup",
            ),
        }
    }
}
