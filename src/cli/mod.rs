//! The command line: it asks and shows, and decides nothing.
//!
//! - [`terminal`]: a person at a terminal, and secrets that are not shown

pub mod terminal;
