//! What an officer did before he approved an answer to a bundle: the rows he typed and the requests he ticked.

use std::fmt;

use super::ApprovalError;
use crate::exchange::code::rows::Rows;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::draw::SHARE;
use crate::exchange::lines::{LineError, Lines};
use crate::exchange::paper::channel::Channel;
use crate::exchange::paper::sheet_copy::SheetCopy;

/// The lines from `sheet` to `privileged-ticked`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diligence {
    /// The sheet in his hand, as printed on it.
    pub sheet: SheetCopy,
    /// How the rows came from the sheet to the machine.
    pub channel: Channel,
    /// The rows he confirmed, at least eight.
    pub rows: Rows,
    /// Entries with a valid check digit.
    pub attempts: u32,
    /// Entries without one.
    pub typos: u32,
    /// The privileged requests he ticked one by one, in order.
    pub ticked: Vec<Number>,
}

/// `privileged-ticked` where nothing is privileged.
const NONE: &str = "none";

impl Diligence {
    pub(super) fn check(&self) -> Result<(), ApprovalError> {
        if self.rows.count() < SHARE || self.attempts < self.rows.count() {
            return Err(ApprovalError::Rows);
        }
        let ordered = self.ticked.is_sorted_by(|one, next| one < next && one.width() == next.width());
        if ordered { Ok(()) } else { Err(ApprovalError::Ticks) }
    }

    pub(super) fn read(rest: &mut Lines<'_>) -> Result<Self, LineError> {
        Ok(Self {
            sheet: rest.value("sheet")?,
            channel: rest.value("oob-channel")?,
            rows: rest.value("oob-rows")?,
            attempts: rest.value("oob-attempts")?,
            typos: rest.value("oob-typos")?,
            ticked: numbers(rest.field("privileged-ticked")?).ok_or(LineError::Value("privileged-ticked"))?,
        })
    }
}

fn numbers(text: &str) -> Option<Vec<Number>> {
    if text == NONE { Some(Vec::new()) } else { text.split(',').map(|number| number.parse().ok()).collect() }
}

impl fmt::Display for Diligence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticked: Vec<_> = self.ticked.iter().map(ToString::to_string).collect();
        let ticked = if ticked.is_empty() { NONE.to_owned() } else { ticked.join(",") };
        write!(
            f,
            "sheet: {}\noob-channel: {}\noob-rows: {}\noob-attempts: {}\noob-typos: {}\nprivileged-ticked: {ticked}\n",
            self.sheet, self.channel, self.rows, self.attempts, self.typos
        )
    }
}
