//! One line of N20: a request as it would be made, or a place for which nothing is asked.

use std::collections::BTreeSet;

use crate::exchange::csr_bundle::number::Number;
use crate::online::request::{Change, Place};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::explained::{LABEL, explained};
use crate::tui::frame::{Canvas, Row};
use crate::tui::grid::{self, Cell};
use crate::tui::language::{Language, fill};
use crate::tui::reading::Lines;

/// The columns of the table.
const CELLS: [Cell; 6] = [Cell::Right(5), Cell::Left(14), Cell::Left(8), Cell::Rest, Cell::Left(8), Cell::Left(10)];
/// Columns of what is read on the screen.
const READ: usize = 76;

/// What stands on a line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// It would be asked for.
    For(&'a Change),
    /// Nothing is, because a person said so here, who can take it back.
    Not(&'a Place),
}

impl Asked<'_> {
    /// The place that it is about.
    pub(super) fn place(self) -> Place {
        match self {
            Self::For(change) => (change.node.clone(), change.role),
            Self::Not(place) => place.clone(),
        }
    }

    /// Whether its profile, node or subject bears `text`.
    pub(super) fn bears(self, text: &str) -> bool {
        let (node, role) = self.place();
        let subject = if let Self::For(change) = self { change.subject.as_str() } else { "" };
        text.is_empty() || node.contains(text) || role.to_string().contains(text) || subject.contains(text)
    }

    /// The line, with a mark before it: `!` where a tick is missing, `-` where nothing is asked.
    pub(super) fn row(self, ticked: &BTreeSet<Number>, canvas: &Canvas<'_>) -> String {
        let (mark, cells) = match self {
            Self::For(change) => (tick(change, ticked), cells(change)),
            Self::Not((node, role)) => {
                let told = canvas.say("left out: D undoes it", "未纳入：按 D 恢复");
                ("-", ["-", &role.to_string(), node.as_str(), told, "-", "-"].map(str::to_owned))
            }
        };
        format!("{mark} {}", grid::line(&CELLS, &cells, canvas.width.saturating_sub(3)))
    }

    /// Its names and what the CA will have to say, on `most` rows.
    pub(super) fn told(self, most: usize, canvas: &Canvas<'_>) -> Vec<Row> {
        let width = canvas.width.saturating_sub(1);
        let lines = match self {
            Self::For(change) => {
                let mut lines = columns::first(columns::hanging(" SAN ", &names(change), width), 2, width);
                lines.extend(change.findings.iter().flat_map(|finding| {
                    let start = format!(" {} {}: ", Mark::Warn, finding.rule);
                    columns::hanging(&start, &meant(finding.rule, &finding.text, canvas), width)
                }));
                lines
            }
            Self::Not((node, role)) => canvas.whole(&fill(
                canvas.say(
                    "Nothing is asked for in the place of {} on {}. D asks for it again.",
                    "{}（节点 {}）不申请证书。按 D 恢复申请。",
                ),
                [&role, node],
            )),
        };
        columns::first(lines, most, width).into_iter().map(Row::from).collect()
    }

    /// Everything about it.
    pub(super) fn everything(self) -> Lines {
        match self {
            Self::For(change) => {
                Lines::both(everything(change, Language::English), everything(change, Language::Chinese))
            }
            Self::Not((node, role)) => Lines::both(
                vec![format!("{role} on {node}"), "left out here: D takes it back".to_owned()],
                vec![format!("{role}，节点 {node}"), "未纳入：按 D 恢复".to_owned()],
            ),
        }
    }
}

/// The titles of the table.
pub(super) fn titles(canvas: &Canvas<'_>) -> Row {
    let titles = [
        "#",
        canvas.say("profile", "类别"),
        canvas.say("node", "节点"),
        canvas.say("subject (escaped)", "主体（转义显示）"),
        canvas.say("key", "密钥"),
        canvas.say("replaces", "替换到期"),
    ];
    format!("   {}", grid::line(&CELLS, &titles, canvas.width.saturating_sub(3))).into()
}

/// A rule by what it means, and what was found.
fn meant(rule: &str, found: &str, canvas: &Canvas<'_>) -> String {
    match canvas.language.meaning(rule) {
        Some(meaning) => fill(canvas.say("{}. Found: {}", "{}。原文 {}"), [&meaning.what, &found]),
        None => found.to_owned(),
    }
}

fn names(change: &Change) -> String {
    if change.names.is_empty() { "-".to_owned() } else { change.names.join(" ") }
}

fn tick(change: &Change, ticked: &BTreeSet<Number>) -> &'static str {
    match (change.privileged, ticked.contains(&change.id)) {
        (true, true) => "x",
        (true, false) => "!",
        (false, _) => " ",
    }
}

fn cells(change: &Change) -> [String; 6] {
    [
        change.id.to_string(),
        change.role.to_string(),
        change.node.clone(),
        change.subject.clone(),
        change.key_type.clone(),
        change
            .replaces
            .as_ref()
            .map_or_else(|| "-".to_owned(), |replaced| replaced.not_after.to_string().chars().take(10).collect()),
    ]
}

/// Everything about one request. No key exists yet, so there is no CSR to show.
fn everything(change: &Change, language: Language) -> Vec<String> {
    let Change { id, role, node, path, .. } = change;
    let mut lines = vec![fill(language.say("#{} {} on {}   {}", "#{} {}，节点 {}   {}"), [id, role, node, path])];
    let line = |english, chinese, text: &str| {
        columns::hanging(&columns::left(language.say(english, chinese), LABEL), text, READ)
    };
    lines.extend(line("subject", "主体", &change.subject));
    lines.extend(change.subject_today.iter().flat_map(|today| line("  today", "  现用", today)));
    lines.extend(line("SAN", "SAN", &names(change)));
    lines.extend(change.names_added.iter().flat_map(|name| line("  added", "  新增", name)));
    lines.extend(change.names_dropped.iter().flat_map(|name| line("  dropped", "  去除", name)));
    let key = match change.key_reused {
        true => language.say("{} (the live key once more)", "{}（沿用现用密钥）"),
        false => language.say("{} (new)", "{}（新生成）"),
    };
    lines.extend(line("key", "密钥", &fill(key, [&change.key_type])));
    lines.extend(change.key_type_today.iter().flat_map(|today| line("  today", "  现用", today)));
    lines.extend(line("asks", "申请", &fill(language.say("{} day{s}", "{} 天"), [&change.validity_days])));
    if let Some(old) = &change.replaces {
        let told = language.say("serial {}, {} day{s}, ends {}", "序列号 {}，{} 天，到期 {}");
        lines.extend(line("replaces", "替换", &fill(told, [&old.serial, &old.validity_days, &old.not_after])));
        lines.extend(line("  sha256", "  sha256", &old.fingerprint.to_string()));
    }
    for finding in &change.findings {
        lines.extend(line("found", "原文", &finding.text));
        lines.extend(explained(finding.rule, language, READ));
    }
    lines
}
