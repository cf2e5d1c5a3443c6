//! The final report, as text and as JSON.

use super::{Chronicle, Counted};
use crate::report::checks::Status;
use crate::report::columns;
use crate::report::document::Detail;
use crate::wire::text::fill;

/// The most entries that are shown in text; JSON has all.
const MAX_LINES: usize = 200;

impl Detail for Chronicle {
    fn name(&self) -> &'static str {
        "chronicle"
    }

    fn status(&self) -> Status {
        if self.rotation.open > 0 { Status::Warn } else { Status::Ok }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = self.timeline_lines(width);
        lines.push(String::new());
        lines.extend(self.rotation_lines(width));
        lines.extend(self.place_lines(width));
        let shown = |check: &crate::audit::detail::CheckResult| format!("{} {}", check.id, check.status);
        if !self.package_checks.is_empty() {
            lines.push("checks of the package:".to_owned());
            lines.extend(columns::flow(self.package_checks.iter().map(shown), width));
        }
        lines
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

impl Chronicle {
    /// An entry a line; the host where there are several, the outcome where it is not `ok`.
    fn timeline_lines(&self, width: usize) -> Vec<String> {
        let hidden = self.timeline.len().saturating_sub(MAX_LINES);
        let skipped = (hidden > 0).then(|| format!("{hidden} older entries are not shown; -o json has them"));
        let shown = self.timeline.iter().skip(hidden).flat_map(|line| {
            let host = if self.hosts.len() > 1 { format!("{} ", line.host) } else { String::new() };
            let outcome = if line.outcome == "ok" { String::new() } else { format!(" [{}]", line.outcome) };
            let what = if line.what.is_empty() { String::new() } else { format!(": {}", line.what) };
            let text = format!("{host}#{} {}{outcome}{what}", line.entry, line.event);
            columns::hanging(&format!("{} ", line.time), &text, width)
        });
        skipped.into_iter().chain(shown).collect()
    }

    fn rotation_lines(&self, width: usize) -> Vec<String> {
        let course = &self.rotation;
        if !course.has_begun() {
            return vec!["no step of a rotation was taken".to_owned()];
        }
        let spent =
            self.seconds.map_or_else(|| "not ended".to_owned(), |seconds| format!("{seconds} s from first to last"));
        let mut lines = vec![
            format!(
                "steps {}, open {}, {spent}, {} s at work",
                course.steps,
                course.open,
                course.work_ms.div_ceil(1000)
            ),
            fill(
                "files replaced {}, restarts {}, held {} time{s}",
                [&course.files, &course.restarts, &course.holds.len()],
            ),
        ];
        if course.starts > 0 {
            lines.push(format!("{} of the steps started what was found down", course.starts));
        }
        lines.extend(columns::hanging("requests: ", &self.success, width));
        lines.extend(course.stages.iter().map(|time| {
            let seconds = time.work_ms.div_ceil(1000);
            format!(
                "  {} {}: {}, {}, {seconds} s",
                time.stage.id(),
                time.stage.name(),
                fill("{} step{s}", [&time.steps]),
                fill("{} restart{s}", [&time.restarts])
            )
        }));
        lines.extend(course.holds.iter().flat_map(|hold| {
            let start = format!("[WARN] {} held: ", hold.time);
            columns::hanging(&start, &format!("{}: {}", hold.action, hold.why), width)
        }));
        lines.extend(course.agreed.iter().map(|person| format!("the drop was agreed to by {person}")));
        lines.extend(course.checks.iter().map(|(check, seen)| {
            fill("  {}: {} (looked at {} time{s}, {} failed)", [check, &seen.last, &seen.looked, &seen.failed])
        }));
        lines
    }

    fn place_lines(&self, width: usize) -> Vec<String> {
        let told = |counted: &Option<Counted>| match counted {
            None => "not counted".to_owned(),
            Some(Counted { time, places }) => format!(
                "{} only old, {} old+new, {} only new, {} foreign, {} unreadable ({time})",
                places.only_old, places.both, places.only_new, places.foreign, places.unreadable
            ),
        };
        let all = [("places before: ", &self.places_before), ("places after:  ", &self.places_after)];
        all.iter().flat_map(|(start, counted)| columns::hanging(start, &told(counted), width)).collect()
    }
}
