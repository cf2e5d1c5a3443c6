//! Officers type the rows of a bundle's sheet from paper.

use thiserror::Error;

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

/// Whether each row of the sheet of `statement` was confirmed by somebody.
///
/// # Errors
/// [`PaperError::Log`](crate::exchange::paper::PaperError::Log).
pub fn is_complete(room: &Room, statement: &Statement) -> Result<bool, Refused> {
    Ok(room.desk().papers()?.sheet(statement).is_some_and(|sheet| sheet.is_complete()))
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
