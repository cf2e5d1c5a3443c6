//! Both sides introduce themselves in person: what this side says of itself, and what it takes from its CA.
//!
//! - [`mod@export`]: the record of this cluster leaves
//! - [`mod@import`]: the record of the CA comes in; two people type its sheet, then one of them enrols it
//! - [`list`]: who is enrolled
//! - [`fault`]: why nobody is enrolled

pub mod export;
pub mod fault;
pub mod import;
pub mod list;

pub use export::{Asked, Sent, export};
pub use fault::EnrolError;
pub use import::{Reviewed, accept, import, review, statement};
pub use list::{Peer, allowed_signers, peers};
