//! A stick is pulled out, put in again, and read once more: the one test that a stick which only remembers does not pass.

use std::path::Path;

use clap::Args;
use thiserror::Error;

use super::terminal::Terminal;
use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::devices::media::drive::Inserted;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// Whether the stick is read once more.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ReinsertOption {
    /// Have the stick pulled out and put in again, and read it once more
    #[arg(long)]
    reinsert: bool,
}

/// A stick that is read once more when it was pulled out; or nothing, where nobody asked for it.
pub(super) struct Reinsertion(Option<Inserted>);

/// What somebody else mounted, airlock cannot see pulled out.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("--reinsert needs a stick that airlock mounts itself, not a directory")]
struct NoStick;

impl ReinsertOption {
    /// Asked before anything is done: the stick as it is plugged in now.
    ///
    /// # Errors
    /// As [`Desk::inserted`]; where a directory is named, or nobody is at a terminal.
    pub(super) fn before(self, desk: &Desk, medium: &Path) -> Result<Reinsertion, Refused> {
        if !self.reinsert {
            return Ok(Reinsertion(None));
        }
        let inserted = desk.inserted(medium)?.ok_or(NoStick)?;
        Terminal::must_be_here()?;
        Ok(Reinsertion(Some(inserted)))
    }
}

impl Reinsertion {
    /// Asks the person to do so until it was done, then reads `kept` back.
    ///
    /// # Errors
    /// As [`Desk::read_again`], but not while the stick is on its way; those of the terminal.
    pub(super) fn read_again(&self, desk: &Desk, kept: &Kept) -> Result<(), Refused> {
        let Some(before) = &self.0 else { return Ok(()) };
        let mut terminal = Terminal::open()?;
        loop {
            terminal.ask("Pull the stick out, put it in again, wait a moment, then press Enter: ")?;
            match desk.read_again(kept, before) {
                Err(refused) if matches!(refused.reason().code, "DEVICE_SAME" | "DEVICE_NONE") => {
                    terminal.say(&format!("[WARN] {refused}"))?;
                }
                read => return read,
            }
        }
    }
}

impl Refusal for NoStick {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "REINSERT_DIRECTORY", "name the stick, as sdb1, or leave --reinsert out")
    }
}
