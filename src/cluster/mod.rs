//! What a kubeadm cluster is made of, as far as its certificates go.
//!
//! - [`role`]: one table of every Kubernetes identity: who, by which CA, for what, in which files
//! - [`record`]: the cluster record: the names and addresses that certificates may bear
//! - [`layout`]: where kubeadm keeps what on a node, and the trees of the next generation beside it
//! - [`kubeconfig`]: kubeconfig files, read and renewed
//! - [`lives`]: how long the certificates of its clients had to live, as an API server counts them
//! - [`tree`]: the files of a node, as a device read them
//! - [`scan`]: every certificate of a cluster and what is wrong with it
//! - [`embed`]: every place that embeds a CA, and which roots it holds

#[cfg(feature = "online")]
pub mod embed;
#[cfg(feature = "online")]
pub mod kubeconfig;
pub mod layout;
#[cfg(feature = "online")]
pub mod lives;
pub mod record;
pub mod role;
#[cfg(feature = "online")]
pub mod scan;
#[cfg(feature = "online")]
pub mod tree;
