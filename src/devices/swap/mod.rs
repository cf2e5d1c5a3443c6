//! Live files replaced: all that belongs together at once, the old generation kept beside it.
//!
//! A swap writes the new files whole and durable under temporary names, keeps the old ones as `NAME.g1` (the next time
//! `NAME.g2`, and so on), and then renames one after the other with nothing between: a server that reads a key and its
//! certificate at each handshake must not see the one without the other for longer than two system calls take. What is
//! there already is not touched, so a swap that was killed anywhere is finished by running it again.
//!
//! An old generation is the old file itself under a second name, not a copy: the bytes of a key that is reclaimed later
//! are overwritten where they have always lain.
//!
//! - [`place`]: a live file, and where its generations are kept
//! - [`replace`]: the swap, and the way back
//! - [`mod@reclaim`]: old generations overwritten and removed
//! - [`mod@link`]: a link that leads to the current file of several
//! - [`fault`]: why nothing was swapped

pub mod fault;
pub mod link;
pub mod place;
pub mod reclaim;
pub mod replace;

pub use fault::SwapError;
pub use link::{Link, turn};
pub use place::{Kept, Place};
pub use reclaim::{reclaim, shred};
pub use replace::{Done, Wanted, restore, swap};
