//! What one piece of paper says of itself.

use std::fmt;

use crate::wire::time::Timestamp;

/// Number of a sheet, `S-000318`: one number for one statement on one host; its copies and reprints bear the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetNumber(pub u32);

impl fmt::Display for SheetNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-{:06}", self.0)
    }
}

/// One print of a sheet.
#[derive(Debug, Clone)]
pub struct Print {
    /// The sheet.
    pub number: SheetNumber,
    /// Which copy, from 1.
    pub copy: u32,
    /// How many copies are printed.
    pub copies: u32,
    /// 0 for the first print; later ones are marked `REPRINT` with this number, which is how often it was printed before.
    pub reprint: u32,
    /// When.
    pub time: Timestamp,
    /// Version of this program.
    pub version: String,
    /// Name of the host.
    pub host: String,
    /// Whether a page in large print, for whoever types the code, goes before the others.
    pub large: bool,
    /// Label or number of the medium that carries the transfer; none leaves a line to write on.
    pub medium: Option<String>,
}

/// What the print `number` of a sheet is called, which begin with 1, as on the paper.
pub fn printed_as(number: u64) -> String {
    match number.checked_sub(1).and_then(|before| u32::try_from(before).ok()) {
        None | Some(0) => "first print".to_owned(),
        Some(before) => reprint(before),
    }
}

/// `REPRINT 1 (print 2 of this sheet)`, of a sheet that was printed so often before.
fn reprint(before: u32) -> String {
    format!("REPRINT {before} (print {} of this sheet)", before.saturating_add(1))
}

impl Print {
    /// `sheet S-000318  copy 1/2`.
    pub(super) fn identity(&self) -> String {
        format!("sheet {}  copy {}/{}", self.number, self.copy, self.copies)
    }

    /// That it is no first print, on a line of its own in English and Chinese: how often it was printed before, and which print
    /// this is, in one statement. Nothing of a first print.
    pub(super) fn reprinted(&self) -> Option<(String, String)> {
        let count = self.reprint;
        let this = count.saturating_add(1);
        (count > 0).then(|| (reprint(count), format!("重印{count}（本单第{this}次打印）")))
    }
}
