//! Which file system lies on a partition, by its superblock: FAT32, exFAT, ext4, ISO 9660 or UDF, and no other.
//!
//! FAT32: Microsoft's FAT32 specification 1.03; exFAT: its specification 1.00, section 3.1; ext4: the kernel's
//! `filesystems/ext4/super`; ISO 9660: ECMA-119 section 8; UDF: ECMA-167 part 2, section 9.1.
//!
//! And whether it was let go of when it was written to last. A FAT or an exFAT that was not may give the same cluster to two
//! files; ext4 heals itself from its journal, and only says where it met an error.

use std::fmt;

use super::table::number32;
use crate::wire::text;

/// The kind of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileSystemKind {
    /// FAT with 32-bit clusters.
    Fat32,
    /// exFAT.
    ExFat,
    /// ext4 with extents.
    Ext4,
    /// ISO 9660.
    Iso9660,
    /// UDF.
    Udf,
}

/// A file system, as its superblock names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// Its kind.
    pub kind: FileSystemKind,
    /// Its serial number or identifier, as other tools show it.
    pub serial: Option<String>,
    /// Its label, escaped for showing.
    pub label: Option<String>,
    /// Whether it says of itself that it may contradict itself: it was not let go of, or met a failing device.
    pub is_unclean: bool,
}

const MAX_LABEL: usize = 32;

impl FileSystemKind {
    /// The name of the kernel's driver.
    pub const fn driver(self) -> &'static str {
        match self {
            Self::Fat32 => "vfat",
            Self::ExFat => "exfat",
            Self::Ext4 => "ext4",
            Self::Iso9660 => "iso9660",
            Self::Udf => "udf",
        }
    }

    /// Whether it is one that is written to.
    pub const fn is_writable(self) -> bool {
        matches!(self, Self::Fat32 | Self::ExFat | Self::Ext4)
    }
}

impl fmt::Display for FileSystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fat32 => "FAT32",
            Self::ExFat => "exFAT",
            Self::Ext4 => "ext4",
            Self::Iso9660 => "ISO9660",
            Self::Udf => "UDF",
        })
    }
}

impl FileSystem {
    /// The one file system that begins with `bytes`; a disc may bear both ISO 9660 and UDF, and is read as the first.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut all = Self::all(bytes);
        if all.iter().any(|found| found.kind == FileSystemKind::Iso9660) {
            all.retain(|found| found.kind != FileSystemKind::Udf);
        }
        if all.len() == 1 { all.pop() } else { None }
    }

    /// Every file system that `bytes` can be read as.
    pub fn all(bytes: &[u8]) -> Vec<Self> {
        [fat32, exfat, ext4, iso9660, udf].iter().filter_map(|read| read(bytes)).collect()
    }
}

fn fat32(bytes: &[u8]) -> Option<FileSystem> {
    let sector = bytes.get(..512)?;
    let is_fat = sector.get(510..512)? == [0x55, 0xAA] && matches!(sector.first()?, 0xEB | 0xE9);
    // FAT12 and FAT16 have entries in a root directory of fixed size.
    let is_32 = sector.get(17..19)? == [0, 0] && sector.get(22..24)? == [0, 0] && sector.get(82..90)? == b"FAT32   ";
    (is_fat && is_32).then_some(FileSystem {
        kind: FileSystemKind::Fat32,
        serial: number32(sector, 67).map(volume_serial),
        label: label(sector.get(71..82)?).filter(|label| label != "NO NAME"),
        is_unclean: is_unclean_fat(bytes, sector).unwrap_or(true),
    })
}

/// Linux and Windows note it in the boot sector, others in the second entry of the table (section 3.5 there).
fn is_unclean_fat(bytes: &[u8], sector: &[u8]) -> Option<bool> {
    const CLEAN_AND_SOUND: u32 = 0x0C00_0000;
    let number16 = |at: usize| Some(usize::from(u16::from_le_bytes(sector.get(at..at + 2)?.try_into().ok()?)));
    let table = number16(11)?.checked_mul(number16(14)?)?;
    let is_noted = sector.get(65)? & 0b11 != 0;
    Some(is_noted || number32(bytes, table.checked_add(4)?)? & CLEAN_AND_SOUND != CLEAN_AND_SOUND)
}

fn exfat(bytes: &[u8]) -> Option<FileSystem> {
    let sector = bytes.get(..512)?;
    let is_ours = sector.get(3..11)? == b"EXFAT   " && sector.get(510..512)? == [0x55, 0xAA];
    // Its label lies in its root directory, which is not read before it is mounted.
    let serial = number32(sector, 100).map(volume_serial);
    // Dirty, and failing.
    let is_unclean = sector.get(106)? & 0b110 != 0;
    is_ours.then_some(FileSystem { kind: FileSystemKind::ExFat, serial, label: None, is_unclean })
}

fn ext4(bytes: &[u8]) -> Option<FileSystem> {
    const EXTENTS: u32 = 0x40;
    let block = bytes.get(1024..2048)?;
    let is_ours = block.get(56..58)? == [0x53, 0xEF] && number32(block, 96)? & EXTENTS != 0;
    let id = hex::encode(block.get(104..120)?);
    let parts = [id.get(..8)?, id.get(8..12)?, id.get(12..16)?, id.get(16..20)?, id.get(20..)?];
    let (kind, serial) = (FileSystemKind::Ext4, Some(parts.join("-")));
    let is_unclean = block.get(58)? & 0b10 != 0;
    is_ours.then_some(FileSystem { kind, serial, label: label(block.get(120..136)?), is_unclean })
}

fn iso9660(bytes: &[u8]) -> Option<FileSystem> {
    let volume = bytes.get(32768..34816)?;
    let is_ours = volume.get(1..6)? == b"CD001" && *volume.first()? == 1;
    let (kind, serial) = (FileSystemKind::Iso9660, label(volume.get(813..829)?));
    is_ours.then_some(FileSystem { kind, serial, label: label(volume.get(40..72)?), is_unclean: false })
}

fn udf(bytes: &[u8]) -> Option<FileSystem> {
    const FIRST: usize = 32768;
    let descriptors = (0..8).filter_map(|at| bytes.get(FIRST + at * 2048 + 1..FIRST + at * 2048 + 6));
    let is_ours = descriptors.into_iter().any(|id| id == b"NSR02" || id == b"NSR03");
    is_ours.then_some(FileSystem { kind: FileSystemKind::Udf, serial: None, label: None, is_unclean: false })
}

fn volume_serial(number: u32) -> String {
    format!("{:04X}-{:04X}", number >> 16, number & 0xFFFF)
}

/// A label that was padded with blanks or zeros.
fn label(raw: &[u8]) -> Option<String> {
    let raw = raw.split(|b| *b == 0).next().unwrap_or_default();
    let label = String::from_utf8_lossy(raw).trim_end().to_owned();
    (!label.is_empty()).then(|| text::clip(&label, MAX_LABEL))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::devices::media::table::WINDOW;

    /// The first bytes of an image of `mebibytes` that the tool `program` formats.
    fn formatted(mebibytes: u64, program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
        let image = tempfile::NamedTempFile::new().unwrap();
        image.as_file().set_len(mebibytes << 20).unwrap();
        let done = Command::new(program).args(arguments).arg(image.path()).output();
        if !done.is_ok_and(|done| done.status.success()) {
            eprintln!("skipped: {program} {arguments:?} does not work here");
            return None;
        }
        let mut bytes = std::fs::read(image.path()).unwrap();
        bytes.truncate(WINDOW);
        Some(bytes)
    }

    fn read(mebibytes: u64, program: &str, arguments: &[&str]) -> Option<Option<FileSystem>> {
        formatted(mebibytes, program, arguments).map(|bytes| FileSystem::read(&bytes))
    }

    #[test]
    fn what_the_tools_of_others_make_is_recognised() {
        let fat = read(64, "mkfs.vfat", &["-F", "32", "-i", "0019E06B", "-n", "XFER"]);
        if let Some(found) = fat {
            let found = found.unwrap();
            assert_eq!((found.kind, found.serial.as_deref()), (FileSystemKind::Fat32, Some("0019-E06B")));
            assert_eq!(found.label.as_deref(), Some("XFER"));
        }
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        if let Some(found) = read(16, "mkfs.ext4", &["-q", "-F", "-U", uuid, "-L", "XFER"]) {
            let found = found.unwrap();
            assert_eq!((found.kind, found.serial.as_deref()), (FileSystemKind::Ext4, Some(uuid)));
            assert_eq!(found.label.as_deref(), Some("XFER"));
        }
        if let Some(found) = read(16, "mkfs.exfat", &[]) {
            assert_eq!(found.unwrap().kind, FileSystemKind::ExFat);
        }
    }

    #[test]
    fn what_was_not_let_go_of_says_so() {
        let unclean = |bytes: &[u8]| FileSystem::read(bytes).unwrap().is_unclean;
        let changed = |bytes: &[u8], at: usize, bits: u8| {
            let mut changed = bytes.to_vec();
            changed[at] ^= bits;
            unclean(&changed)
        };
        if let Some(fat) = formatted(64, "mkfs.vfat", &["-F", "32"]) {
            let table = usize::from(fat[14]) * 512;
            assert!(!unclean(&fat) && changed(&fat, 65, 1) && changed(&fat, 65, 2));
            assert!(changed(&fat, table + 7, 0x08) && changed(&fat, table + 7, 0x04));
        }
        if let Some(fat) = formatted(16, "mkfs.exfat", &[]) {
            assert!(!unclean(&fat) && changed(&fat, 106, 2) && changed(&fat, 106, 4));
        }
        if let Some(ext4) = formatted(16, "mkfs.ext4", &["-q", "-F"]) {
            assert!(!unclean(&ext4) && changed(&ext4, 1024 + 58, 2) && !changed(&ext4, 1024 + 58, 1));
        }
    }

    #[test]
    fn what_is_not_offered_is_not_recognised() {
        for (program, arguments) in [("mkfs.vfat", &["-F", "16"][..]), ("mkfs.ext2", &["-q", "-F"])] {
            assert!(read(16, program, arguments).is_none_or(|found| found.is_none()), "{program}");
        }
        assert_eq!(FileSystem::read(&vec![0; WINDOW]), None);
        assert_eq!(FileSystem::read(&[]), None);
    }

    #[test]
    fn two_file_systems_in_one_place_are_none() {
        let Some(mut both) = formatted(64, "mkfs.vfat", &["-F", "32"]) else { return };
        both[32768] = 1;
        both[32769..32774].copy_from_slice(b"CD001");
        assert_eq!(FileSystem::read(&both), None);
        assert_eq!(FileSystem::all(&both).len(), 2);
    }
}
