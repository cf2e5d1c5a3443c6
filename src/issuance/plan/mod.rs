//! The plan: the closed list of every effect of a package, or of a ceremony of the CA's own, with the exact bytes to be
//! signed. Officers approve its digest.
//!
//! - [`fields`]: what `PLAN.json` says
//! - [`order`]: one signature, and the same read off its bytes
//! - [`document`]: a plan that fits together, read by the CA host and by importers alike
//! - [`draft`]: what is to be done, until it is closed into a plan
//! - [`history`]: what became of earlier plans, and which one is open

mod coherence;
pub mod document;
pub mod draft;
mod error;
pub mod fields;
pub mod history;
pub mod order;
mod rule;

pub use coherence::LIFETIME_S;
pub use document::{ClosedBefore, Plan, PlanFile, Reference};
pub use error::PlanError;

#[cfg(test)]
mod tests;
