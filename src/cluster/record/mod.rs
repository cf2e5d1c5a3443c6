//! The cluster record: the names and addresses that a cluster's certificates may bear, as enrolled in person.
//!
//! - [`fields`]: what a person writes down
//! - [`check`]: what makes it a record
//! - [`document`]: the record as it crosses the gap, `airlock.cluster/1`
//! - [`names`]: what the rules ask of it

pub mod check;
pub mod document;
pub mod fields;
pub mod names;

pub use check::{Record, RecordError};
pub use fields::{Endpoint, Fields, Host, Node, NodeRole};

#[cfg(test)]
mod tests;
