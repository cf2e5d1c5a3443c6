//! Every certificate of a cluster and what is wrong with it. Pure: files in, findings out.
//!
//! - [`report`]: what is found, as text and JSON show it
//! - [`problem`]: what can be wrong, each with its code
//! - [`mod@survey`]: from the trees of the nodes to the report
//! - [`mod@live_key`]: the private key of a leaf, to sign with it once more
//! - `collect`: what lies where on a node
//! - `authority`: the CAs, and who issued what
//! - `judge`: what is wrong with a certificate and its key

mod authority;
mod collect;
mod judge;
pub mod live_key;
pub mod problem;
pub mod report;
pub mod survey;

pub use collect::references;
pub(in crate::cluster) use collect::resolve;
pub use live_key::live_key;
pub use problem::{Problem, Severity};
pub use report::{Found, Holds, KeyState, Report};
pub use survey::{EXPIRING_WITHIN, Question, survey};
