//! Audit logs of API servers (`audit.k8s.io/v1`, a line an event): who came with which certificate. From 1.32 on an API
//! server writes the SHA-256 of the client's certificate into each event.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use super::dial::CANARY_PATH;
use crate::devices::probe::http::AGENT;
use crate::devices::store::{Links, read_file};
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The longest audit log that is searched, in bytes.
const MAX_LOG: u64 = 1 << 30;
/// How long ago the last event of a log may be, in seconds: API servers and their controllers ask one another all the time.
const MAX_SILENCE: i64 = 900;
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";
const PREFIX: &str = "X509SHA256=";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// From when on the logs of all API servers tell who came, the latest of their beginnings; none where a log is missing,
    /// tells of no certificate, or ended a while ago.
    pub from: Option<Timestamp>,
    /// When each certificate was last used.
    pub used: BTreeMap<Digest, Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    request_received_timestamp: String,
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
    extra: BTreeMap<String, Vec<String>>,
}

/// Searches `files`, one for each of so many API servers: no log stands for another, and each goes on until now.
///
/// # Errors
/// What the disk says.
pub fn search(
    files: &[PathBuf],
    servers: usize,
    canaries: &BTreeSet<Digest>,
    now: Timestamp,
) -> Result<Found, Refused> {
    let (mut found, mut begins, mut seen) = (Found::default(), Vec::new(), BTreeSet::new());
    for file in files {
        let bytes = read_file(file, MAX_LOG, Links::Follow)?;
        if seen.insert(Digest::of(&bytes)) {
            let span = found.take(&String::from_utf8_lossy(&bytes), canaries);
            begins.push(span.filter(|(_, end)| now.since(*end) <= MAX_SILENCE).map(|(begin, _)| begin));
        }
    }
    let all: Option<Vec<_>> = begins.into_iter().collect();
    found.from = all.filter(|all| all.len() >= servers).and_then(|all| all.into_iter().max());
    Ok(found)
}

impl Event {
    /// The certificates that it names.
    fn prints(&self) -> impl Iterator<Item = Digest> {
        let ids = self.user.extra.get(CREDENTIAL).into_iter().flatten();
        ids.filter_map(|id| id.strip_prefix(PREFIX)?.parse::<Digest>().ok())
    }

    /// Whether it does what a canary does, and no more: whoever pretends to be one has asked for nothing that matters.
    fn asks_as_a_canary(&self) -> bool {
        self.user_agent.starts_with(AGENT) && self.verb == "get" && self.path == CANARY_PATH
    }
}

impl Found {
    /// There is no API that anybody could have used, since `since`.
    pub fn nobody(since: Timestamp) -> Self {
        Self { from: Some(since), used: BTreeMap::new() }
    }

    /// When one of `old` was last used.
    pub fn last_old_use(&self, old: &BTreeSet<Digest>) -> Option<Timestamp> {
        self.used.iter().filter(|(print, _)| old.contains(print)).map(|(_, time)| *time).max()
    }

    /// Takes the lines of one log; when it begins and ends to tell of certificates. Events without one do not count: an API
    /// server before 1.32 writes no other, and nothing follows from what it does not tell.
    fn take(&mut self, text: &str, canaries: &BTreeSet<Digest>) -> Option<(Timestamp, Timestamp)> {
        let mut span = None;
        for event in text.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok()) {
            let Some(time) = time(&event.request_received_timestamp) else { continue };
            // Our own canaries come with the old root to see whether it is refused: that is no use of it.
            for print in event.prints().filter(|print| !(canaries.contains(print) && event.asks_as_a_canary())) {
                let (begin, end) = span.unwrap_or((time, time));
                span = Some((time.min(begin), time.max(end)));
                let last = self.used.entry(print).or_insert(time);
                *last = time.max(*last);
            }
        }
        span
    }
}

/// `2026-11-22T06:38:00.123456Z`, fractions cut off.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = text.strip_suffix('Z')?.split('.').next()?;
    format!("{seconds}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: &str, print: Digest) -> String {
        format!(
            r#"{{"kind":"Event","requestReceivedTimestamp":"{time}","user":{{"username":"x","extra":{{"{CREDENTIAL}":["{PREFIX}{print}"]}}}}}}"#
        )
    }

    #[test]
    fn the_last_use_of_a_certificate_is_found() {
        let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
        let lines = [
            line("2026-11-22T06:38:01.5Z", old),
            line("2026-11-22T06:39:00.000001Z", old),
            line("2026-11-22T06:37:59.9Z", new),
            "not an event".to_owned(),
            line("yesterday", old),
        ];
        let mut found = Found::default();
        let span = found.take(&lines.join("\n"), &BTreeSet::new()).unwrap();
        assert_eq!((Some(span.0), Some(span.1)), (time("2026-11-22T06:37:59Z"), time("2026-11-22T06:39:00Z")));
        assert_eq!(found.last_old_use(&BTreeSet::from([old])), time("2026-11-22T06:39:00Z"));
        assert_eq!(found.last_old_use(&BTreeSet::new()), None);
    }

    /// Else each look would begin the window anew.
    #[test]
    fn our_own_canaries_do_not_use_the_old_root() {
        let old = Digest::of(b"old");
        let used = |agent: &str, verb: &str, path: &str, canary: Digest| {
            let more = format!(r#""userAgent":"{agent}","verb":"{verb}","requestURI":"{path}","user":{{"#);
            let event = line("2026-11-22T06:38:00.0Z", old).replace("\"user\":{", &more);
            let mut found = Found::default();
            found.take(&event, &BTreeSet::from([canary]));
            found.last_old_use(&BTreeSet::from([old]))
        };
        assert_eq!(used("airlock/0.1.0", "get", "/api", old), None);
        // Another program; one that calls itself ours and reads secrets; and one that comes with what is no canary.
        for (agent, verb, path, canary) in [
            ("kube-scheduler/v1.32.3", "get", "/api", old),
            ("airlock/0.1.0", "get", "/api/v1/secrets", old),
            ("airlock/0.1.0", "create", "/api", old),
            ("airlock/0.1.0", "get", "/api", Digest::of(b"another")),
        ] {
            assert_eq!(used(agent, verb, path, canary), time("2026-11-22T06:38:00Z"), "{agent} {verb} {path}");
        }
    }

    #[test]
    fn a_log_that_is_missing_or_tells_nothing_leaves_the_beginning_open() {
        let base = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = base.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = put("one", &line("2026-11-22T06:38:00.0Z", Digest::of(b"x")));
        let two = put("two", &line("2026-11-22T06:39:00.0Z", Digest::of(b"y")));
        let copy = put("copy", &line("2026-11-22T06:38:00.0Z", Digest::of(b"x")));
        let without =
            put("without", r#"{"requestReceivedTimestamp":"2026-11-22T06:38:00.0Z","user":{"username":"x"}}"#);
        let (empty, soon) = (put("empty", ""), time("2026-11-22T06:40:00Z").unwrap());
        let from = |files: &[&PathBuf], servers: usize, now: Timestamp| {
            let files: Vec<_> = files.iter().map(|file| (*file).clone()).collect();
            search(&files, servers, &BTreeSet::new(), now).unwrap().from
        };
        assert_eq!(from(&[&one], 1, soon), time("2026-11-22T06:38:00Z"));
        assert_eq!(from(&[&one, &two], 2, soon), time("2026-11-22T06:39:00Z"));
        for (files, servers) in [
            (&[][..], 1),
            (&[&one], 2),
            (&[&one, &copy], 2),
            (&[&one, &one], 2),
            (&[&one, &empty], 2),
            (&[&one, &without], 2),
        ] {
            assert_eq!(from(files, servers, soon), None);
        }
        assert_eq!(from(&[&one], 1, soon.plus(MAX_SILENCE)), None, "it ended a while ago");
    }
}
