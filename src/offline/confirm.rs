//! Officers type the rows of a bundle's sheet from paper.

use thiserror::Error;

use crate::desk::people::Present;
use crate::desk::seat::Seat;
use crate::exchange::draw::Sharing;
use crate::exchange::paper::channel::Channel;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::offline::case::closed;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// Why nobody types.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ConfirmError {
    /// The policy does not take rows that come so.
    #[error("policy does not take rows by the channel {0}")]
    Channel(Channel),
}

/// The statement of the newest bundle of `trace`, whose rows may come by `channel`.
///
/// # Errors
/// [`ConfirmError`]; as [`closed`].
pub fn sheet(room: &Room, trace: &Trace, channel: Channel) -> Result<Statement, Refused> {
    if !room.policy().allows_channel(channel) {
        return Err(ConfirmError::Channel(channel).into());
    }
    Ok(closed(room, trace)?.statement().clone())
}

/// Lets `officer` sit down in front of the sheet: eight rows are his, or all sixteen where `whole`, as a bundle needs
/// that changes trust.
///
/// # Errors
/// As [`sheet`]; any [`PaperError`](crate::exchange::paper::PaperError).
pub fn sit(
    room: &mut Room,
    trace: &Trace,
    officer: &Present,
    whole: bool,
    channel: Channel,
) -> Result<(Statement, Seat), Refused> {
    let statement = sheet(room, trace, channel)?;
    let sharing = if whole { Sharing::Whole } else { Sharing::Halves };
    let seat = room.desk_mut().sit(&statement, officer, sharing, channel)?;
    Ok((statement, seat))
}

impl Refusal for ConfirmError {
    fn reason(&self) -> Reason {
        match self {
            Self::Channel(_) => {
                Reason::new(Class::Policy, "CONFIRM_CHANNEL", "have the rows typed from paper, or have policy changed")
            }
        }
    }
}
