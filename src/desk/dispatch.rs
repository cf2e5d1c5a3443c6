//! A transfer on its way out: kept in the state first, then written to a medium and read back.

use std::path::Path;

use thiserror::Error;

use crate::audit::detail::Exported;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::intake::grammar;
use crate::desk::media::{Admitted, Place};
use crate::desk::register::Way;
use crate::devices::media::drive::Inserted;
use crate::devices::media::export::{Outgoing, OutgoingSet};
use crate::devices::store::{Directory, StoreError};
use crate::exchange::container::MAX_BYTES;
use crate::exchange::dispatch::Dispatch;
use crate::exchange::statement::Statement;
use crate::exchange::transfer::TransferSet;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

const OUTBOX: &str = "outbox";
const PRIVATE: u32 = 0o600;
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
    /// Keeps a transfer in the state, so that it can be written out, and printed, again and again.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep(&self, dispatch: &Dispatch) -> Result<(), Refused> {
        let folder = self.outbox(&dispatch.statement().id())?;
        for (name, bytes) in dispatch.files() {
            folder.create_or_same(&name, &bytes, PRIVATE)?;
        }
        Ok(())
    }

    /// The transfer that was kept under the identifier of its statement.
    ///
    /// # Errors
    /// [`DispatchError`]; what the disk says.
    pub fn kept(&self, id: &Digest) -> Result<Kept, Refused> {
        let folder = self.outbox(id)?;
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
    ///
    /// # Errors
    /// What the medium says.
    pub fn must_take(&self, dispatch: &Dispatch, medium: &Path) -> Result<(), Refused> {
        let files = dispatch.files();
        let [payload, statement, signature] = files.each_ref().map(|(name, bytes)| Outgoing { name, bytes });
        let set = OutgoingSet { payload, statement, signature };
        match self.admitted(medium, Way::Out)?.place {
            Place::Directory(directory) => Ok(directory.must_take(&set, grammar)?),
            Place::Drive(drive) => drive.must_take(&set, grammar),
        }
    }

    /// Writes a kept transfer to `medium`, reads it back, and writes that down.
    ///
    /// # Errors
    /// What the medium says; it then bears no complete transfer of ours.
    pub fn export(&mut self, actor: &Actor, kept: &Kept, medium: &Path) -> Result<u64, Refused> {
        let [payload, statement, signature] = kept.files.each_ref().map(|(name, bytes)| Outgoing { name, bytes });
        let set = OutgoingSet { payload, statement, signature };
        let Admitted { place, name } = self.admitted(medium, Way::Out)?;
        match place {
            Place::Directory(directory) => directory.export(&set, grammar)?,
            Place::Drive(drive) => drive.export(&set, grammar)?,
        }
        let trace = kept.statement.lines().trace.to_string();
        self.note(actor, Some(&trace), Event::Exported(Exported { medium: name, statement: kept.statement.id() }))
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
        let [payload, statement, signature] = kept.files.each_ref().map(|(name, bytes)| Outgoing { name, bytes });
        self.bay().drive_again(before)?.read_back(&OutgoingSet { payload, statement, signature })
    }

    fn outbox(&self, id: &Digest) -> Result<Directory, StoreError> {
        self.state().private_within(OUTBOX)?.private_within(&id.to_string())
    }
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
