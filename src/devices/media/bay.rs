//! Where media are plugged in: the block devices of this machine, as sysfs tells of them.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::disk::{Content, DeviceNumber, Disk, Partition};
use super::filesystem::FileSystem;
use super::sysfs;
use super::table::{Extent, SECTOR, WINDOW};
use super::verdict::{DeviceError, Offer, judge, judge_hardware};

/// The most block devices that are looked at.
const MAX_DISKS: usize = 512;

/// The block devices of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bay {
    root: PathBuf,
}

/// A disk and what is thought of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The disk.
    pub disk: Disk,
    /// Whether it is offered.
    pub verdict: Result<Offer, DeviceError>,
}

impl Default for Bay {
    fn default() -> Self {
        Self { root: PathBuf::from("/") }
    }
}

impl Bay {
    /// The bay of a machine whose `sys`, `proc` and `dev` lie under `root`. Everything but a test looks at this machine,
    /// by [`Bay::default`].
    pub fn under(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// All disks, each with its verdict, by name.
    ///
    /// # Errors
    /// [`DeviceError::Node`] where sysfs cannot be read.
    pub fn look(&self) -> Result<Vec<Judged>, DeviceError> {
        let block = self.root.join("sys/block");
        let names = fs::read_dir(&block).map_err(|e| DeviceError::Node("/sys/block".to_owned(), e.to_string()))?;
        let names: BTreeSet<String> =
            names.take(MAX_DISKS).filter_map(|name| name.ok()?.file_name().into_string().ok()).collect();
        Ok(names.iter().filter_map(|name| self.disk(name)).map(Judged::of).collect())
    }

    /// The disk that a person names: `sdb`, `sdb1`, or a path to its node.
    ///
    /// # Errors
    /// [`DeviceError::None`]; what [`Bay::look`] says.
    pub fn find(&self, named: &Path) -> Result<Judged, DeviceError> {
        let name = named.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_it = |disk: &Disk| disk.name == name || disk.partitions.iter().any(|part| part.name == name);
        let found = self.look()?.into_iter().find(|judged| is_it(&judged.disk));
        found.ok_or_else(|| DeviceError::None(crate::wire::text::clip(&named.to_string_lossy(), 64)))
    }

    /// The number of the disk of this name and the count of its insertion; none where there is no such disk.
    pub(super) fn plugged_in(&self, name: &str) -> Option<(DeviceNumber, Option<u64>)> {
        let here = fs::canonicalize(self.root.join("sys/block").join(name)).ok()?;
        Some((sysfs::number(&here)?, sysfs::decimal(&here, "diskseq")))
    }

    /// The disk of this name with what can be known of it.
    fn disk(&self, name: &str) -> Option<Disk> {
        let here = fs::canonicalize(self.root.join("sys/block").join(name)).ok()?;
        let usb = sysfs::usb(&here);
        let mut disk = Disk {
            name: name.to_owned(),
            number: sysfs::number(&here)?,
            sequence: sysfs::decimal(&here, "diskseq"),
            size: sysfs::decimal(&here, "size").unwrap_or(0).saturating_mul(SECTOR),
            read_only: sysfs::decimal(&here, "ro") != Some(0),
            removable: sysfs::decimal(&here, "removable") == Some(1),
            buses: sysfs::buses(&here),
            usb,
            partitions: sysfs::partitions(&here),
            used: Vec::new(),
            content: None,
        };
        disk.used = self.uses(&here, &disk);
        if judge_hardware(&disk).is_ok() {
            disk.content = self.content(&disk);
        }
        Some(disk)
    }

    /// What the disk or a partition of it is in use for.
    fn uses(&self, here: &Path, disk: &Disk) -> Vec<String> {
        let parts = disk.partitions.iter().map(|part| (part.name.as_str(), part.number));
        let own: Vec<(&str, DeviceNumber)> = std::iter::once((disk.name.as_str(), disk.number)).chain(parts).collect();
        let mut used = sysfs::mounts(&self.root, &own);
        used.extend(sysfs::swaps(&self.root, &own));
        let holders = std::iter::once(here.to_owned()).chain(disk.partitions.iter().map(|part| here.join(&part.name)));
        used.extend(holders.flat_map(|place| sysfs::names(&place.join("holders"))).map(|name| format!("by {name}")));
        used
    }

    fn content(&self, disk: &Disk) -> Option<Content> {
        let first = read_first(&self.open(&disk.name, disk.number).ok()?)?;
        let table = Extent::read(&first);
        let filesystem = match (disk.is_disc(), disk.partitions.as_slice()) {
            (true, _) => FileSystem::read(&first),
            (false, [Partition { name, number, .. }]) => {
                self.open(name, *number).ok().and_then(|node| FileSystem::read(&read_first(&node)?))
            }
            _ => None,
        };
        Some(Content { table, filesystem })
    }

    /// Opens the node of a block device to read; its number must be the one that sysfs tells.
    fn open(&self, name: &str, number: DeviceNumber) -> Result<File, DeviceError> {
        self.node(name, number, OpenOptions::new().read(true).custom_flags(NONBLOCK))
    }

    /// Opens the node of a block device that nobody else may have mounted.
    pub(super) fn open_alone(&self, name: &str, number: DeviceNumber, write: bool) -> Result<File, DeviceError> {
        self.node(name, number, OpenOptions::new().read(true).write(write).custom_flags(EXCLUSIVE))
    }

    fn node(&self, name: &str, number: DeviceNumber, how: &OpenOptions) -> Result<File, DeviceError> {
        let fault = |e: &dyn std::fmt::Display| DeviceError::Node(name.to_owned(), e.to_string());
        let file = how.open(self.node_path(name)).map_err(|e| match e.kind() {
            std::io::ErrorKind::ResourceBusy => {
                DeviceError::Used(name.to_owned(), "somebody has mounted it".to_owned())
            }
            _ => fault(&e),
        })?;
        let stat = file.metadata().map_err(|e| fault(&e))?;
        let is_it = stat.file_type().is_block_device() && DeviceNumber::of(stat.rdev()) == number;
        if is_it { Ok(file) } else { Err(fault(&"its node is of another device")) }
    }

    /// Where the node of a block device lies.
    pub(super) fn node_path(&self, name: &str) -> PathBuf {
        self.root.join("dev").join(name)
    }

    /// What sysfs tells of a disk; gone once it is pulled out.
    pub(super) fn place(&self, disk: &str) -> PathBuf {
        self.root.join("sys/block").join(disk)
    }
}

const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
const EXCLUSIVE: i32 = rustix::fs::OFlags::EXCL.bits() as i32;

impl Judged {
    fn of(disk: Disk) -> Self {
        let verdict = judge(&disk);
        Self { disk, verdict }
    }
}

fn read_first(node: &File) -> Option<Vec<u8>> {
    let mut first = Vec::new();
    node.take(WINDOW as u64).read_to_end(&mut first).ok()?;
    Some(first)
}

impl DeviceNumber {
    pub(super) fn of(number: u64) -> Self {
        Self { major: rustix::fs::major(number), minor: rustix::fs::minor(number) }
    }
}
