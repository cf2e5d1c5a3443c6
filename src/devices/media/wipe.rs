//! A stick is made anew: one partition, a fresh FAT32 with a label and a random serial number. All that it held is lost.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::str::FromStr;

use fatfs::{FatType, FormatVolumeOptions};
use rustix::fs::Advice;
use thiserror::Error;

use super::bay::Bay;
use super::disk::Disk;
use super::fault::MediaError;
use super::filesystem::{FileSystem, FileSystemKind};
use super::identity::Identity;
use super::table::{Extent, SECTOR, WINDOW};
use super::verdict::judge_hardware;
use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// The smallest stick, in bytes: FAT32 has at least 65 525 clusters.
const MIN_SIZE: u64 = 64 << 20;
/// Where the partition begins, in sectors, as everybody aligns it.
const FIRST: u64 = 2048;
/// Bytes that are cleared at both ends of the disk, and at the start of the partition.
const CLEARED: u64 = 1 << 20;
/// The type of a FAT32 partition that is addressed by sectors.
const FAT32_LBA: u8 = 0x0C;

/// A stick that may be made anew. Its only step takes what a person typed who means this one.
#[derive(Debug)]
pub struct Blank {
    bay: Bay,
    disk: Disk,
}

/// A stick that a person means to be made anew; only [`Blank::mean`] makes one.
#[derive(Debug)]
pub struct Meant {
    bay: Bay,
    disk: Disk,
    serial: u32,
    label: Label,
}

/// The stick that is meant, held by this process alone: what was asked is still what stands there.
#[derive(Debug)]
pub struct Held {
    meant: Meant,
    device: File,
}

/// The label of a stick: 1 to 11 of `A-Z 0-9 - _`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

/// Why a stick is not made anew.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WipeError {
    /// What was typed is not what shows that this stick is meant.
    #[error("what was typed is not what shows that {0} is meant")]
    Word(String),
    /// Not a label.
    #[error("not a label of 1 to 11 characters of A-Z 0-9 - _")]
    Label,
    /// Smaller than a FAT32 can be.
    #[error("{0} is smaller than 64 MiB")]
    Small(String),
    /// A disc, or write-protected.
    #[error("{0} takes no writes")]
    ReadOnly(String),
}

impl Bay {
    /// The stick that a person names, whatever lies on it.
    ///
    /// # Errors
    /// Any [`DeviceError`](super::verdict::DeviceError) of its hardware; [`WipeError::Small`], [`WipeError::ReadOnly`].
    pub fn blank(&self, named: &Path) -> Result<Blank, Refused> {
        let disk = self.find(named)?.disk;
        judge_hardware(&disk)?;
        if disk.is_disc() || disk.read_only {
            return Err(WipeError::ReadOnly(disk.name).into());
        }
        if disk.size < MIN_SIZE {
            return Err(WipeError::Small(disk.name).into());
        }
        Ok(Blank { bay: self.clone(), disk })
    }
}

impl Blank {
    /// What is known of it.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The stick, for the person who is asked whether he means it.
    pub fn named(&self) -> String {
        let model = self.disk.usb.as_ref().map_or("", |usb| usb.model.as_str());
        format!("{} {model}, {} MiB, {}", self.disk.name, self.disk.size >> 20, self.disk.identity())
    }

    /// What the person is to type.
    pub fn asked(&self) -> String {
        match self.disk.identity().last_four() {
            Some(_) => "the last four characters of its serial number".to_owned(),
            None => format!("its name, {}, for it has no serial number", self.disk.name),
        }
    }

    /// What a person types who means it: the last four characters of its serial number, or its kernel name where it has
    /// none.
    fn word(&self) -> String {
        self.disk.identity().last_four().map_or_else(|| self.disk.name.clone(), str::to_owned)
    }

    /// Takes what a person typed who means this stick; it gets this serial number and this label.
    ///
    /// # Errors
    /// [`WipeError::Word`].
    pub fn mean(self, typed: &str, serial: [u8; 4], label: Label) -> Result<Meant, WipeError> {
        match typed.trim() == self.word() {
            true => Ok(Meant { bay: self.bay, disk: self.disk, serial: u32::from_le_bytes(serial), label }),
            false => Err(WipeError::Word(self.disk.name)),
        }
    }
}

impl Meant {
    /// Holds the device, so that nobody mounts or exchanges it, and looks at it again: the person was asked for a while.
    ///
    /// # Errors
    /// [`MediaError::Gone`] where another one stands in its place; any
    /// [`DeviceError`](super::verdict::DeviceError).
    pub fn hold(self) -> Result<Held, Refused> {
        let device = self.bay.open_alone(&self.disk.name, self.disk.number, true)?;
        let now = self.bay.find(Path::new(&self.disk.name))?.disk;
        judge_hardware(&now)?;
        let is_it = now.identity() == self.disk.identity()
            && (now.size, now.sequence, now.number) == (self.disk.size, self.disk.sequence, self.disk.number);
        if is_it { Ok(Held { meant: self, device }) } else { Err(MediaError::Gone(self.disk.name).into()) }
    }

    /// What it is recognised by from then on.
    pub fn after(&self) -> Identity {
        let usb = self.disk.usb.as_ref().and_then(|usb| usb.serial.clone());
        Identity { usb, filesystem: Some(shown_serial(self.serial)), label: Some(self.label.0.clone()) }
    }

    /// Clears, formats, and writes the table last; reads it back from the device.
    fn write(&self, device: &mut File) -> io::Result<Option<FileSystem>> {
        let sectors = (self.disk.size / SECTOR).saturating_sub(FIRST).min(u64::from(u32::MAX));
        let extent = Extent { start: FIRST, sectors };
        let zeros = vec![0; CLEARED as usize];
        for at in [0, extent.start * SECTOR, self.disk.size - CLEARED] {
            device.seek(SeekFrom::Start(at))?;
            device.write_all(&zeros)?;
        }
        device.sync_all()?;
        let mut region = Region { device, start: extent.start * SECTOR, length: sectors * SECTOR, at: 0 };
        let options = FormatVolumeOptions::new().fat_type(FatType::Fat32).volume_id(self.serial);
        fatfs::format_volume(&mut region, options.volume_label(self.label.padded()))?;
        device.sync_all()?;
        device.seek(SeekFrom::Start(0))?;
        device.write_all(&table(extent))?;
        device.sync_all()?;
        rustix::fs::fadvise(&*device, 0, None, Advice::DontNeed)?;
        let mut read = |at| -> io::Result<Vec<u8>> {
            let mut bytes = vec![0; WINDOW];
            device.seek(SeekFrom::Start(at))?;
            device.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        let is_there = Extent::read(&read(0)?) == Ok(extent);
        let found = FileSystem::read(&read(extent.start * SECTOR)?);
        Ok(found.filter(|_| is_there))
    }
}

impl Held {
    /// Makes it anew.
    ///
    /// # Errors
    /// What the device says. A stick that was not finished has no partition.
    pub fn wipe(mut self) -> Result<(), Refused> {
        let path = self.meant.bay.node_path(&self.meant.disk.name);
        let written = self.meant.write(&mut self.device);
        let found = written.map_err(|e| MediaError::from(StoreError::of_io(&path, e)))?;
        let after = self.meant.after();
        let (serial, label) = (after.filesystem, after.label);
        let expected = FileSystem { kind: FileSystemKind::Fat32, serial, label, is_unclean: false };
        if found == Some(expected) { Ok(()) } else { Err(MediaError::ReadBack(self.meant.disk.name).into()) }
    }
}

fn shown_serial(serial: u32) -> String {
    format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF)
}

/// A master boot record with one partition; its addresses by cylinder say "beyond", as they do everywhere today.
fn table(extent: Extent) -> [u8; SECTOR as usize] {
    const BEYOND: [u8; 3] = [0xFE, 0xFF, 0xFF];
    let mut sector = [0; SECTOR as usize];
    let number = |sectors: u64| u32::try_from(sectors).unwrap_or(u32::MAX).to_le_bytes();
    let entry = [&[0][..], &BEYOND, &[FAT32_LBA], &BEYOND, &number(extent.start), &number(extent.sectors)].concat();
    for (byte, value) in sector.iter_mut().skip(446).zip(entry) {
        *byte = value;
    }
    let [.., first, second] = &mut sector;
    (*first, *second) = (0x55, 0xAA);
    sector
}

/// The partition, for a writer of file systems.
struct Region<'a> {
    device: &'a mut File,
    start: u64,
    length: u64,
    at: u64,
}

impl Region<'_> {
    fn seek_here(&mut self) -> io::Result<u64> {
        self.device.seek(SeekFrom::Start(self.start + self.at))?;
        Ok(self.length.saturating_sub(self.at))
    }
}

impl Read for Region<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.seek_here()?;
        let count = self.device.take(left).read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Write for Region<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = usize::try_from(self.seek_here()?).unwrap_or(usize::MAX);
        let count = self.device.write(bytes.get(..bytes.len().min(left)).unwrap_or_default())?;
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.device.flush()
    }
}

impl Seek for Region<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl Label {
    fn padded(&self) -> [u8; 11] {
        let mut padded = [b' '; 11];
        padded.iter_mut().zip(self.0.bytes()).for_each(|(to, from)| *to = from);
        padded
    }
}

impl FromStr for Label {
    type Err = WipeError;

    fn from_str(text: &str) -> Result<Self, WipeError> {
        let of_the_alphabet = text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_'));
        let fits = of_the_alphabet && (1..=11).contains(&text.len());
        if fits { Ok(Self(text.to_owned())) } else { Err(WipeError::Label) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Refusal for WipeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Word(_) => Reason::new(
                Class::Media,
                "WIPE_WORD",
                "read the serial number off airlock media list, and type its last four characters, or the name where it has none",
            ),
            Self::Label => Reason::new(Class::Usage, "WIPE_LABEL", "choose another label, such as XFER or RETURN"),
            Self::Small(_) => Reason::new(Class::Media, "WIPE_SMALL", "take a larger stick"),
            Self::ReadOnly(_) => {
                Reason::new(Class::Media, "WIPE_READ_ONLY", "remove the write protection, or take another stick")
            }
        }
    }
}
