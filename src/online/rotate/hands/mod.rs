//! One step done: files swapped, components restarted. Only with a [`Permit`](crate::rotation::gate::Permit), which stands in
//! the log first; each can be done again, and one that was killed is finished by doing it again.
//!
//! - [`mod@act`]: from the action to what is done
//! - [`trust`]: sources of trust
//! - [`leaves`]: certificates and keys, there and back
//! - [`signer`]: with what the controller manager signs
//! - [`restart`]: components, and the round of a control plane
//! - [`reclaim`]: old generations

pub mod act;
pub mod leaves;
pub mod reclaim;
pub mod restart;
pub mod signer;
pub mod trust;

pub use act::{Made, act};
