//! A removable medium: a stick or a disc that we mount ourselves, or a directory that somebody mounted.
//!
//! On the way in the top level is listed, exactly one transfer set is taken, and nothing else is opened. On the way out
//! payload, statement and signature are written in that order, each durable and read back from the device before the
//! next; the signature is the mark of completeness. Nothing on the medium is ever written over.
//!
//! - [`bay`]: the block devices of this machine, by `sysfs`
//! - [`disk`]: what is known of one; [`identity`]: what it is registered by
//! - [`table`], [`filesystem`]: what its first bytes say
//! - [`verdict`]: whether it is offered
//! - [`drive`]: one that is offered, copied from or written to, by way of `mounted`
//! - [`eject`]: it is given back; [`wipe`]: it is made anew
//! - [`medium`]: a directory as the medium
//! - [`set`]: what lies on it, and the one set of three files to take
//! - [`intake`]: copying that set in
//! - [`export`]: writing a set out
//! - [`fault`]: why the medium was refused

pub mod bay;
pub mod disk;
pub mod drive;
pub mod eject;
pub mod export;
pub mod fault;
pub mod filesystem;
pub mod identity;
pub mod intake;
pub mod medium;
mod mounted;
pub mod set;
mod sysfs;
pub mod table;
pub mod verdict;
pub mod wipe;

pub use bay::Bay;
pub use drive::Drive;
pub use fault::MediaError;
pub use identity::Identity;
pub use medium::Medium;
pub use set::{Part, Recognised, TransferSet};
