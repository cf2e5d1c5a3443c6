//! The draw: which rows of a code each person types.
//!
//! Rows are drawn after the file has been copied in, hashed and logged, one draw per statement and host. The order drawn
//! stands in the log and is never drawn again: a restart, a second copy or a second stick asks the same rows.
//!
//! Officer one types the first eight rows of the order, officer two the other eight; each further officer types eight of
//! an order that follows from the first. One person alone types all sixteen, and so does everyone where much depends on
//! it ([`Sharing::Whole`]).

pub mod entry;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::exchange::code::rows::{Row, Rows, RowsError};
use crate::exchange::statement::kind::Kind;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

/// How many rows each person types at least.
pub const SHARE: u32 = 8;

/// How the sixteen rows are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Everyone types all sixteen: one person alone; and roots, trust operations, policy, roster and enrolment.
    Whole,
    /// Two or more people type eight each.
    Halves,
}

impl Sharing {
    /// What the kind alone demands. A bundle or package that turns out to hold roots or trust operations demands
    /// [`Sharing::Whole`] once it is open; people then type the rows they have not typed yet.
    pub const fn of(kind: Kind, people: usize) -> Self {
        if people < 2 || matches!(kind, Kind::Enrolment) { Self::Whole } else { Self::Halves }
    }
}

/// The rows of one statement on one host, in the order drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    statement: Digest,
    order: [Row; 16],
}

impl Draw {
    /// Draws for `statement` from 32 random bytes.
    pub fn new(statement: Digest, random: &[u8; 32]) -> Self {
        Self { statement, order: shuffled(&[b"airlock-draw-v1\0", statement.as_bytes(), random]) }
    }

    /// The draw that stands in the log: the sixteen letters of [`Draw::order`].
    ///
    /// # Errors
    /// [`RowsError`] for anything but each letter from A to P once.
    pub fn logged(statement: Digest, order: &str) -> Result<Self, RowsError> {
        let rows = order.chars().map(Row::try_from).collect::<Result<Vec<_>, _>>()?;
        let order: [Row; 16] = rows.try_into().map_err(|_| RowsError)?;
        if Rows::from_iter(order) == Rows::ALL { Ok(Self { statement, order }) } else { Err(RowsError) }
    }

    /// The sixteen letters in the order drawn, for the log.
    pub fn order(&self) -> String {
        self.order.iter().map(ToString::to_string).collect()
    }

    /// The rows that the officer with this number, counted from 0, types.
    pub fn rows(&self, sharing: Sharing, officer: u32) -> Rows {
        let half = SHARE as usize;
        match (sharing, officer) {
            (Sharing::Whole, _) => Rows::ALL,
            (Sharing::Halves, 0) => self.order.into_iter().take(half).collect(),
            (Sharing::Halves, 1) => self.order.into_iter().skip(half).collect(),
            (Sharing::Halves, further) => self.order_of(further).into_iter().take(half).collect(),
        }
    }

    /// An order of his own for a third or further officer.
    fn order_of(&self, officer: u32) -> [Row; 16] {
        let (statement, order) = (self.statement.as_bytes(), self.order());
        shuffled(&[b"airlock-draw-officer-v1\0", statement, order.as_bytes(), &officer.to_be_bytes()])
    }
}

/// Fisher and Yates' shuffle with bytes that follow from `seed`. Each step takes the first byte below the largest
/// multiple of its range, so that no place is likelier than another.
fn shuffled(seed: &[&[u8]]) -> [Row; 16] {
    let mut rows = Row::ALL;
    let mut bytes = expanded(seed);
    for last in (1..rows.len()).rev() {
        let range = last + 1;
        let place = bytes.by_ref().map(usize::from).find(|byte| *byte < 256 - 256 % range);
        rows.swap(last, place.unwrap_or_default() % range);
    }
    rows
}

/// An endless stream of bytes: SHA-256 of the seed and a counter.
fn expanded(seed: &[&[u8]]) -> impl Iterator<Item = u8> {
    let prefix = Sha256::new_with_prefix(seed.concat());
    (0_u32..).flat_map(move |block| <[u8; 32]>::from(prefix.clone().chain_update(block.to_be_bytes()).finalize()))
}

/// Why the typed rows do not suffice.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum CoverageError {
    /// One person typed fewer than his share.
    #[error("one person confirmed {0} rows only")]
    Share(u32),
    /// Rows that nobody typed.
    #[error("nobody confirmed the rows {0}")]
    Missing(Rows),
}

/// Demands that the rows confirmed by each of `people` suffice: at least eight each, sixteen where the sharing is
/// [`Sharing::Whole`], and every row by somebody.
///
/// # Errors
/// [`CoverageError`] where they do not.
pub fn covered(sharing: Sharing, people: &[Rows]) -> Result<(), CoverageError> {
    let share = match sharing {
        Sharing::Whole => Rows::ALL.count(),
        Sharing::Halves => SHARE,
    };
    if let Some(short) = people.iter().find(|rows| rows.count() < share) {
        return Err(CoverageError::Share(short.count()));
    }
    let missing = Rows::ALL.without(people.iter().copied().fold(Rows::NONE, Rows::and));
    if missing.is_empty() { Ok(()) } else { Err(CoverageError::Missing(missing)) }
}

impl Refusal for CoverageError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::Share(_) => "ROWS_SHARE",
            Self::Missing(_) => "ROWS_MISSING",
        };
        Reason::new(Class::Sheet, code, "have the people who approve type their rows from the paper")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draw(random: u8) -> Draw {
        Draw::new(Digest::of(b"statement"), &[random; 32])
    }

    #[test]
    fn two_officers_share_the_rows_and_a_third_gets_eight_of_his_own() {
        let [first, second, third] = [0, 1, 2].map(|officer| draw(7).rows(Sharing::Halves, officer));
        assert_eq!((first.count(), second.count(), third.count()), (8, 8, 8));
        assert_eq!(first.and(second), Rows::ALL);
        assert!(third != first && third != second);
        assert_eq!(draw(7).rows(Sharing::Whole, 1), Rows::ALL);
    }

    #[test]
    fn the_draw_is_fixed_by_its_statement_and_its_bytes() {
        assert_eq!(draw(7).rows(Sharing::Halves, 0), draw(7).rows(Sharing::Halves, 0));
        assert_ne!(draw(7).rows(Sharing::Halves, 0), draw(8).rows(Sharing::Halves, 0));
        let other = Draw::new(Digest::of(b"another"), &[7; 32]);
        assert_ne!(draw(7).rows(Sharing::Halves, 0), other.rows(Sharing::Halves, 0));
    }

    /// Logged draws must mean the same rows for ever. The letters were computed with Python's hashlib; on the way to
    /// them bytes are passed over because they would make some places likelier.
    #[test]
    fn a_draw_once_logged_keeps_its_rows() {
        let drawn = draw(108);
        assert_eq!(drawn.order(), "HOBNLPEKFDIGJCMA");
        assert_eq!(drawn.rows(Sharing::Halves, 0).to_string(), "B,E,H,K,L,N,O,P");
        assert_eq!(drawn.rows(Sharing::Halves, 2).to_string(), "A,B,C,F,G,H,J,O");
        assert_eq!(Draw::logged(Digest::of(b"statement"), &drawn.order()), Ok(drawn));
    }

    #[test]
    fn an_order_in_the_log_is_each_letter_once() {
        for order in ["", "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOPA", "ABCDEFGHIJKLMNOO", "abcdefghijklmnop", "A,B"] {
            assert_eq!(Draw::logged(Digest::of(b"statement"), order), Err(RowsError), "{order}");
        }
    }

    #[test]
    fn every_row_is_as_likely_as_any_other() {
        let mut counts = [0_u32; 16];
        for number in 0..20_000_u32 {
            let mut random = [0; 32];
            random[..4].copy_from_slice(&number.to_be_bytes());
            counts[Draw::new(Digest::of(b"statement"), &random).order[0].index()] += 1;
        }
        // 1250 expected, standard deviation 34.
        assert!(counts.iter().all(|count| (1080..1420).contains(count)), "{counts:?}");
    }

    #[test]
    fn one_person_or_an_enrolment_means_all_rows() {
        assert_eq!(Sharing::of(Kind::CsrBundle, 1), Sharing::Whole);
        assert_eq!(Sharing::of(Kind::CsrBundle, 2), Sharing::Halves);
        assert_eq!(Sharing::of(Kind::Enrolment, 2), Sharing::Whole);
    }

    #[test]
    fn rows_are_covered_by_two_halves_or_by_wholes() {
        let [first, second] = [0, 1].map(|officer| draw(7).rows(Sharing::Halves, officer));
        assert_eq!(covered(Sharing::Halves, &[first, second]), Ok(()));
        assert_eq!(covered(Sharing::Halves, &[Rows::ALL]), Ok(()));
        assert_eq!(covered(Sharing::Halves, &[first, first]), Err(CoverageError::Missing(second)));
        assert_eq!(covered(Sharing::Halves, &[]), Err(CoverageError::Missing(Rows::ALL)));
        let seven = first.without(Rows::NONE.with(first.iter().next().unwrap()));
        assert_eq!(covered(Sharing::Halves, &[seven, Rows::ALL]), Err(CoverageError::Share(7)));
        assert_eq!(covered(Sharing::Whole, &[Rows::ALL, first]), Err(CoverageError::Share(8)));
        assert_eq!(covered(Sharing::Whole, &[Rows::ALL, Rows::ALL]), Ok(()));
    }

    proptest! {
        #[test]
        fn each_draw_reads_back_from_the_log(random: [u8; 32], officer in 0..5_u32) {
            let draw = Draw::new(Digest::of(b"statement"), &random);
            prop_assert_eq!(draw.rows(Sharing::Halves, officer).count(), SHARE);
            prop_assert_eq!(Draw::logged(Digest::of(b"statement"), &draw.order()), Ok(draw));
        }
    }
}
