//! The people of an exchange: who they are, which keys are theirs, and how many of them an operation needs.
//!
//! - [`person`]: one person and the one role he has
//! - [`roster`]: all of them with the quorum rules, pinned by importers

pub mod person;
pub mod roster;
