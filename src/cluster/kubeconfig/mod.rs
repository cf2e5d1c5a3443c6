//! Kubeconfig files, read strictly enough to find what they trust and whom they speak as, and renewed.
//!
//! - [`mod@file`]: a kubeconfig, its current context, and the same one with other keys and certificates
//! - [`fault`]: why a file is no kubeconfig
//! - `shape`: the YAML of it

pub mod fault;
pub mod file;
mod shape;

pub use fault::KubeconfigError;
pub use file::{Kubeconfig, Material};
