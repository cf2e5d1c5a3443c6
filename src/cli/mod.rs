//! The command line: it asks and shows, and decides nothing.
//!
//! - [`args`]: the tree of verbs
//! - [`run`]: from arguments to an exit status
//! - [`call`]: what every verb is given: which host, which senses, how to show progress
//! - [`answer`]: what a verb gives back, and how it is shown
//! - [`gauge`]: progress of long steps
//! - `interrupt`: Ctrl-C during work that is better ended than cut off
//! - [`secrets`]: options that name where a PIN or a passphrase is
//! - [`sheet_options`]: options that name where a sheet is printed
//! - `sheet_typing`: a second person types the rows of a print
//! - [`person`]: a person shows a key
//! - [`dialogue`]: a person types the rows of a sheet
//! - `domain`: a world of trust, as it is written
//! - `init`, `enrol`: verbs that both sides have
//! - `online`: the verbs of the cluster admin's room
//! - `audit`, `inspect`: what the log and a file say
//! - `media`: sticks, and the register of them
//! - `sheet`, `resume`, `host`: what was sent, what is unfinished, what is around
//! - `clock`: people compare the clock, and set it back
//! - `officer`, `policy`: what people decide on at a CA host, by way of `decision`
//! - `quarantine`: what is locked away, and at a CA host that it is let out
//! - `offline`: the verbs of the CA's room
//! - `completions`, `man`: what a shell and a reader of manuals want
//! - `reinsert`: a stick is pulled out and read once more
//! - [`process`]: what a process must never leave behind
//! - [`terminal`]: a person at a terminal, and secrets that are not shown

pub mod answer;
pub mod args;
mod audit;
pub mod call;
mod clock;
mod completions;
#[cfg(feature = "offline")]
mod decision;
pub mod dialogue;
mod domain;
mod enrol;
pub mod gauge;
mod host;
mod init;
mod inspect;
#[cfg(feature = "offline")]
mod interrupt;
mod man;
mod media;
#[cfg(feature = "offline")]
mod officer;
#[cfg(feature = "offline")]
mod offline;
#[cfg(feature = "online")]
mod online;
pub mod person;
#[cfg(feature = "offline")]
mod policy;
pub mod process;
mod quarantine;
mod reinsert;
mod resume;
pub mod run;
pub mod secrets;
mod sheet;
pub mod sheet_options;
mod sheet_typing;
pub mod terminal;
