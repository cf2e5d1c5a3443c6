//! What the store and the media do when the file system fails under them, on real file systems: full, read-only,
//! pulled out, and killed at each system call. What this machine cannot do is skipped with its reason.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr, missing_docs)]

mod kills;
mod media;
mod mounts;
mod store;
