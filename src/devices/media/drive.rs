//! A disk that is offered, to be used once: copied from, or written to.
//!
//! In: mounted read-only, copied to memory, unmounted; only then is anything computed. Out: written, flushed, unmounted,
//! mounted read-only, read back, unmounted; no cache of the kernel survives an unmounted device that is held alone.

use rustix::fs::{self, Advice};

use super::bay::Bay;
use super::disk::{DeviceNumber, Disk};
use super::export::OutgoingSet;
use super::fault::MediaError;
use super::filesystem::FileSystemKind;
use super::identity::Identity;
use super::intake::Limits;
use super::mounted::{Access, Mounted, Quarantine};
use super::set::{Listing, Part, Recognised, TransferSet};
use super::verdict::{DeviceError, Offer};
use crate::devices::store::StoreError;
use crate::refusal::Refused;
use crate::wire::text;

/// A disk that is offered.
#[derive(Debug)]
pub struct Drive {
    bay: Bay,
    disk: Disk,
    kind: FileSystemKind,
}

/// A stick as it is plugged in now.
#[derive(Debug, Clone)]
pub struct Inserted {
    identity: Identity,
    sequence: Option<u64>,
}

/// What was copied from a medium that is unmounted by now.
#[derive(Debug)]
pub struct Taken {
    /// The names of the three files.
    pub set: TransferSet,
    /// Their bytes, in the order of [`Part::ALL`].
    pub bytes: [Vec<u8>; 3],
    /// What else lay there.
    pub listing: Listing,
}

/// How often, and how long apart, an unmounted device is asked for: another program may just look at it.
const PATIENCE: (u32, std::time::Duration) = (20, std::time::Duration::from_millis(50));

impl Bay {
    /// The disk that a person names, if it is offered.
    ///
    /// # Errors
    /// Any [`DeviceError`].
    pub fn drive(&self, named: &std::path::Path) -> Result<(Drive, Offer), DeviceError> {
        let judged = self.find(named)?;
        let offer = judged.verdict?;
        let found = judged.disk.content.as_ref().and_then(|content| content.filesystem.as_ref());
        let kind = found.ok_or_else(|| DeviceError::FileSystem(judged.disk.name.clone()))?.kind;
        Ok((Drive { bay: self.clone(), disk: judged.disk, kind }, offer))
    }

    /// The same stick, which was pulled out and put in again since `before`: whatever it had in a cache of its own is
    /// gone by now.
    ///
    /// # Errors
    /// [`DeviceError::Same`] while it was not pulled out; [`DeviceError::None`] until it is back; as [`Bay::drive`].
    pub fn drive_again(&self, before: &Inserted) -> Result<Drive, DeviceError> {
        let found = self.look()?.into_iter().find(|judged| judged.disk.identity() == before.identity);
        let disk = found.ok_or_else(|| DeviceError::None(before.identity.to_string()))?.disk;
        if disk.sequence.is_none() || disk.sequence == before.sequence {
            return Err(DeviceError::Same(disk.name));
        }
        Ok(self.drive(std::path::Path::new(&disk.name))?.0)
    }
}

impl Drive {
    /// What is known of it.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What it is registered by.
    pub fn identity(&self) -> Identity {
        self.disk.identity()
    }

    /// It, as it is plugged in now.
    pub fn inserted(&self) -> Inserted {
        Inserted { identity: self.identity(), sequence: self.disk.sequence }
    }

    /// Copies the one transfer that lies on it into memory and unmounts it.
    ///
    /// # Errors
    /// Any [`MediaError`]; [`DeviceError`] where another stick is in its place.
    pub fn copy_in(&self, limits: &Limits, grammar: impl Fn(&str) -> Option<Recognised>) -> Result<Taken, Refused> {
        let quarantine = Quarantine::make(limits.payload + limits.statement + limits.signature + (1 << 16))?;
        let mounted = self.mount(Access::Read)?;
        let listing = mounted.medium().list(grammar)?;
        let set = listing.one_transfer()?;
        mounted.medium().copy_in(&set, limits, quarantine.directory())?;
        self.release(mounted)?;
        let mut bytes = [Vec::new(), Vec::new(), Vec::new()];
        for (part, bytes) in Part::ALL.into_iter().zip(&mut bytes) {
            let mut read = quarantine.directory().read(set.name(part), limits.of(part)).map_err(MediaError::Local)?;
            *bytes = std::mem::take(&mut *read);
        }
        Ok(Taken { set, bytes, listing })
    }

    /// Demands that `set` could be written now.
    ///
    /// # Errors
    /// As [`Medium::must_take`](super::Medium::must_take); what the device says.
    pub fn must_take(
        &self,
        set: &OutgoingSet<'_>,
        grammar: impl Fn(&str) -> Option<Recognised>,
    ) -> Result<(), Refused> {
        let mounted = self.mount(Access::Write)?;
        let taken = mounted.medium().must_take(set, grammar);
        self.release(mounted)?;
        Ok(taken?)
    }

    /// Writes `set`, unmounts, mounts again and reads it back.
    ///
    /// # Errors
    /// As [`Medium::export`](super::Medium::export). After an error no complete transfer of ours lies there, or it is
    /// [`MediaError::Left`].
    pub fn export(&self, set: &OutgoingSet<'_>, grammar: impl Fn(&str) -> Option<Recognised>) -> Result<(), Refused> {
        let mounted = self.mount(Access::Write)?;
        mounted.medium().export(set, grammar)?;
        // From here on all of it lies there, and only an entry of the log may say so.
        let read = self.release(mounted).and_then(|()| self.read_back(set));
        read.map_err(|refused| match self.take_away(set) {
            Ok(()) => refused,
            Err(_) => MediaError::Left(self.disk.name.clone(), refused.to_string()).into(),
        })
    }

    /// Mounts it read-only, reads `set` back, and unmounts it.
    ///
    /// # Errors
    /// [`MediaError::ReadBack`]; what else the medium says.
    pub fn read_back(&self, set: &OutgoingSet<'_>) -> Result<(), Refused> {
        let mounted = self.mount(Access::Read)?;
        let read = mounted.medium().holds_all(set);
        self.release(mounted)?;
        Ok(read?)
    }

    /// Removes the files of `set`: a medium that lies, or that somebody else holds, keeps no signature. Whoever has it mounted
    /// sees the same files, so it need not be held alone for that.
    ///
    /// # Errors
    /// What the medium says; they may lie there then.
    pub fn take_away(&self, set: &OutgoingSet<'_>) -> Result<(), Refused> {
        let mounted = self.mounted(Access::Write)?;
        mounted.medium().take_away(set)?;
        mounted.medium().flush()?;
        Ok(mounted.medium().must_be_there()?)
    }

    fn mount(&self, access: Access) -> Result<Mounted, Refused> {
        let (name, number) = self.volume()?;
        let now = self.the_same()?;
        if access == Access::Write && !self.kind.is_writable() {
            return Err(MediaError::ReadOnly(name.to_owned()).into());
        }
        if access == Access::Write && now.is_unclean() {
            return Err(MediaError::Unclean(name.to_owned()).into());
        }
        // The kernel would give us a mount that another program has, too.
        drop(self.bay.open_alone(name, number, false)?);
        self.mounted(access)
    }

    /// Mounts what is plugged in, and looks whether that is still this stick: another one may have taken its place, its
    /// name and its number while it was mounted.
    fn mounted(&self, access: Access) -> Result<Mounted, Refused> {
        let (name, number) = self.volume()?;
        let mounted = Mounted::mount(&self.bay.node_path(name), &self.bay.place(&self.disk.name), self.kind, access)?;
        match mounted.medium().device()? == number && self.is_plugged_in() {
            true => Ok(mounted),
            false => Err(MediaError::Gone(name.to_owned()).into()),
        }
    }

    /// Unmounts, and waits until nobody has the device mounted and nothing of it is left in memory.
    fn release(&self, mounted: Mounted) -> Result<(), Refused> {
        drop(mounted);
        let (name, number) = self.volume()?;
        let fault = |e| MediaError::from(StoreError::of(&self.bay.node_path(name), e));
        let mut tries = 0..PATIENCE.0;
        let node = loop {
            match self.bay.open_alone(name, number, false) {
                Err(DeviceError::Used(..)) if tries.next().is_some() => std::thread::sleep(PATIENCE.1),
                Err(DeviceError::Node(..)) => return Err(MediaError::Gone(text::escape(name)).into()),
                opened => break opened?,
            }
        };
        fs::fsync(&node).map_err(fault)?;
        Ok(fs::fadvise(&node, 0, None, Advice::DontNeed).map_err(fault)?)
    }

    /// The name and number of what is mounted: the one partition, or the disc.
    fn volume(&self) -> Result<(&str, DeviceNumber), DeviceError> {
        match (self.disk.is_disc(), self.disk.partitions.as_slice()) {
            (true, _) => Ok((&self.disk.name, self.disk.number)),
            (false, [only]) => Ok((&only.name, only.number)),
            _ => Err(DeviceError::Kernel(self.disk.name.clone())),
        }
    }

    /// What is plugged in now, which must be this disk.
    fn the_same(&self) -> Result<Disk, Refused> {
        let gone = || MediaError::Gone(self.disk.name.clone());
        let now = self.bay.find(std::path::Path::new(&self.disk.name)).map_err(|_| gone())?;
        now.verdict?;
        let is_it = now.disk.identity() == self.identity() && self.is_plugged_in();
        if is_it { Ok(now.disk) } else { Err(gone().into()) }
    }

    /// Whether the kernel knows the disk by the number and the count of insertions that it had when it was judged.
    fn is_plugged_in(&self) -> bool {
        self.bay.plugged_in(&self.disk.name) == Some((self.disk.number, self.disk.sequence))
    }
}
