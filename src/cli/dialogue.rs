//! A person types the rows of a sheet. Nothing here shows what is right.

use super::terminal::{Answer, Terminal, TerminalError};
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::desk::seat::{Seat, Seated};
use crate::desk::second::{has_second, second};
use crate::exchange::draw::Sharing;
use crate::exchange::draw::entry::{Answer as Told, EntryError};
use crate::exchange::paper::channel::Channel;
use crate::exchange::statement::Statement;
use crate::refusal::Refused;

/// Lets `person` type the rows that are his, until they are all confirmed.
///
/// # Errors
/// [`EntryError`] where he is tired or the sheet does not match; [`TerminalError`] where he leaves; those of the desk.
pub fn type_rows(
    desk: &mut Desk,
    terminal: &mut Terminal,
    statement: &Statement,
    person: &Present,
    sharing: Sharing,
) -> Result<(), Refused> {
    let mut seat = desk.sit(statement, person, sharing, Channel::Typed)?;
    let lines = statement.lines();
    terminal.say(&format!("Take the paper sheet of the {} {}.", lines.kind, lines.trace))?;
    if has_second(desk.entries(), lines.trace.as_str()) {
        terminal.say(&format!("[STOP] {}", second(desk.log().writer().side, lines.kind.as_str())))?;
    }
    let count = seat.asked().count();
    terminal.say(&format!("{}: type the six digits of {count} rows. Paste is off.", person.id()))?;
    loop {
        seat = match entry(desk, terminal, seat)? {
            Seated::Next(seat, told) => {
                terminal.say(answer(told))?;
                *seat
            }
            Seated::Done => return Ok(terminal.say("[ OK ] all rows asked of this person are confirmed")?),
            Seated::Tired(_) => return Err(EntryError::Tired.into()),
            Seated::Mismatch(row, entry) => {
                stop(terminal, &format!("Row {row}: typed twice with a valid check digit, does not match."), entry)?;
                return Err(EntryError::Mismatch.into());
            }
        };
    }
}

/// One entry for the row that the seat asks.
fn entry(desk: &mut Desk, terminal: &mut Terminal, seat: Seat) -> Result<Seated, Refused> {
    loop {
        match terminal.ask(&format!("row {}: ", seat.row())) {
            Ok(Answer::Typed(line)) => return seat.enter(desk, &line),
            Ok(Answer::Pasted) => terminal.say("[TYPO] paste is off; read the row and type it")?,
            Err(left) => {
                seat.leave(desk)?;
                return Err(TerminalError::into(left));
            }
        }
    }
}

const fn answer(told: Told) -> &'static str {
    match told {
        Told::Right => "[ OK ]",
        Told::Typo => "[TYPO] the check digit is wrong; type the row again",
        Told::TypeAgain => "[STOP] that is not right; read the row on the paper and type it once more",
    }
}

fn stop(terminal: &mut Terminal, what: &str, entry: u64) -> Result<(), TerminalError> {
    for line in [
        "",
        "STOP. The transfer here is NOT the one on your paper sheet.",
        what,
        "It is quarantined, and nothing in it was read.",
        "  1  Keep the medium and the sheet. Do not wipe, do not retry from a copy.",
        "  2  Call the sender on a number you already have, not one from the medium.",
        "  3  Compare the trace number: the sheet of another transfer is the harmless cause.",
        "  4  See the way out of this host: airlock quarantine list",
    ] {
        terminal.say(line)?;
    }
    terminal.say(&format!("The log entry is {entry}."))
}
