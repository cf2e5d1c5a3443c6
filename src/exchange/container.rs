//! The container: the files of a bundle or package in one canonical ZIP, listed in `SHA256SUMS`, signed.
//!
//! ```text
//! SHA256SUMS         as sha256sum writes it, every other file but the signature
//! SHA256SUMS.sig     SSHSIG over SHA256SUMS, in the namespace of the format
//! MANIFEST.json
//! …                  a closed list of names, bytewise sorted
//! ```
//!
//! There is one valid encoding of a set of files. The reader checks the limits, parses, encodes what it parsed and
//! compares; then it checks names against the format's closed list, the signature over `SHA256SUMS`, and that
//! `SHA256SUMS` lists exactly these files with their digests. No [`Container`] exists that has not passed all of it, and
//! its entries are slices of the bytes that were read.

pub mod archive;
mod sums;

use std::io::Write;

use thiserror::Error;

use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::signature::{self, Namespace, SignatureError, SigningKey};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::text;

/// The largest container, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// The most entries; fewer than would need ZIP64.
pub const MAX_ENTRIES: usize = 60_000;
/// The fewest entries: the three fixed ones and one more.
pub const MIN_ENTRIES: usize = 4;
/// The cap of most entries, in bytes.
pub const SMALL_ENTRY: usize = 1 << 20;
/// The cap of manifests, plans, `SHA256SUMS` and lists of log entries, in bytes.
pub const LARGE_ENTRY: usize = 32 << 20;

const SUMS: &str = "SHA256SUMS";
const SIGNATURE: &str = "SHA256SUMS.sig";
const MANIFEST: &str = "MANIFEST.json";
const FIXED: [&str; 3] = [SUMS, SIGNATURE, MANIFEST];

/// What one format puts into its containers.
pub trait Layout {
    /// The namespace in which `SHA256SUMS` is signed.
    fn namespace(&self) -> Namespace;

    /// The cap of the entry of this name, usually [`SMALL_ENTRY`] or [`LARGE_ENTRY`]; `None` where the format has no
    /// such entry. The three fixed entries are not asked for.
    fn cap(&self, name: &str) -> Option<usize>;
}

/// One file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name, with `/` between at most three parts.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// The files of one signed container, borrowed from its bytes.
#[derive(Debug)]
pub struct Container<'a> {
    entries: Vec<Entry<'a>>,
}

/// Why bytes are not a container of a format, or cannot become one.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ContainerError {
    /// Larger than [`MAX_BYTES`].
    #[error("container is larger than {MAX_BYTES} bytes")]
    Size,
    /// Too few or too many entries.
    #[error("container has {0} entries, not {MIN_ENTRIES} to {MAX_ENTRIES}")]
    Count(usize),
    /// No ZIP at all.
    #[error("container is not a readable ZIP")]
    Zip,
    /// A ZIP, but not the one encoding of these files.
    #[error("container is not in canonical form")]
    NotCanonical,
    /// A name the format does not have.
    #[error("container has an entry \"{0}\" that does not belong there")]
    Name(String),
    /// An entry above its cap.
    #[error("container entry \"{0}\" is too large")]
    EntrySize(String),
    /// Entries are repeated or out of order.
    #[error("container entries are repeated or out of order")]
    Order,
    /// Two names that some file system takes for one, or a file named like a directory.
    #[error("container entry \"{0}\" clashes with another")]
    Clash(String),
    /// The signature over `SHA256SUMS` does not verify.
    #[error("SHA256SUMS: {0}")]
    Signature(SignatureError),
    /// `SHA256SUMS` is not lines of `sha256sum`.
    #[error("SHA256SUMS is not lines of 64 hex digits, two spaces and a name")]
    Sums,
    /// `SHA256SUMS` and the entries are not the same set.
    #[error("SHA256SUMS and the container differ at {0:?}")]
    SumsSet(String),
    /// An entry is not what `SHA256SUMS` says.
    #[error("entry {0:?} does not match its digest in SHA256SUMS")]
    SumsDigest(String),
}

impl<'a> Container<'a> {
    /// Reads a container of this layout, signed by `signer`.
    ///
    /// # Errors
    /// Any [`ContainerError`]; nothing is handed out of a container that fails one check.
    pub fn read(bytes: &'a [u8], layout: &dyn Layout, signer: &SshPublicKey) -> Result<Self, ContainerError> {
        let entries = archive::read(bytes)?;
        admit(&entries, layout)?;
        let container = Self { entries };
        let (sums, armored) = (container.fixed(SUMS), container.fixed(SIGNATURE));
        signature::verify(signer, layout.namespace(), sums, armored).map_err(ContainerError::Signature)?;
        sums::check(sums, container.listed())?;
        Ok(container)
    }

    /// The manifest.
    pub fn manifest(&self) -> &'a [u8] {
        self.fixed(MANIFEST)
    }

    /// The content of one of the format's own entries.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let at = self.files().binary_search_by_key(&name, |entry| entry.name).ok()?;
        self.files().get(at).map(|entry| entry.bytes)
    }

    /// The format's own entries, bytewise sorted: all but the three fixed ones.
    pub fn files(&self) -> &[Entry<'a>] {
        self.entries.get(FIXED.len()..).unwrap_or_default()
    }

    /// What `SHA256SUMS` lists: the manifest and the format's own entries.
    fn listed(&self) -> &[Entry<'a>] {
        self.entries.get(FIXED.len() - 1..).unwrap_or_default()
    }

    fn fixed(&self, name: &str) -> &'a [u8] {
        self.entries.iter().find(|entry| entry.name == name).map_or(&[], |entry| entry.bytes)
    }
}

/// Writes a manifest and files, in any order, as a container of this layout, signed with `key`.
///
/// # Errors
/// A [`ContainerError`] for what [`Container::read`] would refuse, or whatever kept `key` from signing.
pub fn write(
    manifest: &[u8],
    files: &[Entry<'_>],
    layout: &dyn Layout,
    key: &dyn SigningKey,
) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, manifest, files, layout, key)?;
    Ok(bytes)
}

/// As [`write()`], into `out`, which is memory or encrypts into it.
///
/// # Errors
/// As [`write()`].
pub fn write_to(
    out: &mut impl Write,
    manifest: &[u8],
    files: &[Entry<'_>],
    layout: &dyn Layout,
    key: &dyn SigningKey,
) -> Result<(), Refused> {
    let mut files = files.to_vec();
    files.sort_by_key(|entry| entry.name);
    files.insert(0, Entry { name: MANIFEST, bytes: manifest });
    let sums = sums::print(&files);
    let signature = signature::sign(key, layout.namespace(), sums.as_bytes())?;
    let fixed = [Entry { name: SUMS, bytes: sums.as_bytes() }, Entry { name: SIGNATURE, bytes: signature.as_bytes() }];
    let entries = [&fixed, files.as_slice()].concat();
    admit(&entries, layout)?;
    Ok(archive::write_to(out, &entries)?)
}

/// Demands the fixed entries first, the others sorted, each of the layout and within its cap, and no clash.
fn admit(entries: &[Entry<'_>], layout: &dyn Layout) -> Result<(), ContainerError> {
    if !(MIN_ENTRIES..=MAX_ENTRIES).contains(&entries.len()) {
        return Err(ContainerError::Count(entries.len()));
    }
    if !entries.iter().map(|entry| entry.name).take(FIXED.len()).eq(FIXED) {
        return Err(ContainerError::Order);
    }
    let files = entries.get(FIXED.len()..).unwrap_or_default();
    if !files.is_sorted_by(|one, next| one.name < next.name) {
        return Err(ContainerError::Order);
    }
    for entry in entries {
        let cap = cap(entry.name, layout).ok_or_else(|| ContainerError::Name(text::clip(entry.name, 80)))?;
        if entry.bytes.len() > cap {
            return Err(ContainerError::EntrySize(entry.name.to_owned()));
        }
    }
    clash(entries)
}

fn cap(name: &str, layout: &dyn Layout) -> Option<usize> {
    match name {
        SUMS | MANIFEST => Some(LARGE_ENTRY),
        SIGNATURE => Some(signature::MAX_BYTES),
        _ if is_portable(name) => layout.cap(name),
        _ => None,
    }
}

/// Whether a name is safe on every file system, whatever a layout says of it.
fn is_portable(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !part.ends_with('.')
            && part.len() <= 64
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    name.split('/').count() <= 3 && name.split('/').all(is_part)
}

/// Refuses names that differ in case only, and a file that is another's directory.
fn clash(entries: &[Entry<'_>]) -> Result<(), ContainerError> {
    let mut folded: Vec<String> = entries.iter().map(|entry| entry.name.to_ascii_lowercase()).collect();
    folded.sort_unstable();
    let twin = folded.windows(2).find_map(|pair| match pair {
        [one, next] if one == next => Some(one),
        _ => None,
    });
    let is_file = |name: &str| folded.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    // Neighbours lie in one directory, which is looked for once.
    let mut looked_for = "";
    let below_file = || {
        folded.iter().find(|name| {
            let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
            let before = std::mem::replace(&mut looked_for, directory);
            before != directory && name.match_indices('/').any(|(at, _)| name.get(..at).is_some_and(is_file))
        })
    };
    match twin.or_else(below_file) {
        Some(name) => Err(ContainerError::Clash(name.clone())),
        None => Ok(()),
    }
}

impl Refusal for ContainerError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::Signature(error) => return error.reason(),
            Self::Size => "CONTAINER_SIZE",
            Self::Count(_) => "CONTAINER_COUNT",
            Self::Zip => "CONTAINER_ZIP",
            Self::NotCanonical => "CONTAINER_CANONICAL",
            Self::Name(_) => "CONTAINER_NAME",
            Self::EntrySize(_) => "CONTAINER_ENTRY_SIZE",
            Self::Order => "CONTAINER_ORDER",
            Self::Clash(_) => "CONTAINER_CLASH",
            Self::Sums => "SUMS_FORM",
            Self::SumsSet(_) => "SUMS_SET",
            Self::SumsDigest(_) => "SUMS_DIGEST",
        };
        Reason::new(Class::Verification, code, "keep the medium and have the sender make this transfer again")
    }
}
