//! Which printed sheet a person held: its number and its copy, `S-000318/1`, as printed on it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A copy of a numbered sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SheetCopy {
    sheet: u32,
    copy: u32,
}

/// The text names no sheet.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a sheet and its copy, such as S-000318/1")]
pub struct SheetCopyError;

impl SheetCopy {
    /// The `copy`th of sheet number `sheet`, both from 1.
    pub const fn new(sheet: u32, copy: u32) -> Option<Self> {
        if sheet == 0 || copy == 0 { None } else { Some(Self { sheet, copy }) }
    }

    /// The number of the sheet as printed, `S-000318`.
    pub fn sheet(&self) -> String {
        format!("S-{:06}", self.sheet)
    }

    /// The number of the copy.
    pub const fn copy(&self) -> u32 {
        self.copy
    }
}

impl fmt::Display for SheetCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.sheet(), self.copy)
    }
}

impl FromStr for SheetCopy {
    type Err = SheetCopyError;

    fn from_str(text: &str) -> Result<Self, SheetCopyError> {
        let (sheet, copy) = text.strip_prefix("S-").and_then(|rest| rest.split_once('/')).ok_or(SheetCopyError)?;
        let number = |digits: &str| digits.parse().map_err(|_| SheetCopyError);
        let read = Self::new(number(sheet)?, number(copy)?).ok_or(SheetCopyError)?;
        if read.to_string() == text { Ok(read) } else { Err(SheetCopyError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_read_back_in_one_spelling() {
        for text in ["S-000318/1", "S-1000000/12"] {
            assert_eq!(text.parse::<SheetCopy>().unwrap().to_string(), text);
        }
        for text in
            ["", "S-318/1", "S-0000318/1", "S-000318/01", "S-000318/0", "S-000000/1", "s-000318/1", "S-+00318/1"]
        {
            assert_eq!(text.parse::<SheetCopy>(), Err(SheetCopyError), "{text}");
        }
    }
}
