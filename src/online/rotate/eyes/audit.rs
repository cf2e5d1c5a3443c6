//! Audit logs of API servers (`audit.k8s.io/v1`, a line an event): who came with which certificate. From 1.32 on an API
//! server writes the SHA-256 of the client's certificate into each event.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::devices::store::{Links, read_file};
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The longest audit log that is searched, in bytes.
const MAX_LOG: u64 = 1 << 30;
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";
const PREFIX: &str = "X509SHA256=";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// From when on all logs tell, the latest of their beginnings; none where no log was searched, or one tells nothing.
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
}

#[derive(Deserialize, Default)]
struct User {
    #[serde(default)]
    extra: BTreeMap<String, Vec<String>>,
}

/// Searches `files`, one for each API server.
///
/// # Errors
/// What the disk says.
pub fn search(files: &[PathBuf]) -> Result<Found, Refused> {
    let mut found = Found::default();
    let mut begins = Vec::new();
    for file in files {
        let bytes = read_file(file, MAX_LOG, Links::Follow)?;
        begins.push(found.take(&String::from_utf8_lossy(&bytes)));
    }
    found.from = begins.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
    Ok(found)
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

    /// Takes the lines of one log; when it begins.
    fn take(&mut self, text: &str) -> Option<Timestamp> {
        let mut begin = None;
        for event in text.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok()) {
            let Some(time) = time(&event.request_received_timestamp) else { continue };
            begin = Some(begin.map_or(time, |begin: Timestamp| begin.min(time)));
            let ids = event.user.extra.get(CREDENTIAL).into_iter().flatten();
            for print in ids.filter_map(|id| id.strip_prefix(PREFIX)?.parse::<Digest>().ok()) {
                let last = self.used.entry(print).or_insert(time);
                *last = time.max(*last);
            }
        }
        begin
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
        assert_eq!(found.take(&lines.join("\n")), time("2026-11-22T06:37:59Z"));
        assert_eq!(found.last_old_use(&BTreeSet::from([old])), time("2026-11-22T06:39:00Z"));
        assert_eq!(found.last_old_use(&BTreeSet::new()), None);
    }

    #[test]
    fn a_log_that_tells_nothing_leaves_the_beginning_open() {
        let base = tempfile::tempdir().unwrap();
        let (one, two) = (base.path().join("one"), base.path().join("two"));
        std::fs::write(&one, line("2026-11-22T06:38:00.0Z", Digest::of(b"x"))).unwrap();
        std::fs::write(&two, "").unwrap();
        assert!(search(std::slice::from_ref(&one)).unwrap().from.is_some());
        assert_eq!(search(&[one, two]).unwrap().from, None);
        assert_eq!(search(&[]).unwrap().from, None);
    }
}
