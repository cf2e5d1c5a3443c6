//! Who may decide on a plan, and who has.

use crate::report::mark::Mark;
use crate::tui::frame::{Canvas, Row};
use crate::tui::grid::{self, Cell};
use crate::tui::language::fill;
use crate::tui::told::{BallotFacts, Voter};

const CELLS: [Cell; 5] = [Cell::Left(16), Cell::Left(12), Cell::Left(12), Cell::Left(18), Cell::Rest];

/// Who may decide and who has, as many as fit on `height` rows.
pub(super) fn people(facts: &BallotFacts, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
    let titles = [
        canvas.say("person", "人员"),
        canvas.say("role", "角色"),
        canvas.say("sheet rows", "核对行"),
        canvas.say("decision", "决定"),
        canvas.say("credential", "凭据"),
    ];
    let width = canvas.width.saturating_sub(3);
    // A row for the titles, and one for how many more there are.
    let room = height.saturating_sub(1 + usize::from(facts.people.len() >= height));
    let mut rows = vec![Row::from(format!("  {}", grid::line(&CELLS, &titles, width)))];
    // Those who have decided come first, so that nobody who has is out of sight.
    let (decided, others): (Vec<_>, Vec<_>) = facts.people.iter().partition(|voter| voter.decided.is_some());
    let all = decided.into_iter().chain(others);
    rows.extend(
        all.take(room).map(|voter| Row::from(format!("  {}", grid::line(&CELLS, &cells(voter, canvas), width)))),
    );
    let more = facts.people.len().saturating_sub(room);
    rows.extend((more > 0).then(|| Row::from(fill(canvas.say("  {} more", "  另有 {} 人"), [&more]))));
    rows
}

/// Roles and decisions, as a screen says them.
const WORDS: [(&str, &str); 6] = [
    ("officer", "安全员"),
    ("auditor", "审计员"),
    ("sysadmin", "系统管理员"),
    ("approved", "已批准"),
    ("witnessed", "已见证"),
    ("rejected", "已否决"),
];

fn word(english: &'static str, canvas: &Canvas<'_>) -> &'static str {
    let chinese = WORDS.iter().find(|(word, _)| *word == english).map_or(english, |(_, chinese)| chinese);
    canvas.say(english, chinese)
}

fn cells(voter: &Voter, canvas: &Canvas<'_>) -> [String; 5] {
    let rows = if voter.rows > 0 { format!("{} {}", voter.rows, Mark::Ok) } else { "-".to_owned() };
    let decided = voter.decided.map_or_else(
        || "-".to_owned(),
        |(decision, time)| {
            let time: String = time.to_string().chars().skip(11).take(5).collect();
            format!("{} {time}", word(decision, canvas))
        },
    );
    [voter.id.clone(), word(voter.role, canvas).to_owned(), rows, decided, voter.credential.to_owned()]
}
