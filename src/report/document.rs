//! The one object that each command answers with: JSON with stable names, or text.
//!
//! Names are only ever added. `status` tells the worst finding, `exitCode` the exit status of the process: a denied
//! request or a problem of the cluster is a finding, and no failure of the command.

mod detail;
mod fact;
pub mod kind;

use serde::{Serialize, Serializer};

use super::advice::Here;
use super::checks::{CheckList, Status};
use super::columns;
use super::mark::Mark;
use super::requests::{self, RequestLine, Verdict};
use crate::exchange::statement::{Lines, Statement};
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Refused};
use crate::wire::text::fill;
pub use detail::Detail;
use detail::Details;
use fact::Facts;
pub use fact::Value;
use kind::ReportKind;

/// Value of `apiVersion`.
pub const API_VERSION: &str = "airlock/v1";

/// What a command has to say. Its methods add to it; texts are made safe to show on the way in.
#[derive(Debug)]
pub struct Report {
    kind: ReportKind,
    trace: Option<Trace>,
    subject: Option<Subject>,
    checks: CheckList,
    requests: Vec<RequestLine>,
    facts: Facts,
    details: Details,
    audit: Audit,
    next_actions: Vec<String>,
    error: Option<Failure>,
    strict: bool,
}

/// The transfer a report is about.
#[derive(Debug, Serialize)]
struct Subject {
    kind: &'static str,
    from: String,
    items: u32,
}

/// Where the log holds what was done.
#[derive(Debug, Default, Serialize)]
struct Audit {
    entry: Option<u64>,
    checkpoint: Option<u64>,
}

/// A refusal.
#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    message: String,
    hint: &'static str,
    #[serde(skip)]
    class: Class,
}

impl Report {
    /// A report that everything went well.
    pub fn new(kind: ReportKind) -> Self {
        Self {
            kind,
            trace: None,
            subject: None,
            checks: CheckList::default(),
            requests: Vec::new(),
            facts: Facts::default(),
            details: Details::default(),
            audit: Audit::default(),
            next_actions: Vec::new(),
            error: None,
            strict: false,
        }
    }

    /// The report of a refusal.
    pub fn refused(refused: &Refused) -> Self {
        Self::new(ReportKind::Error).error(refused)
    }

    /// Adds that the command ended in a refusal.
    pub fn error(mut self, refused: &Refused) -> Self {
        let reason = refused.reason();
        let message = columns::visible(&refused.to_string());
        self.error = Some(Failure { code: reason.code, message, hint: reason.hint, class: reason.class });
        self
    }

    /// Where a side has advice of its own about the refusal, that stands there alone: two voices confuse.
    pub fn advised(mut self, here: Option<Here>) -> Self {
        if let (Some(error), Some((english, _))) = (&mut self.error, here) {
            error.hint = english;
        }
        self
    }

    /// Names the exchange.
    pub fn trace(mut self, trace: &Trace) -> Self {
        self.trace = Some(trace.clone());
        self
    }

    /// Names the transfer and its exchange. Its digests are not told: before the sheet is confirmed, nobody shows them.
    pub fn subject(mut self, statement: &Statement) -> Self {
        let Lines { kind, from, items, trace, .. } = statement.lines();
        self.subject = Some(Subject { kind: kind.as_str(), from: from.to_string(), items: *items });
        self.trace(trace)
    }

    /// Tells the checks that ran.
    pub fn checks(mut self, checks: CheckList) -> Self {
        self.checks = checks;
        self
    }

    /// Tells what becomes of the requests.
    pub fn requests(mut self, requests: Vec<RequestLine>) -> Self {
        self.requests = requests;
        self
    }

    /// Tells something else: `name` is stable and in camel case, `label` stands before the value in text.
    pub fn fact(mut self, name: &'static str, label: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push(name, label, value.into());
        self
    }

    /// Tells what has a shape of its own.
    pub fn detail(mut self, detail: impl Detail + 'static) -> Self {
        self.details.push(Box::new(detail));
        self
    }

    /// Names the log entry of what was done.
    pub const fn entry(mut self, index: u64) -> Self {
        self.audit.entry = Some(index);
        self
    }

    /// Names the size of the log at its newest checkpoint.
    pub const fn checkpoint(mut self, size: u64) -> Self {
        self.audit.checkpoint = Some(size);
        self
    }

    /// Says which command comes next.
    pub fn next(mut self, command: &str) -> Self {
        self.next_actions.push(columns::visible(command));
        self
    }

    /// Makes a denied request a failure of the command.
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// The worst of everything it tells.
    pub fn status(&self) -> Status {
        let denied = if self.denies() { Status::Deny } else { Status::Ok };
        let refused = if self.error.is_some() { Status::Fail } else { Status::Ok };
        self.checks.status().max(denied).max(refused).max(self.details.status())
    }

    /// The exit status of the process: that of the refusal, or of the first check that failed, or 0.
    pub fn exit_status(&self) -> u8 {
        let refused = self.error.as_ref().map(|error| error.class).or_else(|| self.checks.class());
        let denied = (self.strict && self.denies()).then_some(Class::Policy);
        refused.or(denied).map_or(0, Class::exit_status)
    }

    /// Whether a request is denied.
    fn denies(&self) -> bool {
        let by_check = self.checks.all().iter().any(|check| check.status() == Status::Deny);
        by_check || self.requests.iter().any(|request| request.verdict == Some(Verdict::Deny))
    }

    /// One JSON object on one line, ASCII.
    ///
    /// # Errors
    /// None that a report of ours can cause; serde_json's.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Text for a terminal of `width` columns, each line ended by LF; narrower than 40 columns is not tried.
    pub fn text(&self, width: usize) -> String {
        let width = width.max(40);
        let parts = [
            self.title(),
            self.check_lines(width),
            if self.requests.is_empty() { Vec::new() } else { requests::lines(&self.requests, width) },
            self.details.lines(width),
            self.facts.lines(width),
            self.error_lines(width),
            self.closing(),
        ];
        let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| part.join("\n") + "\n");
        parts.collect::<Vec<_>>().join("\n")
    }

    /// The command, the exchange and how it went, in a few words.
    pub(super) fn gist(&self) -> String {
        let mark = self.error.as_ref().map_or_else(|| Mark::from(self.status()), |error| Mark::of(error.class));
        let trace = self.trace.as_ref().map_or_else(String::new, |trace| format!("  {trace}"));
        let told = match &self.error {
            Some(error) => format!("  {}: {}", error.code, error.message),
            None if self.checks.all().is_empty() => String::new(),
            None => format!("  {}", self.checks.counts()),
        };
        let entry = self.audit.entry.map_or_else(String::new, |entry| format!("  log entry {entry}"));
        format!("{mark} {}{trace}{told}{entry}", self.kind.verb())
    }

    fn title(&self) -> Vec<String> {
        let about = self
            .subject
            .as_ref()
            .map(|about| fill("{} from {}   {} item{s}", [&about.kind, &about.from, &about.items]));
        let title: Vec<_> = self.trace.iter().map(ToString::to_string).chain(about).collect();
        if title.is_empty() { Vec::new() } else { vec![title.join("   ")] }
    }

    fn check_lines(&self, width: usize) -> Vec<String> {
        let mut lines = self.checks.lines(width);
        if !lines.is_empty() {
            lines.push(self.checks.counts());
        }
        lines
    }

    fn error_lines(&self, width: usize) -> Vec<String> {
        let Some(error) = &self.error else { return Vec::new() };
        let mut lines = columns::hanging(&format!("{} ", Mark::of(error.class)), &error.message, width);
        lines.extend(columns::hanging("       ", error.hint, width));
        lines.push(format!("       {}, exit {}", error.code, error.class.exit_status()));
        lines
    }

    fn closing(&self) -> Vec<String> {
        let entry = self.audit.entry.map(|entry| format!("log entry {entry}"));
        let checkpoint = self.audit.checkpoint.map(|size| format!("checkpoint {size}"));
        let audit: Vec<_> = entry.into_iter().chain(checkpoint).collect();
        let next = self.next_actions.iter().map(|command| format!("next: {command}"));
        let audit = if audit.is_empty() { None } else { Some(audit.join("   ")) };
        audit.into_iter().chain(next).collect()
    }
}

/// A report as JSON has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    api_version: &'static str,
    kind: ReportKind,
    status: Status,
    exit_code: u8,
    trace: &'a Option<Trace>,
    subject: &'a Option<Subject>,
    checks: &'a CheckList,
    requests: &'a [RequestLine],
    facts: &'a Facts,
    #[serde(flatten)]
    details: &'a Details,
    error: &'a Option<Failure>,
    audit: &'a Audit,
    next_actions: &'a [String],
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = View {
            api_version: API_VERSION,
            kind: self.kind,
            status: self.status(),
            exit_code: self.exit_status(),
            trace: &self.trace,
            subject: &self.subject,
            checks: &self.checks,
            requests: &self.requests,
            facts: &self.facts,
            details: &self.details,
            error: &self.error,
            audit: &self.audit,
            next_actions: &self.next_actions,
        };
        view.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
