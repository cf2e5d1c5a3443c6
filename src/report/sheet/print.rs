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

/// What the print `number` of a sheet is called, which begin with 1, as on the paper: in English and in Chinese.
pub fn printed_as(number: u64) -> (String, String) {
    reprinted(number.saturating_sub(1)).unwrap_or_else(|| ("first print".to_owned(), "首次打印".to_owned()))
}

/// `REPRINT 1 (print 2 of this sheet)`, of a sheet that was printed so often `before`, in English and in Chinese; nothing of a
/// first print.
pub fn reprinted(before: u64) -> Option<(String, String)> {
    let this = before.saturating_add(1);
    let told =
        || (format!("REPRINT {before} (print {this} of this sheet)"), format!("重印{before}（本单第{this}次打印）"));
    (before > 0).then(told)
}

impl Print {
    /// `sheet S-000318  copy 1/2`.
    pub(super) fn identity(&self) -> String {
        format!("sheet {}  copy {}/{}", self.number, self.copy, self.copies)
    }

    /// That it is no first print, on a line of its own in English and Chinese: how often it was printed before, and which print
    /// this is, in one statement. Nothing of a first print.
    pub(super) fn reprinted(&self) -> Option<(String, String)> {
        reprinted(self.reprint.into())
    }
}
