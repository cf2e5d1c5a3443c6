//! The cluster admin's room: find every certificate, make keys and requests, carry them out, verify what comes back.
//!
//! - [`init`]: a new host is made, and locked to this side
//! - [`room`]: the open room: its people, its keys, its CA
//! - [`people`]: who asks and imports
//! - [`keys`]: the keys of the host itself
//! - [`private_key`]: the private keys of the cluster's certificates
//! - [`history`]: what was asked for, and what became of it, folded from the log
//! - [`enrol`]: this cluster and its CA introduce themselves
//! - [`scan`]: what is on the nodes, and what is wrong with it
//! - [`request`]: from a scan to a CSR bundle on a medium
//! - [`sheet`]: the paper of what was sent, once more
//! - [`receive`]: a package is copied in
//! - [`verify`]: it is opened and checked, and accepted
//! - [`split`]: it is cut into one for each node that stages for itself
//! - [`node`]: such a node
//! - [`stage`]: its certificates are written beside the live ones
//! - [`course`]: how a rotation went, folded from logs
//! - [`chronicle`]: the final report of an exchange
//! - [`metrics`]: what a monitoring system is told
//! - [`inventory`]: every place that embeds a CA
//! - [`rotate`]: from there to the new root: the plan, and how far a cluster is

pub mod chronicle;
pub mod course;
pub mod enrol;
pub mod history;
pub mod init;
pub mod inventory;
pub mod keys;
pub mod metrics;
pub mod node;
pub mod people;
pub mod private_key;
pub mod receive;
pub mod request;
pub mod room;
pub mod rotate;
pub mod scan;
pub mod sheet;
pub mod split;
pub mod stage;
pub mod verify;
