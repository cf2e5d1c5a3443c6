//! The code on the paper: SHA-256 of a statement as sixteen rows of five digits and a check digit.
//!
//! Row r holds bytes 2r-2 and 2r-1 of the hash as five decimal digits, `00000` to `65535`, and a Damm check digit over
//! the kind's digit, the row's two-digit number and those five. It is printed as `A 109 857`. `scripts/rows.sh` computes
//! the same with coreutils and awk alone.
//!
//! A person types rows from paper; the machine compares and never shows the answer. So a [`Code`] judges entries and
//! has no form in which it could be printed by accident; [`Code::sheet_rows`] is for the sheet and for after success.

pub mod rows;
pub mod scan;

use std::fmt;

use crate::exchange::statement::Statement;
use rows::Row;

/// The sixteen values of one statement, and the kind its check digits are bound to.
pub struct Code {
    kind_digit: u8,
    values: [u16; 16],
}

/// What one typed entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The digits of this row.
    Right,
    /// Not six digits, above 65535, or the check digit does not fit this row of this kind: a slip of the fingers.
    Typo,
    /// Well formed, and not what this row holds.
    Wrong,
}

/// The quasigroup of order ten of Damm's algorithm.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

impl Code {
    /// The code of `statement`.
    pub fn of(statement: &Statement) -> Self {
        let digest = statement.digest();
        let (pairs, _) = digest.as_bytes().as_chunks::<2>();
        let mut values = [0; 16];
        for (value, pair) in values.iter_mut().zip(pairs) {
            *value = u16::from_be_bytes(*pair);
        }
        Self { kind_digit: statement.lines().kind.sheet_digit(), values }
    }

    /// Judges what a person typed for `row`. Full-width digits count as digits; spaces and hyphens do not count.
    pub fn judge(&self, row: Row, typed: &str) -> Judgement {
        let Some([value @ .., check]) = six_digits(typed) else { return Judgement::Typo };
        let number = value.iter().fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
        if number > u32::from(u16::MAX) || check != self.check_digit(row, number) {
            return Judgement::Typo;
        }
        if number == u32::from(self.value(row)) { Judgement::Right } else { Judgement::Wrong }
    }

    /// The rows as they are printed, `A 109 857` to `P 384 280`: for the sheet, and for the screen once the sheet has
    /// been confirmed.
    pub fn sheet_rows(&self) -> Vec<String> {
        Row::ALL.into_iter().map(|row| self.sheet_row(row)).collect()
    }

    fn sheet_row(&self, row: Row) -> String {
        let value = u32::from(self.value(row));
        let digits = format!("{value:05}{}", self.check_digit(row, value));
        let (left, right) = digits.split_at(3);
        format!("{row} {left} {right}")
    }

    fn value(&self, row: Row) -> u16 {
        self.values.get(row.index()).copied().unwrap_or_default()
    }

    fn check_digit(&self, row: Row, value: u32) -> u8 {
        let digits = format!("{}{:02}{value:05}", self.kind_digit, row.number());
        digits.bytes().fold(0, |interim, digit| {
            let line = DAMM.get(usize::from(interim));
            line.and_then(|line| line.get(usize::from(digit - b'0'))).copied().unwrap_or_default()
        })
    }
}

/// The six digits of an entry, and nothing else but spaces and hyphens, of either width.
fn six_digits(typed: &str) -> Option<[u8; 6]> {
    let mut digits = [0; 6];
    let mut free = digits.iter_mut();
    for c in typed.chars() {
        let zero = match c {
            '0'..='9' => '0',
            '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
            ' ' | '-' | '\u{3000}' | '\u{ff0d}' => continue,
            _ => return None,
        };
        *free.next()? = u8::try_from(u32::from(c) - u32::from(zero)).ok()?;
    }
    if free.next().is_none() { Some(digits) } else { None }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn published() -> Code {
        let text = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\nfrom: cluster:prod-bj1\n\
                    to: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\nfile-sha256: \
                    9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";
        Code::of(&Statement::parse(text.as_bytes()).unwrap())
    }

    fn judge(row: char, typed: &str) -> Judgement {
        published().judge(Row::try_from(row).unwrap(), typed)
    }

    #[test]
    fn the_rows_of_the_sheet_are_right_however_they_are_spaced() {
        for typed in ["109 857", "109857", " 1 0-9 8-57 ", "１０９　８５７", "１09－857"] {
            assert_eq!(judge('A', typed), Judgement::Right, "{typed}");
        }
        for (row, printed) in Row::ALL.into_iter().zip(published().sheet_rows()) {
            assert_eq!(published().judge(row, &printed[2..]), Judgement::Right, "{printed}");
        }
    }

    #[test]
    fn slips_are_typos() {
        for typed in
            ["", "10985", "1098577", "109 858", "A 109 857", "1O9857", "109.857", "109\t857", "１０９８５", "٣٠٩٨٥٧"]
        {
            assert_eq!(judge('A', typed), Judgement::Typo, "{typed}");
        }
        assert_eq!(judge('B', "109 857"), Judgement::Typo, "row A typed for row B");
    }

    #[test]
    fn every_single_wrong_digit_and_every_adjacent_swap_is_a_typo() {
        let good = b"109857";
        for at in 0..6 {
            for digit in (b'0'..=b'9').filter(|digit| *digit != good[at]) {
                let mut typed = *good;
                typed[at] = digit;
                assert_eq!(judge('A', std::str::from_utf8(&typed).unwrap()), Judgement::Typo);
            }
        }
        for at in 0..5 {
            let mut typed = *good;
            typed.swap(at, at + 1);
            assert_eq!(judge('A', std::str::from_utf8(&typed).unwrap()), Judgement::Typo);
        }
    }

    #[test]
    fn a_well_formed_group_of_another_code_is_wrong_unless_no_code_could_hold_it() {
        let code = published();
        let a = Row::ALL[0];
        for value in 0..=99_999 {
            let typed = format!("{value:05}{}", code.check_digit(a, value));
            let expected = match value {
                10_985 => Judgement::Right,
                0..=65_535 => Judgement::Wrong,
                _ => Judgement::Typo,
            };
            assert_eq!(code.judge(a, &typed), expected, "{typed}");
        }
    }

    #[test]
    fn debug_output_holds_no_row() {
        assert_eq!(format!("{:?}", published()), "Code { .. }");
    }

    proptest! {
        #[test]
        fn only_these_six_digits_are_right(typed in "[0-9 -]{0,8}|\\PC{0,8}|1 ?0 ?9 ?8 ?[0-9] ?7") {
            let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
            prop_assert_eq!(judge('A', &typed) == Judgement::Right, digits == "109857");
        }
    }
}
