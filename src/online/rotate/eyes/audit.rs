//! Audit logs of API servers (`audit.k8s.io/v1`, a line an event): who came, and with which certificate. From 1.32 on an API
//! server writes the SHA-256 of the client's certificate into each event; before, only the name of the user.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::dial::CANARY_PATH;
use crate::devices::probe::http::AGENT;
use crate::devices::store::{Links, read_file};
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The longest audit log that is searched, in bytes.
const MAX_LOG: u64 = 1 << 30;
/// How long nothing may stand in a log, at its end or within it, in seconds: API servers and their controllers ask one another
/// all the time.
pub const MAX_SILENCE: i64 = 900;
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";
const PREFIX: &str = "X509SHA256=";
/// Who comes without any credential; nobody who shows a certificate is put into this group by itself.
const NOBODY: &str = "system:unauthenticated";

/// Two logs of which more than one in so many requests are the same are of one server.
const SHARED: usize = 20;

/// What one log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// The name of its file, safe to show.
    pub name: String,
    /// From when to when something stands in it without a gap.
    pub span: Option<Span>,
    /// The same, of events that name the certificate of whoever came.
    pub told: Option<Span>,
    /// When each certificate was last used that is named, and not by a canary of ours.
    pub used: BTreeMap<Digest, Timestamp>,
    /// When each user last came who may have shown a certificate.
    pub users: BTreeMap<String, Timestamp>,
    /// When their requests were received, by the identifier of each, shortened.
    requests: BTreeMap<u128, Timestamp>,
    /// The first line that is no event, counted from one: the log was cut there, or is none.
    pub broken: Option<usize>,
    whole: Option<Digest>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first event, or the first after the last gap.
    pub begin: Timestamp,
    /// The last event.
    pub end: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "auditID", default)]
    id: String,
    request_received_timestamp: String,
    /// When this line was written: of a watch that is when it ended.
    #[serde(default)]
    stage_timestamp: Option<String>,
    #[serde(default)]
    user: User,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    verb: String,
    #[serde(default, rename = "requestURI")]
    path: String,
}

#[derive(Deserialize, Default)]
struct User {
    #[serde(default)]
    username: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    extra: BTreeMap<String, Vec<String>>,
}

/// Who is no sign of the old root.
#[derive(Debug, Clone, Copy)]
pub struct Spared<'a> {
    /// The certificates by which nodes ask whether the old root is still taken.
    pub canaries: &'a BTreeSet<Digest>,
    /// Users who show no certificate, by the word of a person.
    pub without: &'a BTreeSet<String>,
}

impl Log {
    /// Whether it is a copy of `other`, or was taken from the same API server at another time: each request has an identifier of
    /// its own, and is audited where it came.
    fn is_of_one_server_with(&self, other: &Self) -> bool {
        let shared = self.requests.keys().filter(|id| other.requests.contains_key(*id)).count();
        self.whole == other.whole || shared * SHARED > self.requests.len().min(other.requests.len())
    }
}

/// Reads `files`.
///
/// # Errors
/// What the disk says.
pub fn read(files: &[PathBuf], spared: Spared<'_>) -> Result<Vec<Log>, Refused> {
    files.iter().map(|file| Ok(Log::of(&name(file), &read_file(file, MAX_LOG, Links::Follow)?, spared))).collect()
}

/// The name of a file, safe to show.
pub fn name(file: &Path) -> String {
    text::clip(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy(), 64)
}

/// Why `logs` do not tell of each of so many API servers until now, each by events of its `span`: no log stands for another.
pub fn faults(logs: &[Log], servers: usize, now: Timestamp, span: impl Fn(&Log) -> Option<Span>) -> Vec<String> {
    let mut faults = Vec::new();
    if logs.len() < servers {
        faults.push(format!("{} audit logs were shown of {servers} API servers", logs.len()));
    }
    for (at, log) in logs.iter().enumerate() {
        let name = &log.name;
        if let Some(same) = logs.iter().take(at).find(|same| log.is_of_one_server_with(same)) {
            faults.push(format!("{name} is the same as {}", same.name));
        } else if let Some(line) = log.broken {
            faults.push(format!("{name} was cut, or is no audit log: line {line} is no event"));
        } else {
            match span(log) {
                None if log.span.is_none() => faults.push(format!("{name} holds no event")),
                None => faults.push(format!("{name} names no certificate")),
                Some(span) if now.since(span.end) > MAX_SILENCE => {
                    faults.push(format!("{name} ended too early, at {}", span.end));
                }
                Some(_) => {}
            }
        }
    }
    faults
}

impl Log {
    /// What `bytes` say, a log of this name.
    pub fn of(name: &str, bytes: &[u8], spared: Spared<'_>) -> Self {
        let mut log = Self { name: name.to_owned(), whole: Some(Digest::of(bytes)), ..Self::default() };
        let mut lines = bytes.split(|byte| *byte == b'\n').zip(1_usize..).peekable();
        while let Some((line, number)) = lines.next() {
            let taken = line.is_empty() || log.take(line, spared).is_some();
            // A log that is being written may have been copied in the middle of its last line.
            let is_last = lines.peek().is_none();
            if !taken && !is_last && log.broken.is_none() {
                log.broken = Some(number);
            }
        }
        log
    }

    /// How many requests of those who may have shown a certificate were received from `from` until `until`.
    pub fn requests(&self, from: Timestamp, until: Timestamp) -> u64 {
        self.requests.values().filter(|time| (from..=until).contains(time)).count() as u64
    }

    /// Takes one event; nothing where it is none.
    fn take(&mut self, line: &[u8], spared: Spared<'_>) -> Option<()> {
        let event: Event = serde_json::from_slice(line).ok()?;
        let received = time(&event.request_received_timestamp)?;
        let written = event.stage_timestamp.as_deref().map_or(Some(received), time)?;
        Span::widen(&mut self.span, written);
        let certificate = event.certificate();
        // Our own canaries come with the old root to see whether it is refused: that is no use of it.
        let is_ours = |print: &Digest| spared.canaries.contains(print) && event.asks_as_a_canary();
        for print in certificate.iter().filter(|print| !is_ours(print)) {
            Span::widen(&mut self.told, written);
            later(&mut self.used, *print, written);
        }
        let user = &event.user;
        if user.may_be_certified(!certificate.is_empty()) && !spared.without.contains(&user.username) {
            later(&mut self.users, user.username.clone(), written);
            let id: Vec<u8> = Digest::of(event.id.as_bytes()).as_bytes().iter().copied().take(16).collect();
            let id = id.try_into().map_or(0, u128::from_be_bytes);
            self.requests.entry(id).or_insert(received);
        }
        Some(())
    }
}

impl Event {
    fn certificate(&self) -> Vec<Digest> {
        let ids = self.user.extra.get(CREDENTIAL).into_iter().flatten();
        ids.filter_map(|id| id.strip_prefix(PREFIX)?.parse().ok()).collect()
    }

    /// Whether it does what a canary does, and no more: whoever pretends to be one has asked for nothing that matters.
    fn asks_as_a_canary(&self) -> bool {
        self.user_agent.starts_with(AGENT) && self.verb == "get" && self.path == CANARY_PATH
    }
}

impl User {
    /// Whether whoever came may have shown a certificate. Before 1.32 such a user has no identifier, which ServiceAccounts
    /// have, also where a certificate bears the name of one; who failed to say who he is has no name.
    fn may_be_certified(&self, names_certificate: bool) -> bool {
        let is_nobody = self.username == "system:anonymous" && self.groups == [NOBODY];
        names_certificate || (self.uid.is_empty() && !self.username.is_empty() && !is_nobody)
    }
}

impl Span {
    /// Events are written one after the other; before a gap nothing follows from what is not there.
    fn widen(span: &mut Option<Self>, time: Timestamp) {
        *span = Some(match *span {
            Some(span) if time.since(span.end) <= MAX_SILENCE => Self { end: time.max(span.end), ..span },
            _ => Self { begin: time, end: time },
        });
    }
}

fn later<K: Ord>(all: &mut BTreeMap<K, Timestamp>, key: K, time: Timestamp) {
    let last = all.entry(key).or_insert(time);
    *last = time.max(*last);
}

/// `2026-11-22T06:38:00.123456Z`, fractions cut off.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = text.strip_suffix('Z')?.split('.').next()?;
    format!("{seconds}Z").parse().ok()
}

#[cfg(test)]
mod tests;
