//! The partition table of a disk, read strictly: one partition that a stranger's kernel cannot read in another way.
//!
//! MBR: sixteen bytes an entry at 446, `55 AA` at 510; GPT: UEFI 2.10, section 5.3. A disk that tells two stories, a
//! hybrid of both tables or a file system where the table lies, is refused, for two systems may choose differently.

use thiserror::Error;

use super::filesystem::FileSystem;

/// Bytes of a sector, as the table and sysfs count.
pub const SECTOR: u64 = 512;
/// The bytes from the start of a disk that [`Extent::read`] wants to see.
pub const WINDOW: usize = 128 << 10;

const ENTRY: usize = 16;
const FIRST_ENTRY: usize = 446;
/// A GPT lies behind this entry of a protective MBR.
const PROTECTIVE: u8 = 0xEE;
/// Types that hold a table of their own.
const NESTED: [u8; 4] = [0x05, 0x0F, 0x85, 0xA5];
const MAX_GPT_ENTRIES: usize = 512;

/// Where the one partition of a disk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its first sector of 512 bytes.
    pub start: u64,
    /// Its length in sectors of 512 bytes.
    pub sectors: u64,
}

/// Why a table is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TableError {
    /// No `55 AA`, or no entry.
    #[error("it has no partition table")]
    None,
    /// More than one partition, hidden ones counted.
    #[error("it has {0} partitions")]
    Partitions(usize),
    /// An extended partition, a table of another system.
    #[error("its partition holds a table of its own")]
    Nested,
    /// MBR and GPT, or a table and a file system in the same place.
    #[error("it can be read in two ways")]
    TwoWays,
    /// A GPT whose numbers cannot be.
    #[error("its partition table is damaged")]
    Damaged,
}

impl Extent {
    /// Reads the table from the first [`WINDOW`] bytes of a disk, or from all of a shorter one.
    ///
    /// # Errors
    /// Any [`TableError`].
    pub fn read(disk: &[u8]) -> Result<Self, TableError> {
        if disk.get(510..512) != Some(&[0x55, 0xAA]) {
            return Err(TableError::None);
        }
        let entries: Vec<Entry> = (0..4).filter_map(|at| Entry::read(disk, at)).collect();
        let extent = match entries.as_slice() {
            // A boot sector ends like a table; what stands in the place of its entries is no table then.
            [] => return Err(TableError::None),
            [only] if only.kind == PROTECTIVE => guid_table(disk)?,
            [only] if NESTED.contains(&only.kind) => return Err(TableError::Nested),
            [only] if disk.get(512..520) == Some(b"EFI PART") && only.kind != 0 => return Err(TableError::TwoWays),
            [only] => only.extent,
            several if several.iter().any(|entry| entry.kind == PROTECTIVE) => return Err(TableError::TwoWays),
            several => return Err(TableError::Partitions(several.len())),
        };
        if extent.start == 0 || extent.sectors == 0 || extent.start.checked_add(extent.sectors).is_none() {
            return Err(TableError::Damaged);
        }
        let before = usize::try_from(extent.start.saturating_mul(SECTOR)).unwrap_or(usize::MAX);
        match FileSystem::all(disk.get(..before).unwrap_or(disk)).is_empty() {
            true => Ok(extent),
            false => Err(TableError::TwoWays),
        }
    }

    /// The sector behind its last one.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.sectors)
    }
}

/// An entry of an MBR that is not empty.
struct Entry {
    kind: u8,
    extent: Extent,
}

impl Entry {
    fn read(disk: &[u8], at: usize) -> Option<Self> {
        let raw = disk.get(FIRST_ENTRY + at * ENTRY..FIRST_ENTRY + (at + 1) * ENTRY)?;
        let (start, sectors) = (u64::from(number32(raw, 8)?), u64::from(number32(raw, 12)?));
        let kind = *raw.get(4)?;
        (kind != 0 || sectors != 0).then_some(Self { kind, extent: Extent { start, sectors } })
    }
}

fn guid_table(disk: &[u8]) -> Result<Extent, TableError> {
    let header = disk.get(512..1024).filter(|header| header.starts_with(b"EFI PART")).ok_or(TableError::Damaged)?;
    let count = number32(header, 80).and_then(|n| usize::try_from(n).ok()).ok_or(TableError::Damaged)?;
    let size = number32(header, 84).and_then(|n| usize::try_from(n).ok()).ok_or(TableError::Damaged)?;
    let first = number64(header, 72).ok_or(TableError::Damaged)?;
    if count > MAX_GPT_ENTRIES || size != 128 || first != 2 {
        return Err(TableError::Damaged);
    }
    let entries = disk.get(1024..1024 + count * size).ok_or(TableError::Damaged)?;
    let used: Vec<_> = entries.chunks_exact(size).filter(|entry| entry.iter().take(16).any(|b| *b != 0)).collect();
    match used.as_slice() {
        [] => Err(TableError::None),
        [only] => {
            let (first, last) = number64(only, 32).zip(number64(only, 40)).ok_or(TableError::Damaged)?;
            let sectors = last.checked_sub(first).and_then(|n| n.checked_add(1)).ok_or(TableError::Damaged)?;
            Ok(Extent { start: first, sectors })
        }
        several => Err(TableError::Partitions(several.len())),
    }
}

/// The little-endian number of four bytes at `at`.
pub(super) fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The first bytes of a disk with an MBR of these entries: type, first sector, length.
    pub(in crate::devices::media) fn mbr(entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut disk = vec![0; WINDOW];
        for (at, (kind, start, sectors)) in entries.iter().enumerate() {
            let entry = FIRST_ENTRY + at * ENTRY;
            disk[entry + 4] = *kind;
            disk[entry + 8..entry + 12].copy_from_slice(&start.to_le_bytes());
            disk[entry + 12..entry + 16].copy_from_slice(&sectors.to_le_bytes());
        }
        disk[510..512].copy_from_slice(&[0x55, 0xAA]);
        disk
    }

    fn gpt(entries: &[(u64, u64)]) -> Vec<u8> {
        let mut disk = mbr(&[(PROTECTIVE, 1, u32::MAX)]);
        disk[512..520].copy_from_slice(b"EFI PART");
        disk[512 + 72] = 2;
        disk[512 + 80] = 128;
        disk[512 + 84] = 128;
        for (at, (first, last)) in entries.iter().enumerate() {
            let entry = 1024 + at * 128;
            disk[entry] = 1;
            disk[entry + 32..entry + 40].copy_from_slice(&first.to_le_bytes());
            disk[entry + 40..entry + 48].copy_from_slice(&last.to_le_bytes());
        }
        disk
    }

    #[test]
    fn one_partition_is_found_in_either_table() {
        assert_eq!(Extent::read(&mbr(&[(0x0C, 2048, 4096)])), Ok(Extent { start: 2048, sectors: 4096 }));
        assert_eq!(Extent::read(&gpt(&[(2048, 6143)])), Ok(Extent { start: 2048, sectors: 4096 }));
    }

    #[test]
    fn anything_but_one_partition_is_refused() {
        assert_eq!(Extent::read(&vec![0; WINDOW]), Err(TableError::None));
        assert_eq!(Extent::read(&[]), Err(TableError::None));
        assert_eq!(Extent::read(&mbr(&[])), Err(TableError::None));
        assert_eq!(Extent::read(&mbr(&[(12, 2048, 9), (0x83, 4096, 9)])), Err(TableError::Partitions(2)));
        assert_eq!(Extent::read(&gpt(&[(2048, 4095), (4096, 5000)])), Err(TableError::Partitions(2)));
        assert_eq!(Extent::read(&gpt(&[])), Err(TableError::None));
        // Hidden by its type, not by its place.
        assert_eq!(Extent::read(&mbr(&[(12, 2048, 9), (0, 4096, 9)])), Err(TableError::Partitions(2)));
    }

    #[test]
    fn two_stories_and_nested_tables_are_refused() {
        for kind in NESTED {
            assert_eq!(Extent::read(&mbr(&[(kind, 2048, 9)])), Err(TableError::Nested));
        }
        assert_eq!(Extent::read(&mbr(&[(PROTECTIVE, 1, 2047), (12, 2048, 9)])), Err(TableError::TwoWays));
        let mut hybrid = gpt(&[(2048, 6143)]);
        hybrid[FIRST_ENTRY + 4] = 0x0C;
        assert_eq!(Extent::read(&hybrid), Err(TableError::TwoWays));
        let mut disc = mbr(&[(12, 2048, 9)]);
        disc[32769..32774].copy_from_slice(b"CD001");
        disc[32768] = 1;
        assert_eq!(Extent::read(&disc), Err(TableError::TwoWays));
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        assert_eq!(Extent::read(&mbr(&[(12, 0, 9)])), Err(TableError::Damaged));
        assert_eq!(Extent::read(&mbr(&[(12, 2048, 0)])), Err(TableError::Damaged));
        assert_eq!(Extent::read(&gpt(&[(2048, 5)])), Err(TableError::Damaged));
        assert_eq!(Extent::read(&gpt(&[(1, u64::MAX)])), Err(TableError::Damaged));
        assert_eq!(Extent::read(&mbr(&[(PROTECTIVE, 1, 9)])), Err(TableError::Damaged));
        let mut many = gpt(&[(2048, 6143)]);
        many[512 + 82] = 1;
        assert_eq!(Extent::read(&many), Err(TableError::Damaged));
    }
}
