//! What is so, looked at anew before and after each step. Nothing here changes anything.
//!
//! - [`own`]: the files and the processes of this node
//! - [`memory`]: what a process has loaded, by when it started
//! - [`staged`]: whether what lies beside the live files fits
//! - [`callers`]: the certificates that are shown to servers
//! - [`clocks`]: how far clocks are off
//! - [`holdings`]: every certificate of a role with its key
//! - [`dial`]: what servers show, whom they accept, whether they work
//! - [`spared`]: which canaries are shown to nobody
//! - [`accounts`]: what other nodes said of themselves
//! - [`audit`]: audit logs of API servers
//! - [`unused`]: what logs and metrics of API servers say of the old root
//! - [`api`]: leases, the way to kubelets, whether a request is certified
//! - [`soak`]: whether the old root is still in use
//! - [`times`]: when leaves were put in place and members of etcd were started
//! - [`old_keys`]: keys of the old root
//! - [`ready`]: what the files of each node say before a rotation begins
//! - [`verdicts`]: what probes say to the checks
//! - [`whole`]: all of it together

pub mod accounts;
pub mod api;
pub mod audit;
pub mod callers;
pub mod clocks;
pub mod dial;
pub mod holdings;
pub mod memory;
pub mod old_keys;
pub mod own;
pub mod ready;
pub mod soak;
pub mod spared;
pub mod staged;
pub mod times;
pub mod unused;
pub mod verdicts;
pub mod whole;

pub use whole::{Seen, look};
