//! The letters of the rows, A to P, and sets of them.

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

/// One of the sixteen rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(u8);

/// Some of the sixteen rows; written in order as `B,E,F`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Rows(u16);

/// The text is not a row, or not rows in order.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not letters from A to P in order, with commas between them")]
pub struct RowsError;

impl Row {
    /// A to P.
    pub const ALL: [Self; 16] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
        Self(8),
        Self(9),
        Self(10),
        Self(11),
        Self(12),
        Self(13),
        Self(14),
        Self(15),
    ];

    /// 1 for A to 16 for P, as it enters the check digit.
    pub const fn number(self) -> u8 {
        self.0 + 1
    }

    /// 0 for A to 15 for P.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(b'A' + self.0))
    }
}

impl TryFrom<char> for Row {
    type Error = RowsError;

    fn try_from(letter: char) -> Result<Self, RowsError> {
        Self::ALL.into_iter().find(|row| char::from(b'A' + row.0) == letter).ok_or(RowsError)
    }
}

impl Rows {
    /// All sixteen.
    pub const ALL: Self = Self(u16::MAX);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `row` is one of them.
    pub const fn contains(self, row: Row) -> bool {
        self.0 & (1 << row.0) != 0
    }

    /// These and `row`.
    #[must_use]
    pub const fn with(self, row: Row) -> Self {
        Self(self.0 | 1 << row.0)
    }

    /// These and `others`.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These but not `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// In A..P order, so that the eye walks down the paper.
    pub fn iter(self) -> impl Iterator<Item = Row> {
        Row::ALL.into_iter().filter(move |row| self.contains(*row))
    }
}

impl FromIterator<Row> for Rows {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        rows.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: Vec<_> = self.iter().map(|row| row.to_string()).collect();
        f.write_str(&letters.join(","))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({self})")
    }
}

impl FromStr for Rows {
    type Err = RowsError;

    fn from_str(text: &str) -> Result<Self, RowsError> {
        let rows: Self = text.chars().filter_map(|letter| Row::try_from(letter).ok()).collect();
        if rows.to_string() == text { Ok(rows) } else { Err(RowsError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_reads_back() {
        for bits in 0..=u16::MAX {
            let rows = Rows(bits);
            assert_eq!(rows.to_string().parse(), Ok(rows));
        }
        assert_eq!("B,E,F,I,J,L,M,O".parse::<Rows>().unwrap().count(), 8);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["a", "Q", "AB", "B,A", "A,A", "A, B", "A,", ",A", "A,B,Q", " "] {
            assert_eq!(text.parse::<Rows>(), Err(RowsError), "{text}");
        }
    }

    #[test]
    fn rows_carry_their_letter_and_number() {
        let last = Row::try_from('P').unwrap();
        assert_eq!((last.number(), last.index(), last.to_string().as_str()), (16, 15, "P"));
        assert_eq!(Row::try_from('p'), Err(RowsError));
    }
}
