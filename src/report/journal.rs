//! Entries of the log, a line each.

use super::checks::Status;
use super::document::Detail;
use super::table::{Column, Table};
use crate::audit::entry::{Entry, Outcome};
use crate::wire::text;

/// Entries of a log, oldest first.
#[derive(Debug)]
pub struct JournalView(Vec<Entry>);

impl JournalView {
    /// A view of `entries`.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        Self(entries.into_iter().cloned().collect())
    }
}

impl Detail for JournalView {
    fn name(&self) -> &'static str {
        "entries"
    }

    fn status(&self) -> Status {
        Status::Ok
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut table = Table::new([
            Column::number("seq"),
            Column::whole("time"),
            Column::flexible("who", 6),
            Column::flexible("event", 12),
            Column::flexible("outcome", 7),
            Column::flexible("trace", 11),
        ]);
        for entry in &self.0 {
            let who = entry.actor.person.as_deref().unwrap_or(&entry.actor.role);
            let trace = entry.trace.as_deref().unwrap_or("");
            table.row([
                entry.seq.to_string(),
                entry.time.to_string(),
                text::escape(who),
                event(entry),
                outcome(&entry.outcome),
                text::escape(trace),
            ]);
        }
        table.lines(width)
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(&self.0)
    }
}

/// The name of the event, as the line has it.
fn event(entry: &Entry) -> String {
    let value = serde_json::to_value(&entry.event).unwrap_or_default();
    value.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok => "ok".to_owned(),
        Outcome::Denied(code) => format!("denied {}", text::escape(code)),
        Outcome::Failed(code) => format!("failed {}", text::escape(code)),
    }
}
