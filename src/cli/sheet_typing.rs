//! A second person types the rows of a print before it leaves; the machine compares.

use super::terminal::{Answer, Terminal};
use crate::desk::print_check::{Print, Typed};
use crate::exchange::draw::entry::Answer as Told;
use crate::refusal::Refused;

/// Asks for all sixteen rows.
///
/// # Errors
/// [`PrintError`](crate::desk::print_check::PrintError) where one is wrong a second time; those of the terminal.
pub(super) fn compare(print: &Print) -> Result<(), Refused> {
    let mut terminal = Terminal::open()?;
    let lines = print.statement().lines();
    terminal.say(&format!("Take the print of the {} {}. Paste is off.", lines.kind, lines.trace))?;
    let mut typing = print.typing();
    loop {
        let typed = match terminal.ask(&format!("row {}: ", typing.row()))? {
            Answer::Typed(typed) => typed,
            Answer::Pasted => {
                terminal.say("[TYPO] paste is off; read the row and type it")?;
                continue;
            }
        };
        match typing.enter(&typed)? {
            Typed::Next(next, told) => {
                terminal.say(answer(told))?;
                typing = next;
            }
            Typed::Equal => return Ok(terminal.say(answer(Told::Right))?),
        }
    }
}

const fn answer(told: Told) -> &'static str {
    match told {
        Told::Right => "[ OK ]",
        Told::Typo => "[TYPO] the check digit is wrong; type the row again",
        Told::TypeAgain => "[STOP] that is not right; read the row on the print and type it once more",
    }
}
