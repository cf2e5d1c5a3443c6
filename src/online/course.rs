//! The course of a rotation, folded from what logs say of one exchange: when it began and ended, what was done and at what
//! cost, what held it, and how far each node is.
//!
//! A node writes its own log. The course of a fleet is folded from the logs of all its hosts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::detail::{CheckResult, RotationDone, RotationHeld, RotationIntent};
use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::rotation::meter::{DEFAULT_BUDGET, Meter};
use crate::rotation::stage::Stage;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The course of a rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// When the first step was announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// When the last step was seen to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Steps that were done, back and forth.
    pub steps: u64,
    /// Those of them that started what was found down; they belong to no stage.
    pub starts: u64,
    /// Steps that were announced and of which nothing was heard again: a run was killed, or is still at it.
    pub open: u64,
    /// Milliseconds from the announcement of each step until it was seen to be done, added up.
    pub work_ms: u64,
    /// Files that were replaced.
    pub files: u64,
    /// Components that were restarted.
    pub restarts: u64,
    /// Requests of the meter that went well.
    pub requests_ok: u64,
    /// Requests of the meter that failed with one retry.
    pub requests_failed: u64,
    /// What held it, oldest first.
    pub holds: Vec<Hold>,
    /// Who agreed that the old root is dropped.
    pub agreed: Vec<String>,
    /// How far each node is.
    pub nodes: BTreeMap<String, Stage>,
    /// How long each stage took, in its order.
    pub stages: Vec<StageTime>,
    /// Each check with how it stood last.
    pub checks: BTreeMap<String, Evidence>,
}

/// Something that held a rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// When.
    pub time: Timestamp,
    /// The host that says so.
    pub host: String,
    /// Index of its entry.
    pub entry: u64,
    /// What was to be done.
    pub action: String,
    /// Why it was not.
    pub why: String,
}

/// How long the steps of a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StageTime {
    /// The stage.
    pub stage: Stage,
    /// Its steps.
    pub steps: u64,
    /// Their milliseconds, added up.
    pub work_ms: u64,
    /// Components that were restarted in it.
    pub restarts: u64,
}

/// How a check stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// How often it was looked at.
    pub looked: u64,
    /// How often it did not hold.
    pub failed: u64,
    /// How it stood last.
    pub last: String,
    /// The host that looked last.
    pub host: String,
    /// Index of its entry.
    pub entry: u64,
}

/// In place of a stage, where what was found down was started.
pub const START: &str = "start";

impl Course {
    /// Folds `entries` of one exchange, in the order of their times.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut course = Self::default();
        let mut announced: BTreeMap<(&str, u64), ()> = BTreeMap::new();
        for entry in entries {
            match (&entry.event, &entry.outcome) {
                (Event::RotationIntent(intent), Outcome::Ok) => {
                    announced.insert((&entry.host, entry.seq), ());
                    course.intent(entry, intent);
                }
                (Event::RotationDone(done), Outcome::Ok) => {
                    announced.remove(&(entry.host.as_str(), done.intent));
                    course.done(entry, done);
                }
                (Event::RotationHeld(held), _) => course.held(entry, held),
                (Event::RotationAgreed(agreed), Outcome::Ok) => course.agreed.push(text::clip(&agreed.person, 64)),
                _ => {}
            }
        }
        course.open = announced.len() as u64;
        course
    }

    /// Whether any step was announced or held.
    pub fn has_begun(&self) -> bool {
        self.began.is_some() || !self.holds.is_empty()
    }

    /// Seconds from the first announcement to the last result.
    pub fn seconds(&self) -> Option<i64> {
        Some(self.ended?.since(self.began?))
    }

    /// The requests of the meter, with what may be claimed of them; the seconds in which they were made are not known.
    pub fn meter(&self) -> Meter {
        let mut meter = Meter::new(DEFAULT_BUDGET);
        if let Some(at) = self.ended.filter(|_| self.requests_ok > 0) {
            meter.count(at, self.requests_ok, self.requests_failed);
        }
        meter
    }

    fn intent(&mut self, entry: &Entry, intent: &RotationIntent) {
        self.began.get_or_insert(entry.time);
        self.look(entry, &intent.checks);
    }

    fn done(&mut self, entry: &Entry, done: &RotationDone) {
        self.ended = self.ended.max(Some(entry.time));
        self.steps += 1;
        self.starts += u64::from(done.stage == START);
        self.work_ms = self.work_ms.saturating_add(done.milliseconds);
        self.files = self.files.saturating_add(done.files);
        self.restarts = self.restarts.saturating_add(done.restarts);
        self.requests_ok = self.requests_ok.saturating_add(done.requests_ok);
        self.requests_failed = self.requests_failed.saturating_add(done.requests_failed);
        let Some(stage) = Stage::ALL.iter().copied().find(|stage| stage.id() == done.stage) else { return };
        if let Some(node) = &done.node {
            // Who takes a step of a stage back stands before that stage.
            let at = if done.way == "back" { stage.before().unwrap_or(stage) } else { stage };
            self.nodes.insert(text::clip(node, 64), at);
        }
        self.spent(stage, done);
    }

    fn spent(&mut self, stage: Stage, done: &RotationDone) {
        let at = match self.stages.binary_search_by_key(&stage, |time| time.stage) {
            Ok(at) => at,
            Err(at) => {
                self.stages.insert(at, StageTime { stage, steps: 0, work_ms: 0, restarts: 0 });
                at
            }
        };
        if let Some(time) = self.stages.get_mut(at) {
            time.steps += 1;
            time.work_ms = time.work_ms.saturating_add(done.milliseconds);
            time.restarts = time.restarts.saturating_add(done.restarts);
        }
    }

    fn held(&mut self, entry: &Entry, held: &RotationHeld) {
        self.look(entry, &held.checks);
        self.holds.push(Hold {
            time: entry.time,
            host: text::clip(&entry.host, 80),
            entry: entry.seq,
            action: text::clip(&held.action, 120),
            why: text::clip(&held.why, 400),
        });
    }

    fn look(&mut self, entry: &Entry, checks: &[CheckResult]) {
        for check in checks {
            let (host, last) = (text::clip(&entry.host, 80), text::clip(&check.status, 16));
            let seen = self.checks.entry(text::clip(&check.id, 40)).or_insert_with(|| Evidence {
                looked: 0,
                failed: 0,
                last: String::new(),
                host: String::new(),
                entry: 0,
            });
            seen.looked += 1;
            seen.failed += u64::from(last != "ok");
            (seen.last, seen.host, seen.entry) = (last, host, entry.seq);
        }
    }
}
