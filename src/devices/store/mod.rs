//! Files on the local disk, whole or not at all.
//!
//! A file is written under a temporary name, flushed, and only then given its name, which nothing else may bear; then
//! the directory is flushed. An error leaves nothing behind. A crash leaves at most a file whose name starts with a dot
//! and ends in `.airlock-tmp`; [`Directory::sweep`] removes it in the next run.
//!
//! - [`directory`]: a directory held open, private if asked
//! - [`new_file`]: a file that does not exist yet
//! - [`reading`]: a file that does, with a limit
//! - [`listing`]: what lies in a directory, and what a crash left there
//! - [`lock`]: one airlock at a time
//! - [`tree`]: a node's files, for a scan
//! - [`fault`]: why the disk refused

pub mod directory;
pub mod fault;
pub mod listing;
pub mod lock;
pub mod new_file;
pub mod reading;
#[cfg(feature = "online")]
pub mod tree;

pub use directory::Directory;
pub use fault::StoreError;
pub use lock::StateLock;
pub use new_file::NewFile;
pub use reading::{Links, digest_file, read_dated, read_file, read_own_file};
