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
    /// 0 for the first print; later prints are marked `REPRINT` with this number.
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

impl Print {
    /// `sheet S-000318  copy 1/2`, and `REPRINT 2` where it is one.
    pub(super) fn identity(&self) -> String {
        let reprint = if self.reprint == 0 { String::new() } else { format!("REPRINT {}  ", self.reprint) };
        format!("{reprint}sheet {}  copy {}/{}", self.number, self.copy, self.copies)
    }
}
