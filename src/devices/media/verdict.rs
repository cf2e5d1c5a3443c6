//! Whether a disk is offered as a medium. Facts in, verdict out: nothing is opened here.

use thiserror::Error;

use super::disk::Disk;
use super::table::{SECTOR, TableError};
use crate::refusal::{Class, Reason, Refusal};

/// The largest medium, in bytes.
pub const MAX_SIZE: u64 = 256 << 30;
/// Space outside the partition that is worth a warning, in bytes.
pub const MAX_OUTSIDE: u64 = 16 << 20;

/// Buses that people plug things into; `lsblk` calls what hangs on them HOTPLUG.
const PLUGGED: [&str; 5] = ["usb", "ieee1394", "pcmcia", "mmc", "ccw"];
/// Mass storage, SCSI commands; bulk-only transport and UAS.
const STORAGE: [[u8; 3]; 2] = [[0x08, 0x06, 0x50], [0x08, 0x06, 0x62]];

/// Why a disk is not offered, or not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeviceError {
    /// There is no such block device.
    #[error("there is no device {0}")]
    None(String),
    /// Built in.
    #[error("{0} is an internal disk")]
    Internal(String),
    /// It, or a part of it, is in use.
    #[error("{0} is in use: {1}")]
    Used(String, String),
    /// The USB device does more than to store.
    #[error("{0} is a storage device with an interface of class {1}")]
    Interface(String, String),
    /// No disc is in the drive.
    #[error("{0} holds no medium")]
    Absent(String),
    /// More than [`MAX_SIZE`].
    #[error("{0} is larger than 256 GiB")]
    Size(String),
    /// Not one partition.
    #[error("{0} is refused: {1}")]
    Table(String, TableError),
    /// The table says otherwise than the kernel.
    #[error("{0} has a partition table that the kernel reads in another way")]
    Kernel(String),
    /// Another file system, or none, or two in one place.
    #[error("{0} holds no FAT32, exFAT, ext4, ISO9660 or UDF file system")]
    FileSystem(String),
    /// It is still plugged in as it was.
    #[error("{0} was not pulled out")]
    Same(String),
    /// Its device node is of something else, or unreadable.
    #[error("{0} cannot be read: {1}")]
    Node(String, String),
}

/// A disk that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is noticed about it.
    pub warnings: Vec<String>,
}

/// Judges everything but what lies on it: whether its first bytes may be read.
///
/// # Errors
/// Any [`DeviceError`] but those of table and file system.
pub fn judge_hardware(disk: &Disk) -> Result<(), DeviceError> {
    let name = || disk.name.clone();
    let is_plugged = disk.removable || disk.buses.iter().any(|bus| PLUGGED.contains(&bus.as_str()));
    if !is_plugged {
        return Err(DeviceError::Internal(name()));
    }
    if let Some(used) = disk.used.first() {
        return Err(DeviceError::Used(name(), used.clone()));
    }
    let strange = disk.usb.iter().flat_map(|usb| &usb.interfaces).find(|interface| !STORAGE.contains(interface));
    if let Some([class, subclass, protocol]) = strange {
        return Err(DeviceError::Interface(name(), format!("{class:02x}/{subclass:02x}/{protocol:02x}")));
    }
    if disk.usb.as_ref().is_some_and(|usb| usb.interfaces.is_empty()) {
        return Err(DeviceError::Interface(name(), "unknown".to_owned()));
    }
    match disk.size {
        0 => Err(DeviceError::Absent(name())),
        size if size > MAX_SIZE => Err(DeviceError::Size(name())),
        _ => Ok(()),
    }
}

/// Judges a disk whose first bytes were read.
///
/// # Errors
/// Any [`DeviceError`].
pub fn judge(disk: &Disk) -> Result<Offer, DeviceError> {
    let name = || disk.name.clone();
    judge_hardware(disk)?;
    let content = disk.content.as_ref().ok_or_else(|| DeviceError::Node(name(), "nothing was read".to_owned()))?;
    let mut warnings = Vec::new();
    if !disk.is_disc() {
        let extent = content.table.map_err(|error| DeviceError::Table(name(), error))?;
        match disk.partitions.as_slice() {
            [only] if only.extent == extent => {}
            _ => return Err(DeviceError::Kernel(name())),
        }
        let behind = disk.size.saturating_sub(extent.end().saturating_mul(SECTOR));
        if extent.end().saturating_mul(SECTOR) > disk.size {
            return Err(DeviceError::Table(name(), TableError::Damaged));
        }
        if behind.max(extent.start.saturating_mul(SECTOR)) > MAX_OUTSIDE {
            warnings.push(format!("{} MiB lie outside its partition", behind >> 20));
        }
    }
    if content.filesystem.is_none() {
        return Err(DeviceError::FileSystem(name()));
    }
    if disk.is_unclean() {
        warnings.push("pulled out while it was in use; it is read, and not written to".to_owned());
    }
    if disk.read_only && !disk.is_disc() {
        warnings.push("write-protected".to_owned());
    }
    Ok(Offer { warnings })
}

impl Refusal for DeviceError {
    fn reason(&self) -> Reason {
        let (code, hint) = match self {
            Self::None(_) => ("DEVICE_NONE", "look at what is plugged in: airlock media list"),
            Self::Internal(_) => ("DEVICE_INTERNAL", "name a removable medium: airlock media list"),
            Self::Used(..) => ("DEVICE_USED", "unmount it; nothing but airlock mounts a transfer medium"),
            Self::Interface(..) => {
                ("DEVICE_INTERFACE", "pull it out and keep it: a stick that is also something else is an attack")
            }
            Self::Absent(_) => ("DEVICE_ABSENT", "insert the medium"),
            Self::Size(_) => ("DEVICE_SIZE", "take a stick of 256 GiB or less"),
            Self::Table(..) => {
                ("DEVICE_TABLE", "treat it as hostile, or, if it is your own, make it anew: airlock media wipe")
            }
            Self::Kernel(_) => {
                ("DEVICE_KERNEL", "pull it out and put it in again; if it persists, treat it as hostile")
            }
            Self::FileSystem(_) => {
                ("DEVICE_FILE_SYSTEM", "take another stick, or, if it is your own, make it anew: airlock media wipe")
            }
            Self::Same(_) => ("DEVICE_SAME", "pull it out and put it in again"),
            Self::Node(..) => ("DEVICE_NODE", "run as root; check the device nodes of this host"),
        };
        Reason::new(Class::Media, code, hint)
    }
}

#[cfg(test)]
mod tests;
