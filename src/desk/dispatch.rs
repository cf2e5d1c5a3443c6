//! A transfer on its way out: kept in the state first, then written to a medium and read back.

use std::path::Path;

use thiserror::Error;

use crate::audit::detail::Exported;
use crate::audit::detail::medium::MediumWiped;
use crate::audit::entry::{Actor, Entry, Outcome};
use crate::audit::event::Event;
use crate::cores::both;
use crate::desk::host::Desk;
use crate::desk::intake::grammar;
use crate::desk::media::{Admitted, Place, stick};
use crate::desk::register::Way;
use crate::devices::media::drive::Inserted;
use crate::devices::media::export::{Outgoing, OutgoingSet};
use crate::devices::media::{Identity, MediaError};
use crate::devices::store::{Directory, NewFile, StoreError};
use crate::exchange::container::MAX_BYTES;
use crate::exchange::dispatch::{Cover, Dispatch};
use crate::exchange::statement::Statement;
use crate::exchange::transfer::TransferSet;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

const OUTBOX: &str = "outbox";
const PRIVATE: u32 = 0o600;
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

/// The directory of the state in which transfers are kept, each in a folder of its own, by the identifier of its statement.
#[derive(Debug)]
pub struct Outbox(Directory);

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
        self.outbox()?.keep(|payload| {
            payload.write_all(dispatch.payload())?;
            Ok(dispatch.cover().clone())
        })?;
        Ok(())
    }

    /// Where transfers are kept.
    ///
    /// # Errors
    /// What the disk says.
    pub fn outbox(&self) -> Result<Outbox, Refused> {
        Ok(Outbox(self.state().private_within(OUTBOX)?))
    }

    /// The transfer that was kept under the identifier of its statement.
    ///
    /// # Errors
    /// [`DispatchError`]; what the disk says.
    pub fn kept(&self, id: &Digest) -> Result<Kept, Refused> {
        let folder = match self.outbox()?.0.within(&id.to_string()) {
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
    ///
    /// # Errors
    /// What the medium says.
    pub fn must_take(&self, dispatch: &Dispatch, medium: &Path) -> Result<(), Refused> {
        self.admitted(medium, Way::Out)?.place.must_take(&outgoing(&dispatch.files()))
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

impl Outbox {
    /// Keeps the transfer whose payload `make` writes, and whose statement it signs then: what is written goes to disk
    /// meanwhile, under a name that the next run sweeps away, and gets its own when the statement over it is there.
    ///
    /// # Errors
    /// What `make` says; what the disk says. Of what was not kept before nothing is left then: a payload without its
    /// letter would fill a full disk the more, at each try.
    pub fn keep(&self, make: impl FnOnce(&mut NewFile<'_>) -> Result<Cover, Refused>) -> Result<Cover, Refused> {
        let mut file = NewFile::create(&self.0, "payload", PRIVATE)?;
        file.set_mode(PRIVATE)?;
        let cover = make(&mut file)?;
        let id = cover.statement().id();
        let is_new = !self.0.holds(&id.to_string())?;
        self.settle(file, &cover).inspect_err(|_| {
            if is_new {
                self.forget(&id);
            }
        })?;
        Ok(cover)
    }

    /// Removes, as far as the disk lets it, a transfer that no entry names and none ever will.
    pub(crate) fn forget(&self, id: &Digest) {
        let _ = self.0.remove_with_files(&id.to_string());
    }

    fn settle(&self, file: NewFile<'_>, cover: &Cover) -> Result<(), StoreError> {
        let (statement, signature) = (cover.statement(), cover.signature());
        let folder = self.0.private_within(&statement.id().to_string())?;
        let [payload, of_statement, of_signature] = cover.set().names();
        // In whatever order they come to lie there, they mean nothing before an entry names the statement.
        let keep = |name: &str, text: &str| folder.create_or_same(name, text.as_bytes(), PRIVATE);
        let (payload, letter) = both(
            || file.commit_or_same(&folder, &payload, &statement.lines().file_sha256),
            || keep(&of_statement, &statement.text()).and_then(|()| keep(&of_signature, signature)),
        );
        payload.and(letter)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::csr_bundle::CsrBundle;
    use crate::exchange::dispatch::Address;
    use crate::exchange::signature::private_key::SoftwareKey;
    use crate::exchange::trace::Trace;
    use crate::exchange::transfer::Payload;
    use crate::wire::time::Timestamp;

    const PAYLOAD: &[u8] = b"PK\x03\x04";

    fn cover() -> Cover {
        let now: Timestamp = "2025-07-22T03:20:00Z".parse().unwrap();
        let address = Address {
            trace: Trace::new(now, [1, 2, 3, 4, 5]),
            from: "cluster:prod-1".parse().unwrap(),
            to: "ca:root-ca-01".parse().unwrap(),
            items: 1,
            expires: now.plus(3600),
        };
        let key = SoftwareKey::from_seed(&zeroize::Zeroizing::new([9; 32])).unwrap();
        Cover::sign::<CsrBundle>(address, Digest::of(PAYLOAD), Payload::Zip, &key).unwrap()
    }

    #[test]
    fn a_payload_lies_in_the_outbox_once_its_statement_is_signed_and_not_before() {
        let base = tempfile::tempdir().unwrap();
        let outbox = Outbox(Directory::private(&base.path().join("outbox")).unwrap());
        let names =
            |folder: &Directory| -> Vec<_> { folder.entries().unwrap().into_iter().map(|one| one.name).collect() };
        let refused = outbox.keep(|payload| {
            payload.write_all(PAYLOAD)?;
            assert!(names(&outbox.0)[0].starts_with(".payload."), "it goes to disk while it is made");
            Err(DispatchError::Unknown.into())
        });
        assert_eq!(refused.unwrap_err().reason().code, "DISPATCH_UNKNOWN");
        assert!(names(&outbox.0).is_empty(), "nothing is left of what was not signed");
        let keep = || {
            outbox.keep(|payload| {
                payload.write_all(PAYLOAD)?;
                Ok(cover())
            })
        };
        let id = keep().unwrap().statement().id().to_string();
        keep().unwrap();
        assert_eq!(names(&outbox.0), [id.as_str()]);
        let (folder, [payload, statement, signature]) = (outbox.0.within(&id).unwrap(), cover().set().names());
        assert_eq!(names(&folder), [statement, signature, payload.clone()]);
        assert_eq!(folder.read(&payload, 9).unwrap().as_slice(), PAYLOAD);
        std::fs::write(folder.path().join(&payload), b"PK..").unwrap();
        assert_eq!(keep().unwrap_err().reason().code, "OUTPUT_DIFFERS");
        assert_eq!(folder.read(&payload, 9).unwrap().as_slice(), b"PK..");
    }
}
