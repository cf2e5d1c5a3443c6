//! One line of the log: canonical JSON (RFC 8785) with who, when, what and how it ended.

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::wire::digest::Digest;
use crate::wire::json::{self, JsonError};
use crate::wire::time::Timestamp;

/// The room a host is locked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The cluster admin's side.
    Online,
    /// The CA's side, without a network.
    Offline,
}

impl Side {
    /// `online` or `offline`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }
}

/// The program that wrote an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// SHA-256 of the binary.
    pub sha256: Digest,
    /// Version of the package.
    pub version: String,
}

/// Whose log it is, the same in every entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Name of the host, as enrolled.
    pub host: String,
    /// The room of the host.
    pub side: Side,
    /// The program.
    pub tool: Tool,
}

/// The clocks of the host, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock, UTC.
    pub time: Timestamp,
    /// Identifier of this boot of the host.
    pub boot: String,
    /// Milliseconds since that boot, never stepping back within it.
    pub monotonic_ms: u64,
}

/// What an entry says of the clock beside its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// The entry in which people attested the clock of this boot, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<u64>,
    /// Identifier of the boot.
    pub boot: String,
    /// Milliseconds since the boot.
    pub monotonic_ms: u64,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Fingerprint of the key the person showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Identifier of the person in the roster; none where the program acts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// `system`, `sysadmin`, `officer`, `auditor` or `requester`.
    pub role: String,
}

impl Actor {
    /// The program itself, or a person who did not identify.
    pub fn system() -> Self {
        Self { key: None, person: None, role: "system".to_owned() }
    }

    /// A person of the roster who showed a key.
    pub fn person(id: &str, role: &str, key: &str) -> Self {
        Self { key: Some(key.to_owned()), person: Some(id.to_owned()), role: role.to_owned() }
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done, or allowed.
    Ok,
    /// Refused by a check, with its code.
    Denied(String),
    /// Tried and failed, with its code.
    Failed(String),
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who acted.
    pub actor: Actor,
    /// What the clock is worth.
    pub clock: ClockState,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The host that wrote it.
    pub host: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Index in the log, from 0.
    pub seq: u64,
    /// The room of the host.
    pub side: Side,
    /// Wall clock of the host, UTC.
    pub time: Timestamp,
    /// The program that wrote it.
    pub tool: Tool,
    /// The exchange it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl Entry {
    /// Whether people vouched for the clock that it bears the time of.
    pub fn is_vouched(&self) -> bool {
        self.clock.attested.is_some() || matches!(self.event, Event::ClockAttested(_))
    }

    /// The line without its LF, which is also the leaf of the tree.
    ///
    /// # Errors
    /// Where a field holds what canonical JSON refuses.
    pub fn to_line(&self) -> Result<Vec<u8>, JsonError> {
        json::to_vec(self)
    }

    /// Reads a line without its LF; unknown keys and other encodings are refused.
    ///
    /// # Errors
    /// Where the line is not exactly what [`Entry::to_line`] writes.
    pub fn from_line(line: &[u8]) -> Result<Self, JsonError> {
        json::from_slice(line)
    }
}
