//! Why something that was typed, or asked for out of turn, means nothing.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Why an effect is not executed.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(super) enum EffectError {
    /// Nobody sits in front of a sheet.
    #[error("nobody sits in front of the sheet any more")]
    NoSeat,
    /// No statement was opened.
    #[error("no statement is open whose print could be compared")]
    NoPrint,
    /// Nothing was drafted.
    #[cfg(feature = "online")]
    #[error("nothing was reviewed that could be made")]
    NoDraft,
    /// The workstation was left before its end.
    #[error("the workstation was left")]
    Left,
    /// What is shown is recorded no more.
    #[error("the recording of this workstation ended: its disk is full or failed; the work goes on unrecorded")]
    Unrecorded,
    /// It is not done on this side.
    #[error("this is not done on this side")]
    OtherSide,
    /// The config names no printer.
    #[error("the config of this host names no printer")]
    NoPrinter,
    /// The text names nobody.
    #[error("this is not how the roster names a person")]
    Person,
    /// The text is not the code of a rule.
    #[cfg(feature = "offline")]
    #[error("no rule has this code")]
    Rule,
    /// The text is no minute.
    #[cfg(feature = "offline")]
    #[error("this is not a minute of UTC of the form 2026-11-22T03:10Z")]
    Minute,
    /// There is no such request.
    #[cfg(feature = "offline")]
    #[error("the bundle has no such request that can be read")]
    Request,
}

impl Refusal for EffectError {
    fn reason(&self) -> Reason {
        let (class, code, hint) = match self {
            Self::NoSeat => {
                (Class::Sheet, "SCREEN_NO_SEAT", "sit down again; the rows of a sitting that was left are typed again")
            }
            Self::NoPrint => (Class::Usage, "SCREEN_NO_PRINT", "name the statement again"),
            Self::Left => (
                Class::NeedsPerson,
                "SCREEN_LEFT",
                "start airlock again; unfinished work is listed on its first screen",
            ),
            Self::Unrecorded => (
                Class::Storage,
                "SCREEN_UNRECORDED",
                "what was recorded lies in FILE.partial; where the site asks for all of it, leave, make room, and record anew",
            ),
            #[cfg(feature = "online")]
            Self::NoDraft => (Class::Usage, "SCREEN_NO_DRAFT", "review the request again, then make it"),
            Self::OtherSide => {
                (Class::Policy, "SCREEN_OTHER_SIDE", "use the other workstation; a host never changes sides")
            }
            Self::NoPrinter => (
                Class::Usage,
                "SCREEN_NO_PRINTER",
                "press W and name a printer or a new file, or write sheet.printer into the config",
            ),
            Self::Person => (Class::Usage, "SCREEN_PERSON", "type the id as the roster has it: airlock officer list"),
            #[cfg(feature = "offline")]
            Self::Rule => {
                (Class::Usage, "SCREEN_RULE", "type one of K1 K2 N1 N2 S1 S2 S3 U1 T1 C1 E1 R1 P1, or NOT_EXPLAINED")
            }
            #[cfg(feature = "offline")]
            Self::Minute => (Class::Usage, "SCREEN_MINUTE", "read the clock again, in UTC, and type date and minute"),
            #[cfg(feature = "offline")]
            Self::Request => (Class::Usage, "SCREEN_REQUEST", "go back to the review and open another one"),
        };
        Reason::new(class, code, hint)
    }
}
