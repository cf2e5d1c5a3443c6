//! From a scan to a CSR bundle on a medium.
//!
//! - [`choice`]: what a person wants of what a scan found
//! - [`foreign`]: requests that were made elsewhere
//! - [`ask`]: what will be asked for, before any key exists
//! - [`draft`]: a request that nothing has been done for yet, [`change`]: what it changes
//! - [`finding`]: what the CA will have to say of it
//! - [`mod@make`]: keys and requests, on all cores
//! - `stock`: what a scan found, as it is chosen from
//! - [`fault`]: why there is no request

pub mod ask;
pub mod change;
pub mod choice;
pub mod draft;
pub mod fault;
pub mod finding;
pub mod foreign;
pub mod make;
mod stock;

pub use ask::{Ask, KeySource, Today};
pub use change::Change;
pub use choice::{Choice, Chosen, Keys, LeftOut};
pub use draft::{Draft, Review};
pub use fault::RequestError;
pub use finding::Finding;
pub use foreign::Foreign;
pub use make::{Made, make};
