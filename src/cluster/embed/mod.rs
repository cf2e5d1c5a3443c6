//! Every place of a cluster that embeds a CA, and what it holds of the old and of the new root.
//!
//! - [`holding`]: the roots of a rotation, and the verdict on a place

pub mod holding;

pub use holding::{Holding, Roots};
