//! The enrolment record `airlock.enrolment/1`: the keys and names of one side, introduced in person.
//!
//! ```text
//! Closed<Introduction> ─ confirm (two people, sixteen rows each) → Confirmed ─ open → Introduced ─ log.record → enrolled
//! ```
//!
//! It is the only transfer that comes from an unknown key, so paper speaks first: the record is parsed when two people
//! have typed all its rows, and its signature then shows that the sender holds the key that he introduces, no more.
//!
//! - [`record`]: what a record says, checked
//! - [`introduction`]: a record on its way in, and what it changes
//! - [`facts`]: what people compare when a peer enrols again
//! - [`peers`]: who is enrolled, folded from the log
//! - `allowed_signers`: the keys of a peer as `ssh-keygen` takes them

mod allowed_signers;
mod error;
pub mod facts;
mod fields;
pub mod introduction;
pub mod peers;
pub mod record;

pub use error::EnrolmentError;
