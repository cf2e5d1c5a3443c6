//! The print of a sheet is compared with its statement before it leaves, on another workstation than the one that made it.
//! The machine compares, for eyes see what they expect.

use std::path::Path;

use thiserror::Error;

use crate::desk::host::Desk;
use crate::devices::store::{Links, read_file};
use crate::exchange::code::rows::Row;
use crate::exchange::code::scan::{Scan, ScanError};
use crate::exchange::code::{Code, Judgement};
use crate::exchange::draw::entry::Answer;
use crate::exchange::statement::Statement;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// Longer than any statement, so that its own reader says what is wrong.
const MAX: u64 = 4096;

/// A statement whose rows may be shown here: it is not for this host.
#[derive(Debug)]
pub struct Print(Statement);

/// A person who types the rows of a print, in order.
#[derive(Debug)]
pub struct Typing {
    code: Code,
    row: Row,
    /// Whether this row was wrong before.
    is_second: bool,
}

/// What came of a row.
#[derive(Debug)]
pub enum Typed {
    /// Go on with [`Typing::row`].
    Next(Typing, Answer),
    /// All sixteen are equal.
    Equal,
}

/// Why a print is not compared, or not equal.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PrintError {
    /// The rows of what this host receives come from paper.
    #[error("the statement is for this host, and its rows come from paper")]
    ReceivingSide,
    /// A row of the print is not that of the statement.
    #[error("row {0} of the print is not the row of this statement")]
    Differs(Row),
}

impl Print {
    /// Reads the statement in `file`. A host that was set up passes its `desk`: who types rows that the receiving host
    /// computed has proven that the medium equals the medium.
    ///
    /// # Errors
    /// [`PrintError::ReceivingSide`]; what the statement and the disk say.
    pub fn read(file: &Path, desk: Option<&Desk>) -> Result<Self, Refused> {
        let statement = Statement::parse(&read_file(file, MAX, Links::Follow)?)?;
        if desk.is_some_and(|desk| *desk.party() == statement.lines().to) {
            return Err(PrintError::ReceivingSide.into());
        }
        Ok(Self(statement))
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.0
    }

    /// The eight lines that the code covers, and the code; each ended by LF.
    pub fn rows(&self) -> String {
        rows(&self.0)
    }

    /// Demands that `line` is what the QR code of the print says, as a scanner types it.
    ///
    /// # Errors
    /// Any [`ScanError`].
    pub fn must_bear(&self, line: &str) -> Result<(), ScanError> {
        line.trim_end_matches(['\r', '\n']).parse::<Scan>()?.must_be_of(&self.0)
    }

    /// Begins with the first row.
    pub fn typing(&self) -> Typing {
        let [row, ..] = Row::ALL;
        Typing { code: Code::of(&self.0), row, is_second: false }
    }
}

/// The eight lines of `statement` that its code covers, and the code; each ended by LF.
pub fn rows(statement: &Statement) -> String {
    format!("{}\n{}\n", statement.text(), Code::of(statement).sheet_rows().join("\n"))
}

impl Typing {
    /// The row to be typed now.
    pub fn row(&self) -> Row {
        self.row
    }

    /// Takes six digits. A slip of the fingers costs nothing.
    ///
    /// # Errors
    /// [`PrintError::Differs`] where a row is wrong a second time.
    pub fn enter(self, typed: &str) -> Result<Typed, PrintError> {
        let row = self.row;
        match self.code.judge(row, typed) {
            Judgement::Right => Ok(match Row::ALL.get(row.index() + 1) {
                Some(next) => Typed::Next(Self { row: *next, is_second: false, ..self }, Answer::Right),
                None => Typed::Equal,
            }),
            Judgement::Typo => Ok(Typed::Next(self, Answer::Typo)),
            Judgement::Wrong if self.is_second => Err(PrintError::Differs(row)),
            Judgement::Wrong => Ok(Typed::Next(Self { is_second: true, ..self }, Answer::TypeAgain)),
        }
    }
}

impl Refusal for PrintError {
    fn reason(&self) -> Reason {
        match self {
            Self::ReceivingSide => {
                Reason::new(Class::Sheet, "SHEET_RECEIVING_SIDE", "type the rows from the paper sheet")
            }
            Self::Differs(_) => Reason::new(
                Class::Sheet,
                "SHEET_DIFFERS",
                "keep the print and the statement; print the sheet again and find out why they differ",
            ),
        }
    }
}
