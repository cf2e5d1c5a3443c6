//! Kubeconfig files, read strictly enough to find what they trust and whom they speak as, and renewed.
//!
//! - [`file`]: a kubeconfig, its current context, and the same one with other keys and certificates
//! - [`shape`]: the YAML of it
//! - [`fault`]: why a file is no kubeconfig

pub mod fault;
pub mod file;
mod shape;

pub use fault::KubeconfigError;
pub use file::{Kubeconfig, Material};
