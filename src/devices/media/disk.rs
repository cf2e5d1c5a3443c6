//! What is known of a disk before anything on it is trusted: facts alone, so that they can be judged without a device.

use super::filesystem::FileSystem;
use super::identity::Identity;
use super::table::{Extent, TableError};

/// A block device that is no partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The kernel's name, as `sdb`.
    pub name: String,
    /// Its device number.
    pub number: DeviceNumber,
    /// Counts up whenever a disk is plugged in, so that the same stick has another one then (Linux 5.15).
    pub sequence: Option<u64>,
    /// Its size in bytes; 0 where no medium is in.
    pub size: u64,
    /// Whether it takes no writes.
    pub read_only: bool,
    /// The kernel says that its medium can be taken out.
    pub removable: bool,
    /// The subsystems that it hangs on, the nearest first: `block`, `scsi`, `usb`, `pci`.
    pub buses: Vec<String>,
    /// The USB device that it is a part of.
    pub usb: Option<Usb>,
    /// What the kernel made of its partition table.
    pub partitions: Vec<Partition>,
    /// What it, or a part of it, is in use for: a mount point, swap, another block device.
    pub used: Vec<String>,
    /// What its first bytes say; not read where it is not offered for another reason.
    pub content: Option<Content>,
}

/// Major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceNumber {
    /// The driver.
    pub major: u32,
    /// The device.
    pub minor: u32,
}

/// A USB device. What it says of itself is escaped for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usb {
    /// Where it is plugged in, as `1-3`.
    pub port: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its maker and model.
    pub model: String,
    /// Class, subclass and protocol of each of its interfaces.
    pub interfaces: Vec<[u8; 3]>,
}

/// A partition as the kernel sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The kernel's name, as `sdb1`.
    pub name: String,
    /// Its device number.
    pub number: DeviceNumber,
    /// Where it lies.
    pub extent: Extent,
}

/// What the first bytes of a disk say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its partition table.
    pub table: Result<Extent, TableError>,
    /// The file system at the start of its only partition, or of a disc.
    pub filesystem: Option<FileSystem>,
}

impl Disk {
    /// Whether it is a disc in a drive, which has no partition table.
    pub fn is_disc(&self) -> bool {
        self.name.starts_with("sr")
    }

    /// Whether its file system was not let go of, or met a failing device: it can be read, and is not written to before it
    /// was made anew.
    pub fn is_unclean(&self) -> bool {
        let filesystem = self.content.as_ref().and_then(|content| content.filesystem.as_ref());
        filesystem.is_some_and(|found| found.is_unclean)
    }

    /// What it is registered by.
    pub fn identity(&self) -> Identity {
        let filesystem = self.content.as_ref().and_then(|content| content.filesystem.as_ref());
        Identity {
            usb: self.usb.as_ref().and_then(|usb| usb.serial.clone()),
            filesystem: filesystem.and_then(|found| found.serial.clone()),
            label: filesystem.and_then(|found| found.label.clone()),
        }
    }

    /// The bus that a person knows it by.
    pub fn bus(&self) -> &str {
        let known = |bus: &&String| ["usb", "mmc", "ieee1394", "pcmcia", "ccw"].contains(&bus.as_str());
        self.buses.iter().find(known).map_or("-", String::as_str)
    }
}
