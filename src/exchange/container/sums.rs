//! `SHA256SUMS` as coreutils writes it for plain names: 64 lower-case hex digits, two spaces, the name, LF.

use crate::cores::on_all_cores;
use crate::exchange::container::{ContainerError, Entry};
use crate::wire::digest::Digest;
use crate::wire::text;

/// The lines for `entries`, bytewise sorted by name.
pub(super) fn print(entries: &[Entry<'_>]) -> String {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| entry.name);
    on_all_cores(&sorted, |entry| format!("{}  {}\n", Digest::of(entry.bytes), entry.name)).concat()
}

/// Demands that `sums` is exactly what [`print`] makes of `entries`.
pub(super) fn check(sums: &[u8], entries: &[Entry<'_>]) -> Result<(), ContainerError> {
    let mut sorted = entries.to_vec();
    sorted.sort_by_key(|entry| entry.name);
    let sums = std::str::from_utf8(sums).map_err(|_| ContainerError::Sums)?;
    let lines = sums.strip_suffix('\n').ok_or(ContainerError::Sums)?.split('\n');
    let mut listed = lines.map(line);
    let digests = on_all_cores(&sorted, |entry| Digest::of(entry.bytes));
    for (entry, found) in sorted.into_iter().zip(digests) {
        let (digest, name) = listed.next().ok_or_else(|| ContainerError::SumsSet(entry.name.to_owned()))??;
        if name != entry.name {
            return Err(ContainerError::SumsSet(entry.name.to_owned()));
        }
        if digest != found {
            return Err(ContainerError::SumsDigest(entry.name.to_owned()));
        }
    }
    match listed.next() {
        Some(more) => more.and_then(|(_, name)| Err(ContainerError::SumsSet(text::clip(name, 80)))),
        None => Ok(()),
    }
}

fn line(line: &str) -> Result<(Digest, &str), ContainerError> {
    let (digest, name) = line.split_once("  ").ok_or(ContainerError::Sums)?;
    Ok((digest.parse().map_err(|_| ContainerError::Sums)?, name))
}
