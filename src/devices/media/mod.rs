//! A removable medium; for now a directory that somebody mounted.
//!
//! On the way in the top level is listed, exactly one transfer set is taken, and nothing else is opened. On the way out
//! payload, statement and signature are written in that order, each durable and read back from the device before the
//! next; the signature is the mark of completeness. Nothing on the medium is ever written over.
//!
//! - [`medium`]: a directory as the medium
//! - [`set`]: what lies on it, and the one set of three files to take
//! - [`intake`]: copying that set in
//! - [`export`]: writing a set out
//! - [`fault`]: why the medium was refused

pub mod export;
pub mod fault;
pub mod intake;
pub mod medium;
pub mod set;

pub use fault::MediaError;
pub use medium::Medium;
pub use set::{Part, Recognised, TransferSet};
