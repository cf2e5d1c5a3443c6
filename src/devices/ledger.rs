//! The log on disk: a file of lines that only grows, and the newest signed head beside it.
//!
//! A line is written with its LF in one call and flushed before [`Journal::append`] returns. What a crash left behind
//! the last LF was never acknowledged: [`Ledger::open`] says so, and the next append cuts it off for good. Whoever may not
//! append yet, for the clock is wrong, is told of it again. File systems that order data before the length of a file, as
//! ext4 and XFS do, leave at most that behind.

pub mod fault;

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use rustix::fs::{self, AtFlags, Mode, OFlags, RawMode};

use crate::audit::log::Journal;
use crate::devices::store::{Directory, StateLock, StoreError};
use crate::refusal::Refusal;
use crate::wire::digest::Digest;
pub use fault::LedgerError;

/// The lines of the log.
const LINES: &str = "entries.jsonl";
/// The signed head, a C2SP note.
const HEAD: &str = "checkpoint";
/// The longest log, in bytes.
pub const MAX_LOG: u64 = 4 << 30;
/// The longest signed head, in bytes.
pub const MAX_HEAD: u64 = 64 << 10;

const PRIVATE: RawMode = 0o600;

/// The file behind a log, open for appending by the one holder of the state lock.
#[derive(Debug)]
pub struct Ledger {
    directory: Directory,
    file: File,
    /// Where the next line goes.
    length: u64,
    /// How many bytes a crash left behind that, which never counted.
    torn: u64,
    /// Whether something went wrong that could not be undone.
    broken: bool,
}

/// What stood in a ledger when it was opened.
#[derive(Debug)]
pub struct Found {
    /// The ledger.
    pub ledger: Ledger,
    /// The whole lines, each with its LF.
    pub lines: Vec<u8>,
    /// The signed head, as it was written last.
    pub head: Option<Vec<u8>>,
    /// The digest of what stands behind the last whole line: to be noted as `LOG_TAIL_DROPPED`, whose line takes its
    /// place.
    pub dropped: Option<Digest>,
}

impl Ledger {
    /// Opens the ledger in `directory`, making an empty one where there is none.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_or_make(directory: Directory, lock: &StateLock) -> Result<Found, LedgerError> {
        if !directory.holds(LINES)? {
            directory.create_new(LINES, b"", PRIVATE)?;
        }
        Self::open(directory, lock)
    }

    /// Opens the ledger in `directory`, whose next line takes the place of what a crash left behind the last whole one. The
    /// lock is that of the state to which the directory belongs.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none, [`StoreError::TooLarge`] beyond [`MAX_LOG`]; any error of the disk.
    pub fn open(directory: Directory, _lock: &StateLock) -> Result<Found, LedgerError> {
        let mut lines = std::mem::take(&mut *directory.read(LINES, MAX_LOG)?);
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(directory.fd(), LINES, flags, Mode::empty())
            .map_err(|e| StoreError::of(&directory.path().join(LINES), e))?;
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let tail = lines.split_off(whole);
        let (length, torn) = (whole as u64, tail.len() as u64);
        let ledger = Self { directory, file: File::from(file), length, torn, broken: false };
        let head = ledger.read_head()?;
        Ok(Found { ledger, lines, head, dropped: (!tail.is_empty()).then(|| Digest::of(&tail)) })
    }

    /// The signed head beside the log, if there is one.
    ///
    /// # Errors
    /// Any error of the disk.
    pub fn read_head(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.directory.read(HEAD, MAX_HEAD) {
            Ok(mut head) => Ok(Some(std::mem::take(&mut *head))),
            Err(StoreError::Missing(_)) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes the place of the signed head. The old one stays until the new one is whole and durable.
    ///
    /// # Errors
    /// Any error of the disk; the old head is then still there.
    pub fn write_head(&self, note: &[u8]) -> Result<(), LedgerError> {
        Ok(self.directory.replace(HEAD, note, PRIVATE)?)
    }

    /// Demands that no append failed that could not be taken back: its line may be found when the ledger is opened again.
    ///
    /// # Errors
    /// [`LedgerError::Broken`].
    pub fn must_be_whole(&self) -> Result<(), LedgerError> {
        if self.broken { Err(LedgerError::Broken(self.shown())) } else { Ok(()) }
    }

    fn try_append(&mut self, line: &[u8]) -> Result<(), LedgerError> {
        self.must_be_whole()?;
        self.must_be_ours()?;
        if self.torn > 0 {
            self.cut()?;
            self.torn = 0;
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        let path = self.path();
        let written = self.file.write_all(&bytes).map_err(|e| StoreError::of_io(&path, e));
        let flushed = written.and_then(|()| self.file.sync_data().map_err(|e| StoreError::of_io(&path, e)));
        if let Err(e) = flushed {
            self.undo();
            return Err(e.into());
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Takes back what an append left. A full disk allows that and the ledger stays good; where it is not allowed,
    /// nothing more is appended: it would make a whole line of the half one.
    fn undo(&mut self) {
        self.broken = self.cut().is_err();
    }

    /// Cuts the file at its last acknowledged line, durably.
    fn cut(&self) -> Result<(), StoreError> {
        let fault = |e| StoreError::of_io(&self.path(), e);
        self.file.set_len(self.length).map_err(fault)?;
        self.file.sync_all().map_err(fault)
    }

    /// Refuses where somebody else wrote into the file, or put another in its place.
    fn must_be_ours(&mut self) -> Result<(), LedgerError> {
        let fault = |e| StoreError::of(&self.path(), e);
        let held = fs::fstat(&self.file).map_err(fault)?;
        let named = fs::statat(self.directory.fd(), LINES, AtFlags::SYMLINK_NOFOLLOW).map_err(fault)?;
        let same = (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino);
        if same && u64::try_from(held.st_size) == Ok(self.length + self.torn) {
            return Ok(());
        }
        self.broken = true;
        Err(StoreError::Changed(self.shown()).into())
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join(LINES)
    }

    fn shown(&self) -> String {
        crate::wire::text::escape(&self.path().to_string_lossy())
    }
}

impl Journal for Ledger {
    fn append(&mut self, line: &[u8]) -> Result<(), Box<dyn Refusal>> {
        self.try_append(line).map_err(|e| Box::new(e) as Box<dyn Refusal>)
    }
}

#[cfg(test)]
mod tests;
