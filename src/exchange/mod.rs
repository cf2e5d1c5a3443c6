//! What crosses the gap: plain text, paper, ZIP, SSHSIG and age, each with one valid encoding.
//!
//! - [`trace`]: the id that ties together every record of one exchange

pub mod trace;
