//! What a person names as the medium: a stick that this host mounts itself, or a directory that somebody mounted.
//!
//! A stick is taken if the register knows it for this way, or if two officers let it in; a directory always, and the log
//! says that it was one.

use std::fmt;
use std::path::Path;

use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::register::{Register, RegisterError, Standing, Way};
use crate::devices::media::bay::Judged;
use crate::devices::media::eject::Ejected;
use crate::devices::media::verdict::DeviceError;
use crate::devices::media::{Drive, Identity, Medium};
use crate::refusal::{Refusal as _, Refused};
use crate::wire::text;

/// How the log begins the name of a directory.
pub(crate) const DIRECTORY: &str = "directory ";

/// A medium that may be used.
pub(crate) enum Place {
    /// A directory that somebody mounted.
    Directory(Medium),
    /// A stick or a disc.
    Drive(Box<Drive>),
}

/// A medium that may be used, and how the log names it.
pub(crate) struct Admitted {
    /// Where it is.
    pub(crate) place: Place,
    /// `directory PATH`, `TX-03 usb=... fs=... label=...` or `admitted usb=... fs=... label=...`.
    pub(crate) name: String,
}

/// A disk, what is thought of it, and how the register knows it.
#[derive(Debug)]
pub struct Seen {
    /// The disk and its verdict.
    pub judged: Judged,
    /// What the register says.
    pub standing: Standing,
}

/// A device as a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is named by: its partition, or itself.
    pub device: String,
    /// The bus that it hangs on.
    pub bus: String,
    /// Its size, for people.
    pub size: String,
    /// The file system on it.
    pub filesystem: String,
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// What the register or the judge says.
    pub verdict: String,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    /// The way that the register knows it for; none where it does not know it.
    pub way: Option<Way>,
    /// Whether it is offered, be it registered or not.
    pub is_offered: bool,
    /// Whether it can be plugged in; a person need not see the others.
    pub is_plugged: bool,
}

impl Line {
    /// The row of `seen`.
    pub fn of(seen: &Seen) -> Self {
        let (disk, dash) = (&seen.judged.disk, || "-".to_owned());
        let identity = disk.identity();
        let found = disk.content.as_ref().and_then(|content| content.filesystem.as_ref());
        let device = match disk.partitions.as_slice() {
            [only] => only.name.clone(),
            _ => disk.name.clone(),
        };
        let verdict = match &seen.judged.verdict {
            Err(refused) => format!("[STOP] {refused}"),
            Ok(offer) => [vec![seen.standing.to_string()], offer.warnings.clone()].concat().join("; "),
        };
        Self {
            device,
            code: seen.judged.verdict.as_ref().err().map(|refused| refused.reason().code),
            bus: disk.bus().to_owned(),
            size: shown_size(disk.size),
            filesystem: found.map_or_else(dash, |found| found.kind.to_string()),
            label: identity.label.unwrap_or_else(dash),
            serial: identity.usb.or(identity.filesystem).unwrap_or_else(dash),
            verdict,
            way: match &seen.standing {
                Standing::Registered(known) => Some(known.way),
                Standing::Admitted | Standing::Stranger => None,
            },
            is_offered: seen.judged.verdict.is_ok(),
            is_plugged: !matches!(seen.judged.verdict, Err(DeviceError::Internal(_))),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, bus, size, filesystem, label, serial, verdict, .. } = self;
        write!(f, "{device:<6} {bus:<5} {size:>9}  {filesystem:<8} {label:<11} {serial:<16} {verdict}")
    }
}

fn shown_size(bytes: u64) -> String {
    match bytes >> 20 {
        mebibytes @ 0..1024 => format!("{mebibytes} MiB"),
        mebibytes => format!("{}.{} GiB", mebibytes >> 10, ((mebibytes & 1023) * 10) >> 10),
    }
}

impl Desk {
    /// Every block device of this machine, judged.
    ///
    /// # Errors
    /// Any [`DeviceError`]; what the clock says.
    pub fn media(&self) -> Result<Vec<Seen>, Refused> {
        let register = Register::fold(self.entries());
        let now = self.now()?;
        let seen = |judged: Judged| Seen { standing: register.standing(&judged.disk.identity(), now), judged };
        Ok(self.bay().look()?.into_iter().map(seen).collect())
    }

    /// The block device that a person names, judged.
    ///
    /// # Errors
    /// As [`Desk::media`].
    pub fn medium(&self, named: &Path) -> Result<Seen, Refused> {
        let judged = self.bay().find(named)?;
        let standing = Register::fold(self.entries()).standing(&judged.disk.identity(), self.now()?);
        Ok(Seen { judged, standing })
    }

    /// What a sheet calls the medium: its name in the register, or the last part of a directory's path.
    pub fn label_of(&self, named: &Path) -> Option<String> {
        if !is_device(named) {
            return named.file_name().map(|name| name.to_string_lossy().into_owned());
        }
        match self.medium(named).ok()?.standing {
            Standing::Registered(registered) => Some(registered.name),
            Standing::Admitted | Standing::Stranger => None,
        }
    }

    /// [`Desk::label_of`], of a stick alone.
    pub fn label_of_stick(&self, named: &Path) -> Option<String> {
        self.label_of(named).filter(|_| is_device(named))
    }

    /// The medium that a person names, if it may be used this way.
    ///
    /// # Errors
    /// Any [`DeviceError`](crate::devices::media::verdict::DeviceError) or [`RegisterError`]; a directory that is missing.
    pub(crate) fn admitted(&self, named: &Path, way: Way) -> Result<Admitted, Refused> {
        if !is_device(named) {
            let medium = Medium::open(named)?;
            let name = format!("{DIRECTORY}{}", text::clip(&named.to_string_lossy(), 200));
            return Ok(Admitted { place: Place::Directory(medium), name });
        }
        let (drive, _) = self.bay().drive(named)?;
        let identity = drive.identity();
        let standing = Register::fold(self.entries()).standing(&identity, self.now()?);
        let who = match standing {
            Standing::Registered(known) if known.way == way => known.name,
            Standing::Registered(known) => return Err(RegisterError::OtherWay(known.name, known.way).into()),
            Standing::Admitted => "admitted".to_owned(),
            Standing::Stranger => return Err(RegisterError::Stranger(drive.disk().name.clone()).into()),
        };
        if way == Way::Out && self.came_in(&identity) {
            return Err(RegisterError::CameIn(who).into());
        }
        Ok(Admitted { place: Place::Drive(Box::new(drive)), name: format!("{who} {identity}") })
    }

    /// Lets go of a medium, and powers its port down where that can be done.
    ///
    /// # Errors
    /// As [`Bay::eject`](crate::devices::media::Bay::eject).
    pub fn eject(&self, named: &Path) -> Result<Ejected, Refused> {
        Ok(self.bay().eject(named)?)
    }

    /// Whether a transfer came in on this stick since it was last made anew.
    fn came_in(&self, identity: &Identity) -> bool {
        let mut came_in = false;
        for entry in self.entries() {
            match &entry.event {
                Event::Received(received) => {
                    came_in |= stick(&received.medium).is_some_and(|one| one.is_same_stick(identity))
                }
                Event::MediumWiped(wiped) => {
                    let after = wiped.after.parse::<Identity>();
                    came_in &= !after.is_ok_and(|after| after.is_same_stick(identity));
                }
                _ => {}
            }
        }
        came_in
    }
}

/// The stick in the name that the log gives a medium.
pub(crate) fn stick(medium: &str) -> Option<Identity> {
    let (_, identity) = medium.split_once(' ')?;
    identity.parse().ok()
}

/// Whether a person means a block device: a bare name or something in `/dev`, and no directory.
fn is_device(named: &Path) -> bool {
    let is_bare = named.components().count() == 1 && !named.is_absolute();
    !named.is_dir() && (is_bare || named.starts_with("/dev"))
}
