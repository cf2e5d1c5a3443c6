//! What a scan found, as a table with each problem under the row it is about; a [`Report`] tells it in a
//! [`document::Report`](super::document::Report).

use super::checks::Status;
use super::columns;
use super::document::Detail;
use super::mark::Mark;
use super::table::{Column, Table};
use crate::cluster::scan::{Found, Holds, KeyState, Problem, Report, Severity};
use crate::wire::text;

/// Every certificate, key and CA with its problems; at most `width` columns.
fn lines(report: &Report, width: usize) -> Vec<String> {
    let mut table = Table::new([
        Column::whole(""),
        Column::flexible("node", 6),
        Column::flexible("what", 24),
        Column::flexible("subject", 12),
        Column::whole("until"),
        Column::whole("key"),
    ]);
    for found in &report.found {
        table.row(cells(found));
    }
    let mut rows = table.lines(width).into_iter();
    let mut lines: Vec<String> = rows.next().into_iter().collect();
    for (row, found) in rows.zip(&report.found) {
        lines.push(row);
        lines.extend(found.problems.iter().flat_map(|problem| told("        ", problem, width)));
    }
    for node in &report.nodes {
        let start = format!("{} {} ", mark(&node.problems), text::escape(&node.node));
        lines.extend(node.problems.iter().flat_map(|problem| told(&start, problem, width)));
    }
    lines.extend(columns::flow(counts(report), width));
    lines
}

impl Detail for Report {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn status(&self) -> Status {
        let worst = self.problems().map(|(_, _, problem)| problem.severity()).max();
        worst.map_or(Status::Ok, |severity| if severity == Severity::Fail { Status::Fail } else { Status::Warn })
    }

    fn lines(&self, width: usize) -> Vec<String> {
        lines(self, width)
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

/// How many of everything there are.
fn counts(report: &Report) -> [String; 4] {
    let count = |wanted| report.found.iter().filter(|found| mark(&found.problems) == wanted).count();
    [
        format!("certificates {}", report.leaves().count()),
        format!("nodes {}", report.nodes.len()),
        format!("warn {}", count(Mark::Warn)),
        format!("fail {}", count(Mark::Fail)),
    ]
}

/// The worst of `problems`.
fn mark(problems: &[Problem]) -> Mark {
    match problems.iter().map(Problem::severity).max() {
        None => Mark::Ok,
        Some(Severity::Warn) => Mark::Warn,
        Some(Severity::Fail) => Mark::Fail,
    }
}

fn told(start: &str, problem: &Problem, width: usize) -> Vec<String> {
    columns::hanging(start, &format!("{}: {}", problem.code(), columns::visible(&problem.to_string())), width)
}

fn cells(found: &Found) -> [String; 6] {
    let says = found.says.as_ref();
    [
        mark(&found.problems).to_string(),
        text::escape(&found.node),
        what(found),
        says.map_or_else(|| "-".to_owned(), |says| says.subject.clone()),
        says.map_or_else(|| "-".to_owned(), |says| says.not_after.to_string().chars().take(10).collect()),
        key(found.key).to_owned(),
    ]
}

/// The role, or else what lies there and where.
fn what(found: &Found) -> String {
    match (found.role, found.domain, found.holds) {
        (Some(role), ..) => role.to_string(),
        (None, Some(domain), Holds::Ca) => format!("ca {domain}"),
        (None, _, Holds::ServiceAccountKey) => "service-account key".to_owned(),
        _ => text::escape(&found.path),
    }
}

const fn key(key: KeyState) -> &'static str {
    match key {
        KeyState::Matches => "ok",
        KeyState::Mismatch => "mismatch",
        KeyState::Missing => "none",
        KeyState::Unreadable => "unreadable",
        KeyState::Alone => "alone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::scan::{EXPIRING_WITHIN, Question, survey};
    use crate::cluster::tree::{Content, NodeFile, NodeTree};

    const APISERVER: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/apiserver.crt"
    ));
    const CA: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt"));

    fn scanned(now: &str) -> Report {
        let mut tree = NodeTree::new("cp1\x1b");
        for (path, text) in [("apiserver.crt", APISERVER), ("ca.crt", CA), ("\u{202e}odd.crt", "no certificate")] {
            let content = Content::Bytes(text.as_bytes().to_vec().into());
            tree.insert(&format!("etc/kubernetes/pki/{path}"), NodeFile { content, mode: 0o644 });
        }
        let question = Question { now: now.parse().unwrap(), expiring_within: EXPIRING_WITHIN, record: None };
        survey(&[tree], &question)
    }

    #[test]
    fn each_problem_stands_under_its_row() {
        let lines = lines(&scanned("2026-12-02T00:00:00Z"), 80);
        let row = lines.iter().position(|line| line.contains("  apiserver  ")).unwrap();
        assert!(lines[row].starts_with("[FAIL]  cp1\\x1b  apiserver "), "{}", lines[row]);
        assert!(lines[row + 1].starts_with("        KEY_MISSING: no private key at "), "{}", lines[row + 1]);
        assert!(lines.iter().any(|line| line.starts_with("[ OK ]  cp1\\x1b  ca kubernetes ")), "{lines:#?}");
        assert_eq!(scanned("2026-12-02T00:00:00Z").status(), Status::Fail);
    }

    #[test]
    fn no_line_is_too_long_and_all_are_ascii() {
        for width in [40, 80, 132] {
            for line in lines(&scanned("2030-01-01T00:00:00Z"), width) {
                assert!(line.is_ascii() && columns::width(&line) <= width, "{line}");
            }
        }
    }
}
