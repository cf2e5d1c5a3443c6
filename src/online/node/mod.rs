//! A node that stages for itself: its state is made on it, its cluster's key is pinned in its config, and it takes from its
//! cluster what was cut for it.
//!
//! ```text
//! init: identity ─ its recipient, by hand → the admin's config      split → NAME.node-cp1.age ─ accept → stage
//! ```
//!
//! - [`init`]: the state and the identity of a node
//! - [`mod@accept`]: a package is opened, checked and written down
//! - `told`: the people and the CA, as the last package told them
//! - [`fault`]: why a package is not accepted

pub mod accept;
pub mod fault;
pub mod init;
mod told;

pub use accept::{Accepted, accept, kept};
pub use fault::NodeError;
pub(super) use told::{told, told_of};
