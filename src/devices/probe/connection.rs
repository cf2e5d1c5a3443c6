//! A TLS connection that is held open, and what was seen when it was opened.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::caller::Caller;
use super::endpoint::Endpoint;
use super::fault::ProbeError;
use super::served::Served;
use super::timed::Timed;
use crate::wire::text;

/// An open connection. In TLS 1.3 the handshake ends before the server has judged the caller's certificate: whether it
/// was taken shows with the first answer.
pub struct Connection {
    stream: StreamOwned<ClientConnection, Timed>,
    endpoint: Endpoint,
    served: Served,
    asked: Arc<AtomicBool>,
    pub(super) rest: Vec<u8>,
}

/// How a handshake ended in which the server proved that it holds its key.
pub(super) enum Handshake {
    /// As it should.
    Done(Box<Connection>),
    /// The server turned the caller away in the middle of it (TLS 1.2).
    TurnedAway(Served, ProbeError),
}

impl Connection {
    /// Connects to `endpoint` as `caller` and shakes hands, both within `time`.
    ///
    /// # Errors
    /// Any [`ProbeError`] of the network and of the handshake.
    pub fn open(endpoint: &Endpoint, caller: &Caller, time: Duration) -> Result<Self, ProbeError> {
        match handshake(endpoint, caller, time)? {
            Handshake::Done(connection) => Ok(*connection),
            Handshake::TurnedAway(_, error) => Err(error),
        }
    }

    /// What the server showed when this connection was opened.
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether the server asked for a certificate. One that did not has accepted nobody.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// From now on, `time` for what follows.
    pub(super) fn give(&mut self, time: Duration) {
        self.stream.sock.give(time);
    }

    /// Sends `bytes`. Where the server has closed already, what it said before it did is the error.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).map_err(|error| self.final_fault(error))
    }

    /// Appends what comes to `rest`; how much came, nothing at the end of the stream.
    pub(super) fn receive(&mut self) -> Result<usize, ProbeError> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer).map_err(|error| self.final_fault(error))?;
        self.rest.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }

    /// The alert that came before the connection broke, or that it broke.
    fn final_fault(&mut self, error: io::Error) -> ProbeError {
        let said = is_gone(&error).then(|| last_word(&mut self.stream.conn, &mut self.stream.sock)).flatten();
        ProbeError::of(&self.endpoint, &said.unwrap_or(error))
    }
}

/// Connects and shakes hands.
pub(super) fn handshake(endpoint: &Endpoint, caller: &Caller, time: Duration) -> Result<Handshake, ProbeError> {
    let (config, asked) = caller.dial();
    let mut tls = ClientConnection::new(config, endpoint.server_name())
        .map_err(|e| ProbeError::Tls(endpoint.clone(), text::clip(&e.to_string(), 120)))?;
    let fault = |error: io::Error| ProbeError::of(endpoint, &error);
    let mut socket = Timed::connect(endpoint.address(), time).map_err(fault)?;
    let shaken = shake(&mut tls, &mut socket);
    let served = tls.peer_certificates().and_then(|chain| Served::of(endpoint, chain));
    match (shaken, served) {
        (Ok(()), Some(served)) => Ok(Handshake::Done(Box::new(Connection {
            stream: StreamOwned::new(tls, socket),
            endpoint: endpoint.clone(),
            served,
            asked,
            rest: Vec::new(),
        }))),
        (Err(error), Some(served)) => Ok(Handshake::TurnedAway(served, fault(error))),
        (Err(error), None) => Err(fault(error)),
        (Ok(()), None) => Err(ProbeError::Tls(endpoint.clone(), "it shows no certificate".to_owned())),
    }
}

fn shake(tls: &mut ClientConnection, socket: &mut Timed) -> io::Result<()> {
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(socket) {
            // The server may have closed while we were writing; its alert is still to be read.
            return Err(if is_gone(&error) { last_word(tls, socket).unwrap_or(error) } else { error });
        }
    }
    Ok(())
}

/// The alert that a closed connection still holds.
fn last_word(tls: &mut ClientConnection, socket: &mut Timed) -> Option<io::Error> {
    while tls.read_tls(socket).ok()? > 0 {
        if let Err(error) = tls.process_new_packets() {
            return Some(io::Error::other(error));
        }
    }
    None
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}
