//! The engine on a real control plane of Kubernetes 1.20.2: three members of etcd, three API servers, controller managers and
//! schedulers, each on a node of its own in kubeadm's form. `scripts/control-plane` builds the programs; these tests are long
//! and run with `scripts/test --control-plane` alone.
//!
//! - [`room`]: a network and a process table of one's own
//! - [`material`]: both generations of roots, and what they issue for a node
//! - [`manifests`]: the static pods of a node, as kubeadm writes them
//! - [`pods`]: STAND-IN for the half of the kubelet that runs static pods
//! - [`kubelet`]: STAND-IN for the half of the kubelet that serves and renews its lease
//! - [`plane`]: the cluster, and the engine on each of its nodes
//! - [`objects`]: what an administrator does with kubectl
//! - [`clients`]: the load
//! - [`audit`]: what the API servers say of who came, by their audit logs and their metrics
//! - [`journey`]: node after node until it ends
//! - [`whole`]: there, and back
//! - [`bridge`]: there and back where new leaves come with a bridge
//! - [`orders`]: the orders that fail

mod audit;
mod bridge;
mod clients;
mod journey;
mod kubelet;
mod manifests;
mod material;
mod objects;
mod orders;
mod plane;
mod pods;
mod room;
mod whole;
