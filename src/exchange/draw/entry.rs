//! One person types rows: which row is asked, and what follows from each entry.
//!
//! A typo is asked again without penalty, five times a row; the sixth ends the session, and the person rests ten
//! minutes. A well-formed entry that is wrong is asked again once; a second one is a mismatch, and the statement goes
//! to quarantine. [`Progress`] is stored after each entry, so that a restart gives no fresh attempts.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::code::{Code, Judgement};
use crate::refusal::{Class, Reason, Refusal};

/// Typos in one row that are forgiven; the next one ends the session.
pub const MAX_TYPOS: u32 = 5;
/// How long a person rests after a session that ended by typos, in seconds.
pub const REST_SECONDS: i64 = 600;

/// How far one person has come. It is stored with the draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    asked: Rows,
    confirmed: Rows,
    attempts: u32,
    typos: u32,
    row_typos: u32,
    row_wrong: u32,
}

/// A person in front of a row. Consumed by each entry, so no row is answered out of turn.
#[derive(Debug)]
pub struct Entry {
    code: Code,
    row: Row,
    progress: Progress,
}

/// What an entry leads to.
#[derive(Debug)]
pub enum Step {
    /// Go on, with the next row or the same again.
    Next(Entry, Answer),
    /// All rows asked have been confirmed.
    Done(RowsTyped),
    /// Too many typos in one row: this session is over. [`Progress::rested`] allows another.
    Tired(Progress),
    /// Twice a well-formed entry that is wrong: quarantine the statement.
    Mismatch(Row, Progress),
}

/// What the person is told of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Right.
    Right,
    /// A slip of the fingers; type the row again.
    Typo,
    /// Well formed and not right; read the paper again and type the row once more.
    TypeAgain,
}

/// What one person confirmed; made only by an [`Entry`] whose rows have all been right.
#[derive(Debug, PartialEq, Eq)]
pub struct RowsTyped {
    letters: Rows,
    attempts: u32,
    typos: u32,
}

/// Why a person cannot type, or can no longer.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// Nothing is left to ask.
    #[error("no row is left to type")]
    Nothing,
    /// The stored progress contradicts itself.
    #[error("the stored progress of this entry contradicts itself")]
    Progress,
    /// The session ended by typos.
    #[error("too many typos in one row: this session is over")]
    Tired,
    /// A row was wrong twice.
    #[error("a row was typed twice with a valid check digit and does not match")]
    Mismatch,
}

impl Progress {
    /// The beginning, for the rows one person is asked.
    pub const fn new(asked: Rows) -> Self {
        Self { asked, confirmed: Rows::NONE, attempts: 0, typos: 0, row_typos: 0, row_wrong: 0 }
    }

    /// After the rest of [`REST_SECONDS`]: the typos of the current row are forgiven, all counters stay.
    #[must_use]
    pub const fn rested(self) -> Self {
        Self { row_typos: 0, ..self }
    }

    /// The rows confirmed so far.
    pub const fn confirmed(&self) -> Rows {
        self.confirmed
    }

    /// Entries with a valid check digit so far.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Typos so far.
    pub const fn typos(&self) -> u32 {
        self.typos
    }

    fn row(&self) -> Option<Row> {
        self.asked.without(self.confirmed).iter().next()
    }

    /// Whether this can have come from entries.
    fn is_sound(&self) -> bool {
        self.confirmed.without(self.asked).is_empty()
            && self.attempts >= self.confirmed.count().saturating_add(self.row_wrong)
            && self.typos >= self.row_typos
    }
}

impl Entry {
    /// Puts a person in front of the first row that is not confirmed yet, at the beginning or after a restart.
    ///
    /// # Errors
    /// [`EntryError::Nothing`] where no row is left, [`EntryError::Tired`] and [`EntryError::Mismatch`] where that is
    /// how it ended, [`EntryError::Progress`] where the counters cannot be true.
    pub fn resume(code: Code, progress: Progress) -> Result<Self, EntryError> {
        let row = progress.row().ok_or(EntryError::Nothing)?;
        if !progress.is_sound() {
            return Err(EntryError::Progress);
        }
        if progress.row_wrong > 1 {
            return Err(EntryError::Mismatch);
        }
        if progress.row_typos > MAX_TYPOS {
            return Err(EntryError::Tired);
        }
        Ok(Self { code, row, progress })
    }

    /// The row to ask now.
    pub const fn row(&self) -> Row {
        self.row
    }

    /// What to store before the next row is asked.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Takes what the person typed for [`Entry::row`].
    #[must_use]
    pub fn enter(self, typed: &str) -> Step {
        match self.code.judge(self.row, typed) {
            Judgement::Right => self.right(),
            Judgement::Typo => self.typo(),
            Judgement::Wrong => self.wrong(),
        }
    }

    fn right(self) -> Step {
        let Self { code, row, progress } = self;
        let progress = Progress {
            confirmed: progress.confirmed.with(row),
            attempts: progress.attempts.saturating_add(1),
            row_typos: 0,
            row_wrong: 0,
            ..progress
        };
        match progress.row() {
            Some(row) => Step::Next(Self { code, row, progress }, Answer::Right),
            None => Step::Done(RowsTyped {
                letters: progress.confirmed,
                attempts: progress.attempts,
                typos: progress.typos,
            }),
        }
    }

    fn typo(mut self) -> Step {
        self.progress.typos = self.progress.typos.saturating_add(1);
        self.progress.row_typos += 1;
        if self.progress.row_typos > MAX_TYPOS { Step::Tired(self.progress) } else { Step::Next(self, Answer::Typo) }
    }

    fn wrong(mut self) -> Step {
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        self.progress.row_wrong += 1;
        if self.progress.row_wrong > 1 {
            Step::Mismatch(self.row, self.progress)
        } else {
            Step::Next(self, Answer::TypeAgain)
        }
    }
}

impl RowsTyped {
    /// The rows confirmed.
    pub const fn letters(&self) -> Rows {
        self.letters
    }

    /// Entries with a valid check digit: the number of rows, and one more for each that was wrong once.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Typos.
    pub const fn typos(&self) -> u32 {
        self.typos
    }
}

impl Refusal for EntryError {
    fn reason(&self) -> Reason {
        match self {
            Self::Nothing => Reason::new(Class::Sheet, "ROWS_NOTHING", "go on; this person has typed all rows asked"),
            Self::Progress => Reason::new(Class::Inconsistent, "ROWS_PROGRESS", "check the state and the audit log"),
            Self::Tired => Reason::new(Class::Sheet, "ROWS_TIRED", "rest ten minutes, then type the row again"),
            Self::Mismatch => Reason::new(
                Class::Sheet,
                "ROWS_MISMATCH",
                "keep the medium and the sheet, and call the sender on a number you already have",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::statement::Statement;
    use crate::wire::json;

    fn code() -> Code {
        let text = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\nfrom: cluster:prod-bj1\n\
                    to: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\nfile-sha256: \
                    9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";
        Code::of(&Statement::parse(text.as_bytes()).unwrap())
    }

    fn entry(rows: &str) -> Entry {
        Entry::resume(code(), Progress::new(rows.parse().unwrap())).unwrap()
    }

    /// The digits on the paper for a row.
    fn paper(row: Row) -> String {
        code().sheet_rows()[row.index()][2..].to_owned()
    }

    fn next(step: Step, expected: Answer) -> Entry {
        match step {
            Step::Next(entry, answer) if answer == expected => entry,
            other => panic!("expected {expected:?}, not {other:?}"),
        }
    }

    /// Well formed for row A, and not what it holds.
    const WRONG_FOR_A: &str = "000000";

    #[test]
    fn rows_are_asked_in_order_until_all_are_right() {
        let entry = entry("B,D,P");
        assert_eq!(entry.row().to_string(), "B");
        let typed = paper(entry.row());
        let entry = next(entry.enter(&typed), Answer::Right);
        let entry = next(entry.enter("028 203"), Answer::Typo);
        assert_eq!(entry.row().to_string(), "D");
        let typed = paper(entry.row());
        let entry = next(entry.enter(&typed), Answer::Right);
        let typed = paper(entry.row());
        let Step::Done(done) = entry.enter(&typed) else { panic!("three rows were asked") };
        assert_eq!((done.letters().to_string().as_str(), done.attempts(), done.typos()), ("B,D,P", 3, 1));
    }

    #[test]
    fn the_sixth_typo_in_a_row_ends_the_session_and_a_rest_allows_another() {
        let mut entry = entry("A");
        for _ in 0..MAX_TYPOS {
            entry = next(entry.enter("1"), Answer::Typo);
        }
        let Step::Tired(progress) = entry.enter("1") else { panic!("the sixth typo") };
        assert_eq!(Entry::resume(code(), progress.clone()).err(), Some(EntryError::Tired));
        let rested = Entry::resume(code(), progress.rested()).unwrap();
        assert_eq!(rested.progress().typos(), 6);
        assert!(matches!(rested.enter("109857"), Step::Done(_)));
    }

    #[test]
    fn typos_are_counted_per_row() {
        let mut entry = entry("A,B");
        for _ in 0..MAX_TYPOS {
            entry = next(entry.enter("1"), Answer::Typo);
        }
        entry = next(entry.enter("109857"), Answer::Right);
        for _ in 0..MAX_TYPOS {
            entry = next(entry.enter("1"), Answer::Typo);
        }
        assert!(matches!(entry.enter("498985"), Step::Done(_)));
    }

    #[test]
    fn a_second_wrong_entry_is_a_mismatch() {
        let entry = next(entry("A,B").enter(WRONG_FOR_A), Answer::TypeAgain);
        let entry = next(entry.enter("1"), Answer::Typo);
        let Step::Mismatch(row, progress) = entry.enter(WRONG_FOR_A) else { panic!("wrong twice") };
        assert_eq!((row.to_string().as_str(), progress.attempts(), progress.typos()), ("A", 2, 1));
        assert_eq!(Entry::resume(code(), progress.rested()).err(), Some(EntryError::Mismatch));
    }

    #[test]
    fn one_wrong_entry_is_forgiven() {
        let entry = next(entry("A").enter(WRONG_FOR_A), Answer::TypeAgain);
        let Step::Done(done) = entry.enter("109857") else { panic!("right at last") };
        assert_eq!((done.attempts(), done.typos()), (2, 0));
    }

    #[test]
    fn a_restart_gives_no_fresh_attempts() {
        let entry = next(entry("A,B").enter(WRONG_FOR_A), Answer::TypeAgain);
        let stored = json::to_vec(entry.progress()).unwrap();
        let progress: Progress = json::from_slice(&stored).unwrap();
        let entry = Entry::resume(code(), progress).unwrap();
        assert!(matches!(entry.enter(WRONG_FOR_A), Step::Mismatch(..)));
    }

    #[test]
    fn progress_that_no_entry_leads_to_is_refused() {
        let start = Progress::new("A,B".parse().unwrap());
        for progress in [
            Progress { confirmed: "C".parse().unwrap(), attempts: 1, ..start.clone() },
            Progress { confirmed: "A".parse().unwrap(), ..start.clone() },
            Progress { row_typos: 1, ..start.clone() },
            Progress { row_wrong: 1, ..start.clone() },
        ] {
            assert_eq!(Entry::resume(code(), progress.clone()).err(), Some(EntryError::Progress), "{progress:?}");
        }
        let over = Progress { confirmed: start.asked, attempts: 2, ..start };
        assert_eq!(Entry::resume(code(), over).err(), Some(EntryError::Nothing));
    }
}
