//! What a kubeadm cluster is made of, as far as its certificates go.
//!
//! - [`role`]: one table of every Kubernetes identity: who, by which CA, for what, in which files
//! - [`record`]: the cluster record: the names and addresses that certificates may bear
//! - [`layout`]: where kubeadm keeps what on a node, and the trees of the next generation beside it

pub mod layout;
pub mod record;
pub mod role;
