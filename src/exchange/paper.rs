//! The paper: who typed which rows of which sheet, folded from the log, and what follows from it.
//!
//! Nothing here is remembered anywhere else. A draw, a person's rows, typos and wrong entries, quarantine and the lock on
//! a peer's intake are what the entries of the log say; so a restart asks the same rows, gives no fresh attempts, and
//! finds a confirmation where it left it.
//!
//! ```text
//! OOB_DRAW     once a statement      the order of its rows
//! OOB_ASKED    before each sitting   who is about to see which rows are his
//! OOB_TYPO  OOB_WRONG                as they happen
//! OOB_ROWS | OOB_MISMATCH | OOB_ABANDONED      how the sitting ended
//! ```
//!
//! - [`papers`]: the fold over a log: all sheets of a host, and whose intake is locked
//! - [`sheet`]: one statement: its draw, its typists, its quarantine
//! - [`sitting`]: one person in front of one sheet
//! - [`evidence`]: what opens a closed transfer: who confirmed which rows of its statement
//! - [`channel`]: how the rows came from the paper to the machine
//! - [`sheet_copy`]: which printed sheet a person held

pub mod channel;
mod error;
pub mod evidence;
pub mod papers;
pub mod sheet;
pub mod sheet_copy;
pub mod sitting;

pub use error::PaperError;
