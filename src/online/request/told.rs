//! A request as a report tells it: a line a certificate, what changes and what the CA will say under it.

use super::change::Change;
use super::draft::Review;
use crate::report::checks::Status;
use crate::report::columns;
use crate::report::document::Detail;
use crate::report::table::{Column, Table};

impl Detail for Review {
    fn name(&self) -> &'static str {
        "review"
    }

    fn status(&self) -> Status {
        let found = self.requests.iter().any(|change| !change.findings.is_empty());
        if found || !self.left_out.is_empty() { Status::Warn } else { Status::Ok }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        if !self.trust_ops.is_empty() {
            return self.trust_ops.iter().map(|op| format!("trust change: {op}")).collect();
        }
        let mut table = Table::new([
            Column::number("#"),
            Column::whole(""),
            Column::flexible("node", 6),
            Column::flexible("profile", 12),
            Column::flexible("subject", 14),
            Column::number("SAN"),
            Column::whole("key"),
            Column::whole("asks"),
            Column::whole("ends"),
        ]);
        for change in &self.requests {
            table.row(cells(change));
        }
        let mut rows = table.lines(width).into_iter();
        let mut lines: Vec<String> = rows.next().into_iter().collect();
        for (row, change) in rows.zip(&self.requests) {
            lines.push(row);
            lines.extend(notes(change).iter().flat_map(|note| columns::hanging("      ", note, width)));
        }
        for left in &self.left_out {
            lines.extend(columns::hanging(&format!("[ -- ] {} {}: ", left.node, left.role), &left.why, width));
        }
        let privileged = self.requests.iter().filter(|change| change.privileged).count();
        let counts = [format!("requests {}", self.requests.len()), format!("privileged {privileged}")];
        lines.extend(columns::flow(counts, width));
        lines
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

fn cells(change: &Change) -> [String; 9] {
    let ends = change.replaces.as_ref().map(|replaced| replaced.not_after.to_string().chars().take(10).collect());
    [
        change.id.to_string(),
        if change.privileged { "!" } else { "" }.to_owned(),
        change.node.clone(),
        change.role.to_string(),
        change.subject.clone(),
        change.names.len().to_string(),
        if change.key_reused { format!("{} again", change.key_type) } else { change.key_type.clone() },
        format!("{}d", change.validity_days),
        ends.unwrap_or_else(|| "-".to_owned()),
    ]
}

/// What differs from today, and what the CA will have to say.
fn notes(change: &Change) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(today) = &change.subject_today {
        notes.push(format!("subject today {today}"));
    }
    if let Some(today) = &change.key_type_today {
        notes.push(format!("key today {today}"));
    }
    notes.extend(change.names_added.iter().map(|name| format!("+ {name}")));
    notes.extend(change.names_dropped.iter().map(|name| format!("- {name}")));
    notes.extend(change.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.text)));
    notes
}
