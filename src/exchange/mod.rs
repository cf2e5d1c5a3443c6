//! What crosses the gap: plain text, paper, ZIP, SSHSIG and age, each with one valid encoding.
//!
//! - [`trace`]: the id that ties together every record of one exchange
//! - [`statement`]: the eight lines that are signed, hashed and printed for one transfer
//! - [`code`]: the hash of a statement as sixteen rows that a person types from paper

pub mod code;
pub mod statement;
pub mod trace;
