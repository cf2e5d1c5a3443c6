//! The one ZIP encoding of a list of entries (APPNOTE.TXT 6.3): stored, back to back, nothing optional.
//!
//! Version made by 0x031E (Unix, 3.0), version needed 20, flags 0, method 0, 1980-01-01 00:00:00, disk 0, internal
//! attributes 0, external attributes 0100644 << 16; no extra fields, comments, descriptors or ZIP64. The `zip` crate
//! cannot write the two version fields, so entries are encoded here; it parses, and what it parsed is encoded again and
//! compared, so no byte of the input goes unchecked.

use std::io::{self, Cursor, Write};

use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};

use crate::exchange::container::{ContainerError, Entry, MAX_BYTES, MAX_ENTRIES};
use crate::wire::expected::Expected;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
const MADE_BY: u16 = 0x031e;
const NEEDED: u16 = 20;
const DATE: u16 = 0x0021;
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// The entries of `bytes`, which must be exactly what [`write()`] makes of them. Which names there may be, in which
/// order and how large, is the caller's to check; so is where the bytes come from.
///
/// # Errors
/// [`ContainerError`] for the limits and the encoding.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry<'_>>, ContainerError> {
    let count = limits(bytes)?;
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let archive = ZipArchive::with_config(config, Cursor::new(bytes)).map_err(|_| ContainerError::Zip)?;
    if archive.len() != count {
        return Err(ContainerError::Order);
    }
    let entries = (0..count).map(|at| entry(bytes, &archive, at)).collect::<Result<Vec<_>, _>>()?;
    let mut expected = Expected::of(bytes);
    match encode(&entries, &mut expected) {
        Ok(()) if expected.is_done() => Ok(entries),
        _ => Err(ContainerError::NotCanonical),
    }
}

/// Encodes entries in this order.
///
/// # Errors
/// [`ContainerError::Size`] or [`ContainerError::Count`] beyond the limits.
pub fn write(entries: &[Entry<'_>]) -> Result<Vec<u8>, ContainerError> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, entries)?;
    Ok(bytes)
}

/// As [`write()`], into `out`.
///
/// # Errors
/// As [`write()`]; [`ContainerError::Size`] too where `out` takes no more.
pub fn write_to(out: &mut impl Write, entries: &[Entry<'_>]) -> Result<(), ContainerError> {
    if encoded_size(entries) > MAX_BYTES {
        return Err(ContainerError::Size);
    }
    if entries.len() > MAX_ENTRIES {
        return Err(ContainerError::Count(entries.len()));
    }
    encode(entries, out).map_err(|_| ContainerError::Size)
}

/// Checks the size and the end record, before anything is allocated by what it says. The parser then finds the one
/// directory there is and looks for no other.
fn limits(bytes: &[u8]) -> Result<usize, ContainerError> {
    if bytes.len() > MAX_BYTES {
        return Err(ContainerError::Size);
    }
    let (rest, end) = bytes.split_last_chunk::<END_BYTES>().ok_or(ContainerError::Zip)?;
    let [_, _, _, _, _, _, _, _, _, _, c0, c1, d0, d1, d2, d3, o0, o1, o2, o3, _, _] = *end;
    let (count, directory, offset) = ([c0, c1], [d0, d1, d2, d3], [o0, o1, o2, o3]);
    if *end != end_record(count, directory, offset) {
        return Err(ContainerError::NotCanonical);
    }
    let count = usize::from(u16::from_le_bytes(count));
    if count > MAX_ENTRIES {
        return Err(ContainerError::Count(count));
    }
    if u64::from(u32::from_le_bytes(directory)) + u64::from(u32::from_le_bytes(offset)) != rest.len() as u64 {
        return Err(ContainerError::NotCanonical);
    }
    Ok(count)
}

/// The entry at `at`, as slices of the input where its local header would have it.
fn entry<'a>(bytes: &'a [u8], archive: &ZipArchive<Cursor<&[u8]>>, at: usize) -> Result<Entry<'a>, ContainerError> {
    let found = archive.by_index_data(at).map_err(|_| ContainerError::Zip)?;
    let place = |offset: u64| usize::try_from(offset).map_err(|_| ContainerError::NotCanonical);
    let rest = bytes.get(place(found.header_start())?..).and_then(|rest| rest.get(LOCAL_BYTES..));
    let (name, rest) =
        rest.and_then(|rest| rest.split_at_checked(found.name_raw().len())).ok_or(ContainerError::NotCanonical)?;
    let bytes = rest.get(..place(found.size())?).ok_or(ContainerError::NotCanonical)?;
    let name = std::str::from_utf8(name).map_err(|_| ContainerError::NotCanonical)?;
    Ok(Entry { name, bytes })
}

fn encoded_size(entries: &[Entry<'_>]) -> usize {
    let each = |entry: &Entry<'_>| LOCAL_BYTES + CENTRAL_BYTES + 2 * entry.name.len() + entry.bytes.len();
    entries.iter().map(each).sum::<usize>() + END_BYTES
}

fn encode(entries: &[Entry<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut checksums = Vec::with_capacity(entries.len());
    for entry in entries {
        let checksum = crc32fast::hash(entry.bytes);
        checksums.push(checksum);
        out.write_all(&LOCAL)?;
        out.write_all(&common(entry, checksum)?)?;
        out.write_all(entry.name.as_bytes())?;
        out.write_all(entry.bytes)?;
    }
    let mut offset = 0;
    let mut directory = 0;
    for (entry, checksum) in entries.iter().zip(checksums) {
        out.write_all(&CENTRAL)?;
        out.write_all(&MADE_BY.to_le_bytes())?;
        out.write_all(&common(entry, checksum)?)?;
        out.write_all(&[0; 6])?;
        out.write_all(&ATTRIBUTES.to_le_bytes())?;
        out.write_all(&word(offset)?)?;
        out.write_all(entry.name.as_bytes())?;
        offset += LOCAL_BYTES + entry.name.len() + entry.bytes.len();
        directory += CENTRAL_BYTES + entry.name.len();
    }
    out.write_all(&end_record(half(entries.len())?, word(directory)?, word(offset)?))
}

/// The end record: one disk, the count twice, size and offset of the directory, no comment.
fn end_record(count: [u8; 2], directory: [u8; 4], offset: [u8; 4]) -> [u8; END_BYTES] {
    let ([c0, c1], [d0, d1, d2, d3], [o0, o1, o2, o3]) = (count, directory, offset);
    [b'P', b'K', 5, 6, 0, 0, 0, 0, c0, c1, c0, c1, d0, d1, d2, d3, o0, o1, o2, o3, 0, 0]
}

/// The 26 bytes that local and central headers share: needed, flags, method, time, date, CRC-32, both sizes, and the
/// lengths of name and extra field.
fn common(entry: &Entry<'_>, checksum: u32) -> io::Result<[u8; 26]> {
    let mut fields = [0; 26];
    let size = word(entry.bytes.len())?;
    let mut out = fields.as_mut_slice();
    out.write_all(&NEEDED.to_le_bytes())?;
    out.write_all(&[0; 6])?;
    out.write_all(&DATE.to_le_bytes())?;
    out.write_all(&checksum.to_le_bytes())?;
    out.write_all(&size)?;
    out.write_all(&size)?;
    out.write_all(&half(entry.name.len())?)?;
    Ok(fields)
}

fn half(value: usize) -> io::Result<[u8; 2]> {
    u16::try_from(value).map(u16::to_le_bytes).map_err(io::Error::other)
}

fn word(value: usize) -> io::Result<[u8; 4]> {
    u32::try_from(value).map(u32::to_le_bytes).map_err(io::Error::other)
}
