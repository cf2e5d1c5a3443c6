//! A stick is pulled out, put in again, and read once more: the one test that a stick which only remembers does not pass.

use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::devices::media::drive::Inserted;
use crate::refusal::Refused;

use super::terminal::Terminal;

/// Asks the person to do so until it was done, then reads `kept` back.
///
/// # Errors
/// As [`Desk::read_again`], but not while the stick is on its way; those of the terminal.
pub(super) fn reinsert(desk: &Desk, kept: &Kept, before: &Inserted) -> Result<(), Refused> {
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
