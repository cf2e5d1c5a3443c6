//! Who accepts whom: a server is shown a certificate, and its own word tells whether it took it.

use std::time::Duration;

use super::caller::Caller;
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::fault::{Alert, ProbeError};
use super::http::{Ask, Standing};

/// What a server made of a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// It was asked for and taken: an answer came that says so (2xx, 403 or any other than 401).
    Accepted(Standing),
    /// The handshake was let pass, but the answer is 401: no root that the server has loaded leads to it.
    NotKnown,
    /// The server ended the connection for it.
    Refused(Alert),
    /// The server ended the connection and did not say why, as etcd does where a peer's names do not fit its address.
    Dropped,
    /// The server never asked for a certificate: its answer says nothing about any.
    NotAsked,
}

impl Acceptance {
    /// Whether the certificate was taken.
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted(_))
    }
}

/// Shows `caller` to the server at `endpoint`, and asks for `path`, within `time`: the handshake alone would not tell, for
/// in TLS 1.3 the server judges after the client has ended it.
///
/// # Errors
/// What is no verdict: the [`ProbeError`]s of the network, timeouts, a server that fails by itself.
pub fn acceptance(endpoint: &Endpoint, caller: &Caller, path: &str, time: Duration) -> Result<Acceptance, ProbeError> {
    let mut connection = match Connection::open(endpoint, caller, time) {
        Err(error) => return verdict(error),
        Ok(connection) => connection,
    };
    match connection.ask(Ask::Get(path), time) {
        Ok(_) if !connection.was_asked() => Ok(Acceptance::NotAsked),
        Ok(answer) => Ok(match answer.standing() {
            Standing::Unknown => Acceptance::NotKnown,
            standing => Acceptance::Accepted(standing),
        }),
        Err(ProbeError::Closed(_)) => Ok(Acceptance::Dropped),
        Err(error) => verdict(error),
    }
}

fn verdict(error: ProbeError) -> Result<Acceptance, ProbeError> {
    match error {
        ProbeError::Alert(_, alert) if alert.is_about_our_certificate() => Ok(Acceptance::Refused(alert)),
        error => Err(error),
    }
}
