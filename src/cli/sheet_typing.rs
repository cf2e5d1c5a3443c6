//! A second person types the rows of a print before it leaves; the machine compares, for eyes see what they expect.

use thiserror::Error;

use super::terminal::{Answer, Terminal};
use crate::exchange::code::rows::Row;
use crate::exchange::code::{Code, Judgement};
use crate::exchange::statement::Statement;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// A row of the print is not that of the statement.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("row {0} of the print is not the row of this statement")]
pub(super) struct PrintDiffers(Row);

/// Asks for all sixteen rows.
///
/// # Errors
/// [`PrintDiffers`] where one is wrong a second time; those of the terminal.
pub(super) fn compare(statement: &Statement) -> Result<(), Refused> {
    let code = Code::of(statement);
    let mut terminal = Terminal::open()?;
    let lines = statement.lines();
    terminal.say(&format!("Take the print of the {} {}. Paste is off.", lines.kind, lines.trace))?;
    for row in Row::ALL {
        type_row(&mut terminal, &code, row)?;
    }
    Ok(())
}

fn type_row(terminal: &mut Terminal, code: &Code, row: Row) -> Result<(), Refused> {
    let mut is_second = false;
    loop {
        let typed = match terminal.ask(&format!("row {row}: "))? {
            Answer::Typed(typed) => typed,
            Answer::Pasted => {
                terminal.say("[TYPO] paste is off; read the row and type it")?;
                continue;
            }
        };
        match code.judge(row, &typed) {
            Judgement::Right => return Ok(terminal.say("[ OK ]")?),
            Judgement::Typo => terminal.say("[TYPO] the check digit is wrong; type the row again")?,
            Judgement::Wrong if is_second => return Err(PrintDiffers(row).into()),
            Judgement::Wrong => {
                is_second = true;
                terminal.say("[STOP] that is not right; read the row on the print and type it once more")?;
            }
        }
    }
}

impl Refusal for PrintDiffers {
    fn reason(&self) -> Reason {
        Reason::new(
            Class::Sheet,
            "SHEET_DIFFERS",
            "keep the print and the statement; print the sheet again and find out why they differ",
        )
    }
}
