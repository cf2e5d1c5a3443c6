//! What a cluster shows to whoever dials it: real handshakes, real requests, real processes. Nothing here decides.
//!
//! Whom a server shows itself as is looked at without trusting it; trust is judged beside it, under roots that the caller
//! names. No session is ever resumed, for a resumed one shows no certificate.
//!
//! - [`endpoint`]: an address, with a name for SNI or without
//! - [`caller`]: who dials: nobody, or the holder of a certificate
//! - [`connection`]: a TLS connection, and the certificates it was opened with
//! - [`served`]: what a server shows
//! - [`http`]: one request over a connection that stays
//! - [`canary`]: who accepts whom
//! - [`reload`]: hot, restarted or stale
//! - [`apiserver`]: a real read and a real write
//! - [`etcd`]: a member's health, its status, a real read and a real write
//! - [`many`]: many probes by few threads
//! - [`fault`]: why there is no answer

pub mod apiserver;
pub mod caller;
pub mod canary;
pub mod connection;
pub mod endpoint;
pub mod etcd;
pub mod fault;
pub mod http;
pub mod many;
pub mod reload;
pub mod served;
mod timed;

pub use caller::Caller;
pub use canary::Acceptance;
pub use connection::Connection;
pub use endpoint::Endpoint;
pub use fault::{Alert, ProbeError};
pub use served::Served;
