//! The desk of a host: its open state, and what both rooms do with a transfer and its sheet.
//!
//! - [`clock`]: two people compare the clock of this host
//! - [`fitness`]: whether this host is fit for what it is used for
//! - [`founding`]: the genesis that people sign before a host works
//! - [`host`]: the state of this host, open for one process: log, blobs, clock, randomness
//! - [`inspect`](mod@inspect): what one file holds
//! - [`intake`]: a transfer is copied in, checked while closed, and its rows are drawn
//! - [`log_review`]: the log is read, checked and copied, which is written down
//! - [`seat`]: one person in front of one sheet; each entry is written down as it happens
//! - [`people`]: a person shows a key of the roster, and is locked out after too many failures
//! - [`outbox`]: a transfer is kept and written down; [`dispatch`]: it is written to a medium and read back
//! - [`media`]: the medium that a person names; [`register`]: which sticks are known
//! - [`printing`]: numbers of sheets and copies; [`print_check`]: a print is compared before it leaves
//! - [`quarantine`]: what is locked away
//! - [`second`]: two statements of one exchange, which is an alarm
//! - [`unfinished`]: what was begun and not ended; `unnamed`: what was kept and never written down
//! - [`tray`]: where a printed sheet goes
//! - [`program`]: which binary this is

pub mod clock;
pub mod dispatch;
pub mod fitness;
pub mod founding;
pub mod host;
pub mod inspect;
pub mod intake;
pub mod log_review;
pub mod media;
pub mod outbox;
pub mod people;
pub mod print_check;
pub mod printing;
pub mod program;
pub mod quarantine;
pub mod register;
pub mod seat;
pub mod second;
pub mod tray;
pub mod unfinished;
mod unnamed;
