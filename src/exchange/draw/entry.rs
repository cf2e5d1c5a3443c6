//! One person types rows: which row is asked, and what follows from each entry.
//!
//! A typo is asked again without penalty, five times a row; the sixth ends the session, and the person rests ten
//! minutes. A well-formed entry that is wrong is asked again once; a second one is a mismatch, and the statement goes
//! to quarantine. Typos and wrong entries are logged as they happen; [`History`] is what the log says of them, so a
//! restart gives no fresh attempts.

use thiserror::Error;

use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::code::{Code, Judgement};
use crate::refusal::{Class, Reason, Refusal};

/// Typos in one row that are forgiven; the next one ends the session.
pub const MAX_TYPOS: u32 = 5;
/// How long a person rests after a session that ended by typos, in seconds.
pub const REST_SECONDS: i64 = 600;

/// The typos and wrong entries of one person for one statement, folded from the log in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    row_typos: [u32; 16],
    typos: u32,
    wrong: Rows,
    wrongs: u32,
    forgiven: u32,
}

/// A person in front of a row. Consumed by each entry, so no row is answered out of turn:
///
/// ```compile_fail,E0382
/// # use airlock::exchange::draw::entry::Entry;
/// fn guess(entry: Entry) {
///     let _ = entry.enter("000000");
///     let _ = entry.enter("000001");
/// }
/// ```
///
/// ```
/// # use airlock::exchange::draw::entry::{Answer, Entry, Step};
/// fn again(entry: Entry) -> Step {
///     match entry.enter("000000") {
///         Step::Next(entry, Answer::TypeAgain) => entry.enter("109857"),
///         step => step,
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Entry {
    code: Code,
    row: Row,
    asked: Rows,
    confirmed: Rows,
    history: History,
}

/// What an entry leads to.
#[derive(Debug)]
pub enum Step {
    /// Go on, with the next row or the same again.
    Next(Entry, Answer),
    /// All rows asked have been confirmed.
    Done(RowsTyped),
    /// A sixth typo in this row: the session is over, and the person rests.
    Tired(Row),
    /// Twice a well-formed entry that is wrong in this row: quarantine the statement.
    Mismatch(Row),
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

/// What one person confirmed; made only by an [`Entry`] whose rows have all been right:
///
/// ```compile_fail,E0451
/// # use airlock::exchange::code::rows::Rows;
/// # use airlock::exchange::draw::entry::RowsTyped;
/// let forged = RowsTyped { letters: Rows::ALL, attempts: 16, typos: 0 };
/// ```
///
/// ```
/// # use airlock::exchange::code::rows::Rows;
/// # use airlock::exchange::draw::entry::{RowsTyped, Step};
/// fn confirmed(step: Step) -> Option<RowsTyped> {
///     if let Step::Done(typed) = step { Some(typed) } else { None }
/// }
/// ```
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
    /// The session ended by typos.
    #[error("too many typos in one row: this session is over")]
    Tired,
    /// A row was wrong twice.
    #[error("a row was typed twice with a valid check digit and does not match")]
    Mismatch,
}

impl History {
    /// After a typo in `row`.
    #[must_use]
    pub fn typo(mut self, row: Row) -> Self {
        if let Some(typos) = self.row_typos.get_mut(row.index()) {
            *typos += 1;
        }
        self.typos += 1;
        self
    }

    /// After a wrong entry in `row`.
    #[must_use]
    pub fn wrong(mut self, row: Row) -> Self {
        self.wrong = self.wrong.with(row);
        self.wrongs += 1;
        self
    }

    /// After a rest of [`REST_SECONDS`]: each row may have its typos again. The sums stay, and wrong entries do.
    #[must_use]
    pub fn rest(mut self) -> Self {
        self.row_typos = [0; 16];
        self
    }

    /// After the statement left quarantine under quorum: each row may be wrong once again. The sums stay.
    #[must_use]
    pub fn cleared(mut self) -> Self {
        self.wrong = Rows::NONE;
        self.forgiven = self.wrongs;
        self
    }

    /// Typos in all.
    pub const fn typos(&self) -> u32 {
        self.typos
    }

    /// Wrong entries in all.
    pub const fn wrongs(&self) -> u32 {
        self.wrongs
    }

    fn is_tired(&self) -> bool {
        self.row_typos.iter().any(|typos| *typos > MAX_TYPOS)
    }

    fn is_mismatch(&self) -> bool {
        self.wrongs - self.forgiven > self.wrong.count()
    }
}

impl Entry {
    /// Puts a person in front of the first of the rows `asked`.
    ///
    /// # Errors
    /// [`EntryError::Nothing`] where none is asked, [`EntryError::Tired`] and [`EntryError::Mismatch`] where that is how
    /// the history ends.
    pub fn begin(code: Code, asked: Rows, history: History) -> Result<Self, EntryError> {
        let row = asked.iter().next().ok_or(EntryError::Nothing)?;
        if history.is_mismatch() {
            return Err(EntryError::Mismatch);
        }
        if history.is_tired() {
            return Err(EntryError::Tired);
        }
        Ok(Self { code, row, asked, confirmed: Rows::NONE, history })
    }

    /// The row to ask now.
    pub const fn row(&self) -> Row {
        self.row
    }

    /// The rows confirmed so far.
    pub const fn confirmed(&self) -> Rows {
        self.confirmed
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
        let confirmed = self.confirmed.with(self.row);
        match self.asked.without(confirmed).iter().next() {
            Some(row) => Step::Next(Self { row, confirmed, ..self }, Answer::Right),
            None => Step::Done(RowsTyped {
                letters: confirmed,
                attempts: confirmed.count() + self.history.wrongs,
                typos: self.history.typos,
            }),
        }
    }

    fn typo(self) -> Step {
        let history = self.history.typo(self.row);
        if history.is_tired() { Step::Tired(self.row) } else { Step::Next(Self { history, ..self }, Answer::Typo) }
    }

    fn wrong(self) -> Step {
        let history = self.history.wrong(self.row);
        if history.is_mismatch() {
            Step::Mismatch(self.row)
        } else {
            Step::Next(Self { history, ..self }, Answer::TypeAgain)
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

    /// Typos, those of earlier sessions included.
    pub const fn typos(&self) -> u32 {
        self.typos
    }
}

impl Refusal for EntryError {
    fn reason(&self) -> Reason {
        match self {
            Self::Nothing => Reason::new(Class::Sheet, "ROWS_NOTHING", "go on; this person has typed all rows asked"),
            Self::Tired => Reason::new(Class::Sheet, "ROWS_TIRED", "rest ten minutes, then type the rows again"),
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

    fn code() -> Code {
        let text = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\nfrom: cluster:prod-bj1\n\
                    to: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\nfile-sha256: \
                    9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";
        Code::of(&Statement::parse(text.as_bytes()).unwrap())
    }

    fn begin(rows: &str, history: History) -> Result<Entry, EntryError> {
        Entry::begin(code(), rows.parse().unwrap(), history)
    }

    fn entry(rows: &str) -> Entry {
        begin(rows, History::default()).unwrap()
    }

    /// The digits on the paper for the row that is asked.
    fn paper(entry: &Entry) -> String {
        code().sheet_rows()[entry.row().index()][2..].to_owned()
    }

    fn next(step: Step, expected: Answer) -> Entry {
        match step {
            Step::Next(entry, answer) if answer == expected => entry,
            other => panic!("expected {expected:?}, not {other:?}"),
        }
    }

    fn row(letter: char) -> Row {
        letter.try_into().unwrap()
    }

    /// Well formed for row A, and not what it holds.
    const WRONG_FOR_A: &str = "000000";

    #[test]
    fn rows_are_asked_in_order_until_all_are_right() {
        let entry = entry("B,D,P");
        assert_eq!(entry.row(), row('B'));
        let typed = paper(&entry);
        let entry = next(entry.enter(&typed), Answer::Right);
        let entry = next(entry.enter("028 203"), Answer::Typo);
        assert_eq!((entry.row(), entry.confirmed().count()), (row('D'), 1));
        let typed = paper(&entry);
        let entry = next(entry.enter(&typed), Answer::Right);
        let typed = paper(&entry);
        let Step::Done(done) = entry.enter(&typed) else { panic!("three rows were asked") };
        assert_eq!((done.letters().to_string().as_str(), done.attempts(), done.typos()), ("B,D,P", 3, 1));
    }

    #[test]
    fn the_sixth_typo_in_a_row_ends_the_session_and_a_rest_allows_another() {
        let mut entry = entry("A");
        let mut history = History::default();
        for _ in 0..MAX_TYPOS {
            entry = next(entry.enter("1"), Answer::Typo);
            history = history.typo(row('A'));
        }
        assert!(matches!(entry.enter("1"), Step::Tired(tired) if tired == row('A')));
        history = history.typo(row('A'));
        assert_eq!(begin("A,B", history.clone()).err(), Some(EntryError::Tired));
        let Step::Done(done) = begin("A", history.rest()).unwrap().enter("109857") else { panic!("rested") };
        assert_eq!((done.attempts(), done.typos()), (1, 6));
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
        assert!(matches!(entry.enter(WRONG_FOR_A), Step::Mismatch(wrong) if wrong == row('A')));
    }

    #[test]
    fn one_wrong_entry_a_row_is_forgiven() {
        let entry = next(entry("A").enter(WRONG_FOR_A), Answer::TypeAgain);
        let Step::Done(done) = entry.enter("109857") else { panic!("right at last") };
        assert_eq!((done.attempts(), done.typos()), (2, 0));
    }

    #[test]
    fn a_restart_gives_no_fresh_attempts() {
        let history = History::default().wrong(row('A'));
        let entry = begin("A,B", history.clone()).unwrap();
        assert!(matches!(entry.enter(WRONG_FOR_A), Step::Mismatch(_)));
        assert!(begin("A,B", history.clone().wrong(row('B')).rest()).is_ok());
        assert_eq!(begin("A,B", history.wrong(row('A')).rest()).err(), Some(EntryError::Mismatch));
    }

    #[test]
    fn a_cleared_statement_may_be_typed_again_and_its_sums_stay() {
        let history = History::default().wrong(row('A')).wrong(row('A')).cleared();
        let entry = next(begin("A", history.clone()).unwrap().enter(WRONG_FOR_A), Answer::TypeAgain);
        assert!(matches!(entry.enter(WRONG_FOR_A), Step::Mismatch(_)));
        let Step::Done(done) = begin("A", history).unwrap().enter("109857") else { panic!("right at once") };
        assert_eq!(done.attempts(), 3);
    }

    #[test]
    fn nobody_is_asked_nothing() {
        assert_eq!(begin("", History::default()).err(), Some(EntryError::Nothing));
    }
}
