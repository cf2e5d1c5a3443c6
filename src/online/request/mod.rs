//! From a scan to a CSR bundle on a medium.
//!
//! - [`wish`]: what a person asks for, in his words; [`choice`]: what he wants of what a scan found
//! - [`foreign`]: requests that were made elsewhere
//! - [`ask`]: what will be asked for, before any key exists
//! - [`draft`]: a request that nothing has been done for yet, [`change`]: what it changes
//! - [`finding`]: what the CA will have to say of it
//! - [`mod@make`]: keys and requests, on all cores
//! - `stock`: what a scan found, as it is chosen from
//! - [`order`]: the request is written down, then its keys are written, then its bundle may leave
//! - [`mod@export`]: it leaves on a medium
//! - `bundle`: what the bundle says, `places`: where keys go and what lies there
//! - [`sheet`]: what stands on its sheet, `told`: how a report tells it
//! - [`fault`]: why there is no request

pub mod ask;
mod bundle;
pub mod change;
pub mod choice;
pub mod draft;
pub mod export;
pub mod fault;
pub mod finding;
pub mod foreign;
pub mod make;
pub mod order;
mod places;
pub mod sheet;
mod stock;
mod told;
pub mod wish;

pub use ask::{Ask, KeySource, Today};
pub use change::Change;
pub use choice::{Choice, Chosen, Keys, LeftOut};
pub use draft::{Draft, Review};
pub use export::{Sent, export};
pub use fault::RequestError;
pub use finding::Finding;
pub use foreign::Foreign;
pub use make::{Made, make};
pub use order::{AskedCa, Order, Placed, Terms, place};
pub use wish::{Place, Wish};
