//! What the store and the media do when the file system fails under them, on real file systems: full, read-only,
//! pulled out, and killed at each system call. What this machine cannot do is skipped with its reason.

mod kills;
mod ledger;
mod media;
mod mounts;
mod outbox;
mod store;
mod sweep;
#[path = "../media/transfer.rs"]
mod transfer;
