//! Every Kubernetes identity of a kubeadm cluster: who it is, by which CA it is certified, for what, and in which files
//! it lives.
//!
//! - [`identity`]: what a row says, and what can be asked of a role
//! - [`table`]: the rows; a new role is one row

pub mod identity;
pub mod table;

pub use identity::{Domain, Files, Group, Hosts, Identity, Names, PRIVILEGED_GROUPS, RoleError, Span};
pub use table::Role;
