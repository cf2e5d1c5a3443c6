//! Whether a component took up a new certificate hot: same process, old connection alive, new leaf served.

use std::time::Duration;

use super::caller::Caller;
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::fault::ProbeError;
use super::http::Ask;
use super::served::served;
use crate::devices::process::Process;
use crate::wire::digest::Digest;

/// What became of a component whose certificate was swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// It serves the new leaf, and the connection from before the swap still answers: nothing was restarted.
    Hot,
    /// It serves the new leaf, as another process.
    Restarted,
    /// It serves the new leaf, in the same process as far as can be seen, but the old connection is gone.
    Cut,
    /// It still serves something else: the fingerprint.
    Stale(Digest),
}

/// A connection that is held across a swap.
pub struct Held {
    connection: Connection,
    caller: Caller,
    path: String,
    process: Option<Process>,
}

impl Held {
    /// Connects to `endpoint` as `caller` and asks for `path` once, so that the server has judged the caller; `process`
    /// is the component, where it runs on this host.
    ///
    /// # Errors
    /// Any [`ProbeError`].
    pub fn open(
        endpoint: &Endpoint,
        caller: &Caller,
        path: &str,
        process: Option<Process>,
        time: Duration,
    ) -> Result<Self, ProbeError> {
        let mut connection = Connection::open(endpoint, caller, time)?;
        connection.ask(Ask::Get(path), time)?;
        Ok(Self { connection, caller: caller.clone(), path: path.to_owned(), process })
    }

    /// The leaf that was served when the connection was opened.
    pub fn before(&self) -> Digest {
        self.connection.served().fingerprint()
    }

    /// Looks once whether the leaf called `wanted` is served by now, and how it came to be.
    ///
    /// # Errors
    /// Any [`ProbeError`] of a new handshake.
    pub fn look(&mut self, wanted: &Digest, time: Duration) -> Result<Reload, ProbeError> {
        let now = served(self.connection.endpoint(), &self.caller, time)?.fingerprint();
        if now != *wanted {
            return Ok(Reload::Stale(now));
        }
        if self.process.as_ref().is_some_and(|process| !process.still_runs()) {
            return Ok(Reload::Restarted);
        }
        match self.connection.ask(Ask::Get(&self.path), time) {
            Ok(_) => Ok(Reload::Hot),
            Err(_) => Ok(Reload::Cut),
        }
    }

    /// As [`Self::look`], again and again until the leaf is served or `patience` is at its end: a component may poll its
    /// files once a minute only. A handshake that fails meanwhile is tried again; the last word counts.
    ///
    /// # Errors
    /// As [`Self::look`], of the last attempt.
    pub fn wait(&mut self, wanted: &Digest, patience: Duration, time: Duration) -> Result<Reload, ProbeError> {
        let until = std::time::Instant::now() + patience;
        loop {
            let found = self.look(wanted, time);
            let done = !matches!(found, Err(_) | Ok(Reload::Stale(_)));
            if done || std::time::Instant::now() >= until {
                return found;
            }
            std::thread::sleep(BETWEEN);
        }
    }
}

const BETWEEN: Duration = Duration::from_millis(200);
