//! The tamper-evident log: what happened, written down and flushed before it takes effect.
//!
//! The log is the one source of truth of a host. Everything else it knows (enrolled peers, confirmed sheets, open
//! plans, issued serials) is a fold over these entries; files hold only blobs whose digest stands in an entry.
//!
//! - [`entry`]: one line of the log, who did what when, and how it ended
//! - [`event`]: the closed list of things that can happen, [`detail`]: what each says of itself
//! - [`log`]: append durably and hand out [`log::Recorded`]
//! - [`tree`]: RFC 6962 Merkle tree over the lines, with its two proofs
//! - [`note`]: C2SP signed notes, the text form of a signed head
//! - [`checkpoint`]: the head of a log as a note, signed by the log and cosigned by witnesses
//! - [`proof`]: the proofs as text files, as they travel in a package

pub mod checkpoint;
pub mod detail;
pub mod entry;
pub mod event;
pub mod log;
pub mod note;
pub mod proof;
pub mod tree;
