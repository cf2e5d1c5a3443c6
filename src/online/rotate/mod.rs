//! From a staged package to the plan of a rotation, and where a cluster stands in it. Nothing here changes anything.
//!
//! - [`observe`]: the facts that files alone can tell
//! - [`planned`]: the plan for this cluster and this package
//! - [`status`]: how far each node and each place is
//! - [`preflight`]: what must hold before anything is touched
//! - [`told`]: how a report tells them

pub mod observe;
pub mod planned;
pub mod preflight;
pub mod status;
pub mod told;

pub use planned::{Planned, Wish};
pub use preflight::Preflight;
pub use status::Status;
