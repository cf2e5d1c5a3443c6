//! What a kubeadm cluster is made of, as far as its certificates go.
//!
//! - [`role`]: one table of every Kubernetes identity: who, by which CA, for what, in which files
//! - [`record`]: the cluster record: the names and addresses that certificates may bear
//! - [`layout`]: where kubeadm keeps what on a node, and the trees of the next generation beside it
//! - [`private_key`]: which public key a private key file belongs to

pub mod layout;
#[cfg(feature = "online")]
pub mod private_key;
pub mod record;
pub mod role;
