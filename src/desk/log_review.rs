//! The log of this host, read, checked and copied; that it was is written down.

use std::path::Path;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::Verb;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::audit::note::{KeyUse, Note};
use crate::audit::tree::Head;
use crate::desk::host::Desk;
use crate::devices::store::{Directory, Links, read_file};
use crate::exchange::enrolment::record::note_key;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::text;

const MAX_KEY: u64 = 4096;
const PRIVATE: u32 = 0o600;
/// The fewest digits of a root that tell two logs apart: nobody finds two with the same 64 bits by accident, and one who
/// makes them up must match a paper that exists.
const LEAST_DIGITS: usize = 16;
/// All of them.
const ROOT_DIGITS: usize = 64;

/// The files of a copy.
const LINES: &str = "entries.jsonl";
const HEAD: &str = "checkpoint";

/// A log whose every line is canonical, the next one and of this host, and which extends the head beside it: that the
/// state opened says so.
#[derive(Debug)]
pub struct Reviewed {
    /// Its length and root (RFC 6962).
    pub head: Head,
    /// Whether a head of it was signed, and how many entries that covers, where the key to check it with was named.
    pub signed: Option<Option<u64>>,
    /// The entry that says that it was read.
    pub entry: u64,
}

/// A copy of the log.
#[derive(Debug)]
pub struct Copied {
    /// Entries.
    pub entries: u64,
    /// SHA-256 of the lines.
    pub sha256: Digest,
    /// The entry that says who took it, which is the last one of the copy.
    pub entry: u64,
}

/// Why the log cannot be shown or vouched for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AuditError {
    /// There are fewer entries.
    #[error("the log has no entry {0}")]
    NoEntry(u64),
    /// No head was signed yet.
    #[error("no head of this log was signed yet")]
    NoHead,
    /// The head is not signed by the key.
    #[error("the signed head does not verify: {0}")]
    Head(String),
    /// What was typed is no length of a log, or too few digits of its root.
    #[error("not a number of entries, or not 16 to 64 hexadecimal digits of their root")]
    Typed,
    /// The paper tells of another log.
    #[error("the first {0} entries of this log have another root than the paper")]
    Paper(u64),
    /// The file holds no OpenSSH Ed25519 key.
    #[error("{0} holds no OpenSSH Ed25519 public key")]
    Key(String),
}

/// Checks the log, and its signed head by the public key in the file at `key`.
///
/// # Errors
/// [`AuditError::Key`], [`AuditError::Head`]; what the state says.
pub fn review(desk: &mut Desk, key: Option<&Path>) -> Result<Reviewed, Refused> {
    let head = desk.log().tree().head();
    let signed = match (desk.signed_head()?, key) {
        (None, _) => None,
        (Some(_), None) => Some(None),
        (Some(note), Some(key)) => Some(Some(verified(desk, &note, key)?.head.size)),
    };
    let entry = viewed(desk, "audit verify")?;
    Ok(Reviewed { head, signed, entry })
}

/// Demands that the log begins with the `entries` entries of a paper whose root, of which a person typed the first
/// `digits` in hexadecimal, stands there. Blanks count for nothing. Nothing shows him what they should be.
///
/// # Errors
/// [`AuditError::Typed`], [`AuditError::NoEntry`], [`AuditError::Paper`]; what the state says.
pub fn compare(desk: &mut Desk, entries: u64, digits: &str) -> Result<u64, Refused> {
    let digits: String = digits.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let is_root = (LEAST_DIGITS..=ROOT_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_root || entries == 0 {
        return Err(AuditError::Typed.into());
    }
    let head = desk.log().tree().head_at(entries).ok_or(AuditError::NoEntry(entries))?;
    if !head.root.to_string().starts_with(&digits) {
        return Err(AuditError::Paper(entries).into());
    }
    viewed(desk, "audit verify")
}

/// Copies the log and its signed head into an existing directory, in which nothing is overwritten.
///
/// # Errors
/// What the directory and the state say.
pub fn copy(desk: &mut Desk, directory: &Path) -> Result<Copied, Refused> {
    let directory = Directory::open(directory)?;
    for name in [LINES, HEAD] {
        directory.sweep_of(name)?;
    }
    // First, so that the copy says who took it.
    let entry = viewed(desk, "audit export")?;
    let tree = desk.log().tree();
    let lines: Vec<u8> =
        (0..tree.size()).filter_map(|at| tree.line(at)).flat_map(|line| [line, b"\n"].concat()).collect();
    directory.create_new(LINES, &lines, PRIVATE)?;
    if let Some(note) = desk.signed_head()? {
        directory.create_new(HEAD, note.to_string().as_bytes(), PRIVATE)?;
    }
    Ok(Copied { entries: tree.size(), sha256: Digest::of(&lines), entry })
}

/// The newest signed head (C2SP tlog-checkpoint).
///
/// # Errors
/// [`AuditError::NoHead`]; what the state says.
pub fn checkpoint(desk: &mut Desk) -> Result<Note, Refused> {
    let head = desk.signed_head()?.ok_or(AuditError::NoHead)?;
    viewed(desk, "audit checkpoint")?;
    Ok(head)
}

/// Writes down that the log was read; returns the entry.
///
/// # Errors
/// What the state says.
pub fn viewed(desk: &mut Desk, verb: &str) -> Result<u64, Refused> {
    desk.note(&Actor::system(), None, Event::LogViewed(Verb { verb: verb.to_owned() }))
}

/// The head, signed by the key in the file at `path` under the name of this log.
fn verified(desk: &Desk, note: &Note, path: &Path) -> Result<Checkpoint, Refused> {
    let bytes = read_file(path, MAX_KEY, Links::Follow)?;
    let line = std::str::from_utf8(&bytes).ok().and_then(|line| SshPublicKey::from_line(line).ok());
    let key = line.ok_or_else(|| AuditError::Key(text::escape(&path.to_string_lossy())))?;
    let key = note_key(&desk.party().log_origin(), &key, KeyUse::Log)?;
    Ok(Checkpoint::verified(note, &key).map_err(|e| AuditError::Head(e.to_string()))?)
}

impl Refusal for AuditError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoEntry(_) => Reason::new(Class::Usage, "AUDIT_NO_ENTRY", "see what there is: airlock audit list"),
            Self::NoHead => {
                Reason::new(Class::Usage, "AUDIT_NO_HEAD", "seal or export something first; it signs the head")
            }
            Self::Head(_) => Reason::new(
                Class::Inconsistent,
                "AUDIT_HEAD",
                "stop; keep the state as it is; compare the head with the last paper sheet",
            ),
            Self::Typed => Reason::new(
                Class::Usage,
                "AUDIT_TYPED",
                "type the number of entries and at least the first 16 digits of the root from the paper",
            ),
            Self::Paper(_) => Reason::new(
                Class::Inconsistent,
                "AUDIT_PAPER",
                "type it again; if it stays, stop, keep the state and the paper as they are, and call the auditor",
            ),
            Self::Key(_) => {
                Reason::new(Class::Usage, "AUDIT_KEY", "name a file as airlock enrol allowed-signers gives it")
            }
        }
    }
}
