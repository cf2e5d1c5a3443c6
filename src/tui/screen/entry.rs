//! One entry of the log, as A10 tells it: a line of the table, the lines below it, and all of it.

use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::report::columns;
use crate::report::sheet::print::printed_as;
use crate::tui::explained::explained;
use crate::tui::frame::{Canvas, Row};
use crate::tui::grid::{self, Cell};
use crate::tui::language::{Both, Language, fill};
use crate::tui::palette::Weight;
use crate::tui::reading::Lines;
use crate::wire::text;

const CELLS: [Cell; 6] = [Cell::Right(5), Cell::Left(14), Cell::Left(9), Cell::Left(20), Cell::Left(7), Cell::Rest];
/// Rows of the entry below the table.
const PANE: usize = 5;
/// Columns of what is read on the screen.
const READ: usize = 76;
/// Columns of the names of what an entry holds.
const NAMES: usize = 22;

/// The titles of the table.
pub(super) fn titles(canvas: &Canvas<'_>) -> String {
    let titles = [
        canvas.say("seq", "序号"),
        canvas.say("time (host)", "时间（本机）"),
        canvas.say("who", "人员"),
        canvas.say("event", "事件"),
        canvas.say("outcome", "结果"),
        canvas.say("trace", "追溯号"),
    ];
    grid::line(&CELLS, &titles, canvas.width.saturating_sub(2))
}

/// The line of the table.
pub(super) fn line(entry: &Entry, width: usize) -> String {
    grid::line(&CELLS, &cells(entry), width)
}

/// What stands in its columns.
pub(super) fn cells(entry: &Entry) -> [String; 6] {
    let who = entry.actor.person.as_deref().unwrap_or(&entry.actor.role);
    let time: String = entry.time.to_string().chars().skip(5).take(14).collect();
    let outcome = match &entry.outcome {
        Outcome::Ok => "ok",
        Outcome::Denied(_) => "denied",
        Outcome::Failed(_) => "failed",
    };
    // The end of a trace tells two apart; all begin with a date.
    let trace = entry.trace.as_deref().map(|trace| text::escape(trace.split_once('-').map_or(trace, |(_, end)| end)));
    let trace = trace.unwrap_or_default();
    [entry.seq.to_string(), time.replace('T', " "), text::escape(who), event(entry), outcome.to_owned(), trace]
}

/// Who did what, and the whole entry as it stands in the log.
pub(super) fn detail(entry: &Entry, canvas: &Canvas<'_>) -> Vec<Row> {
    let who = entry.actor.person.as_deref().unwrap_or("-");
    let key = entry.actor.key.as_deref().unwrap_or("-");
    let code = match &entry.outcome {
        Outcome::Ok => String::new(),
        Outcome::Denied(code) | Outcome::Failed(code) => text::escape(code),
    };
    let head = fill(
        canvas.say("{}  {} ({})  role {}  {}", "{}  {}（{}）  角色 {}  {}"),
        [&entry.seq, &text::escape(who), &text::escape(key), &text::escape(&entry.actor.role), &code],
    );
    let line = entry.to_line().map(|line| text::escape(&String::from_utf8_lossy(&line))).unwrap_or_default();
    let width = canvas.width.saturating_sub(4);
    let mut rows = vec![Row::weighted(format!(" {head}"), Weight::Strong)];
    let mut line = columns::wrap(&line, width);
    let more = (line.len() > PANE).then(|| line.split_off(PANE - 1).len());
    rows.extend(line.into_iter().map(|line| Row::from(format!("   {line}"))));
    // A line that ends somewhere would be taken for the end of the entry.
    let whole =
        canvas.say(" {} more line{s} of it: Enter opens all, a value a line", " 另有 {} 行：按回车打开全部，每行一项");
    rows.extend(more.map(|more| Row::from(fill(whole, [&more]))));
    rows
}

/// What each code in the entry means, and the whole of it, a value a line.
pub(super) fn everything(entry: &Entry) -> Lines {
    let line = entry.to_line().unwrap_or_default();
    let value: serde_json::Value = serde_json::from_slice(&line).unwrap_or_default();
    let mut lines = Vec::new();
    values("", &value, &mut lines);
    let codes = codes(entry);
    let all = |language| {
        let meanings = codes
            .iter()
            .flat_map(|code| explained(&columns::visible(code), language, READ).into_iter().chain([String::new()]));
        let told = (!codes.is_empty()).then(|| told_then(language)).into_iter().flatten();
        let print = printed(entry).map(|told| vec![told.of(language).to_owned(), String::new()]).unwrap_or_default();
        told.chain(meanings).chain(print).chain(lines.iter().cloned()).collect()
    };
    Lines::both(all(Language::English), all(Language::Chinese))
}

/// Which print of a sheet it was, as the paper says it: the entry itself counts from 1, and reprints are counted from the second.
fn printed(entry: &Entry) -> Option<Both> {
    let Event::SheetPrinted(printed) = &entry.event else { return None };
    let (english, chinese) = printed_as(printed.copy);
    let sheet = text::escape(&printed.sheet);
    Some(Both::new(english, chinese).map(|print| format!("{sheet}   {print}")))
}

/// What a code tells was told to who was there, and not to who reads of it.
fn told_then(language: Language) -> Vec<String> {
    let told = language.say(
        "What follows was told then. Ask who was there; else: section X of the runbook.",
        "以下为当时的提示。请询问当事人；否则按手册 X 节处理。",
    );
    columns::wrap(told, READ).into_iter().chain([String::new()]).collect()
}

/// Why it was refused, and what its checks found, each code once.
fn codes(entry: &Entry) -> Vec<String> {
    let outcome = match &entry.outcome {
        Outcome::Ok => None,
        Outcome::Denied(code) | Outcome::Failed(code) => Some(code),
    };
    let checks = match &entry.event {
        Event::Verified(verified) => verified.checks.as_slice(),
        Event::RotationHeld(held) => held.checks.as_slice(),
        _ => &[],
    };
    let mut codes: Vec<String> = Vec::new();
    for code in outcome.into_iter().chain(checks.iter().filter_map(|check| check.code.as_ref())) {
        if !codes.contains(code) {
            codes.push(code.clone());
        }
    }
    codes
}

fn values(name: &str, value: &serde_json::Value, lines: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                values(&name, value, lines);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| values(name, item, lines)),
        serde_json::Value::String(text) => told(name, text, lines),
        other => told(name, &other.to_string(), lines),
    }
}

fn told(name: &str, text: &str, lines: &mut Vec<String>) {
    let start = format!("{}  ", columns::left(&text::escape(name), NAMES));
    lines.extend(columns::hanging(&start, &text::escape(text), READ));
}

/// The name of the event, as the line has it.
fn event(entry: &Entry) -> String {
    let value = serde_json::to_value(&entry.event).unwrap_or_default();
    value.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
