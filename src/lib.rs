//! airlock: an air-gapped CA workstation for Kubernetes PKI.
//!
//! Two rooms that never meet. In the online room an admin finds a cluster's certificates and carries a CSR bundle out;
//! in the offline room officers review it, approve the exact bytes to be signed and let an HSM sign them; back online
//! the certificate package is verified and staged.
//!
//! The modules are floors of one house. A module uses lower floors only, never a neighbour on its own floor;
//! `tests/floors.rs` keeps that law.
//!
//! | floor | modules |
//! |---|---|
//! | 0 | [`refusal`] why something was refused · [`wire`] the strict encodings · [`cores`] work on all cores |
//! | 1 | [`pki`] keys, names, requests, certificates, CRLs and chains |
//! | 2 | [`audit`] the tamper-evident log |
//! | 2 | [`cluster`] Kubernetes identities, their names and their files |
//! | 3 | [`exchange`] what crosses the gap: statement, code, container, signature, seal |
//! | 4 | [`issuance`] what may be issued: profiles, policy, rules, plans, quorum |
//! | 4 | `rotation` the old root leaves a cluster: order, gates, the way back; in the online room only |
//! | 5 | [`devices`] HSM, media, store, ledger, clock |
//! | 5 | [`report`] what an operator is shown, and the printed sheet |
//! | 6 | [`config`] one strict TOML per side |
//! | 6 | [`desk`] the open state of a host, and what both rooms do with a transfer |
//! | 7 | [`online`] the room of the cluster admin |
//! | 7 | [`offline`] the room of the security officers |
//! | 8 | [`cli`] the command line · [`tui`] the terminal workstation |

#![warn(
    clippy::dbg_macro,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::todo,
    clippy::unwrap_used
)]

pub mod audit;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod cores;
pub mod desk;
pub mod devices;
pub mod exchange;
pub mod issuance;
#[cfg(feature = "offline")]
pub mod offline;
#[cfg(feature = "online")]
pub mod online;
pub mod pki;
pub mod refusal;
pub mod report;
#[cfg(feature = "online")]
pub mod rotation;
pub mod tui;
pub mod wire;
