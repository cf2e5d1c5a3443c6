//! A10: the log, newest first, and everything about the entry that the person is on.

use super::{Screen, Turn};
use crate::audit::entry::{Entry, Outcome};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::told::{JournalFacts, Told};
use crate::tui::window::Window;
use crate::wire::text;

/// The state of A10.
#[derive(Debug, Default)]
pub struct Journal {
    facts: Option<JournalFacts>,
    at: Window,
}

const CELLS: [Cell; 6] = [Cell::Right(6), Cell::Left(19), Cell::Left(10), Cell::Left(20), Cell::Left(8), Cell::Rest];
/// Rows below the table.
const BELOW: usize = 8;

impl Journal {
    /// Opens the log.
    pub fn begin() -> Turn {
        Turn::to(Self::default()).and(Effect::Journal)
    }

    /// The entry that the person is on.
    fn entry(&self) -> Option<&Entry> {
        let entries = &self.facts.as_ref()?.entries;
        entries.len().checked_sub(1 + self.at.at(entries.len())?).and_then(|at| entries.get(at))
    }
}

impl Screen for Journal {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Journal(facts)) => self.facts = Some(*facts),
            Input::Key(Key::Esc) => return Turn::home(),
            Input::Key(key) if key.letter() == Some('r') => return Turn::stay(self).and(Effect::Journal),
            Input::Key(key) => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.entries.len())),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let total = self.facts.as_ref().map_or(0, |facts| facts.entries.len());
        let signed = self.facts.as_ref().and_then(|facts| facts.signed);
        let head = match signed {
            Some(size) => fill(canvas.say("signed head {}", "签名树头 {}"), [&size]),
            None => canvas.say("no signed head", "无签名树头").to_owned(),
        };
        let rail = fill(
            canvas.say("{}   {} entries   {}   read only", "{}   {} 条记录   {}   只读"),
            [&canvas.host, &total, &head],
        );
        let mut body = vec![Row::from(format!("  {}", titles(canvas)))];
        let table = canvas.height.saturating_sub(1 + BELOW);
        body.extend(self.table(canvas, table));
        body.resize(1 + table, Row::default());
        body.push(Row::default());
        body.extend(self.entry().map(|entry| detail(entry, canvas)).unwrap_or_default());
        body.resize(canvas.height.saturating_sub(1), Row::default());
        let told = fill(
            canvas.say(
                "Verify  {} chain of {} entries, checked when the log was opened",
                "校验  {} {} 条记录的链，打开日志时已校验",
            ),
            [&Mark::Ok, &total],
        );
        body.extend(self.facts.is_some().then(|| Row::from(format!(" {told}"))));
        View {
            title: canvas.say("Audit viewer", "审计日志").to_owned(),
            code: "A10",
            rail,
            body,
            message: canvas.say("Opening this view is logged too.", "打开本视图也会记入日志。").to_owned(),
            keys: canvas
                .say(
                    "Up/Down PgUp/PgDn Home/End   R read again   Esc home   ? help",
                    "上/下 翻页 首/尾   R 重读   Esc 主页   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The tamper-evident log of this host, newest entry first. The chain of all entries is checked whenever the log is opened; who signed its head is checked with the pinned key on the command line.",
            "本机的防篡改日志，最新的在最前。每次打开日志都会校验全部记录的链；树头签名用固定的公钥在命令行上校验。",
        )
    }

    fn command(&self) -> String {
        "airlock audit list; airlock audit show N; airlock audit verify --log-key FILE".to_owned()
    }
}

impl Journal {
    fn table(&self, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let (len, at) = (facts.entries.len(), self.at.at(facts.entries.len()));
        let drawn = self.at.drawn(len, height);
        let entries = facts.entries.iter().rev().enumerate().skip(drawn.start).take(drawn.len());
        entries
            .map(|(index, entry)| {
                let here = at == Some(index);
                let line = grid::line(&CELLS, &cells(entry), canvas.width.saturating_sub(2));
                let text = format!("{} {line}", if here { ">" } else { " " });
                Row::weighted(text, if here { Weight::Chosen } else { Weight::Plain })
            })
            .collect()
    }
}

fn titles(canvas: &Canvas<'_>) -> String {
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

fn cells(entry: &Entry) -> [String; 6] {
    let who = entry.actor.person.as_deref().unwrap_or(&entry.actor.role);
    let time: String = entry.time.to_string().chars().take(19).collect();
    let outcome = match &entry.outcome {
        Outcome::Ok => "ok",
        Outcome::Denied(_) => "denied",
        Outcome::Failed(_) => "failed",
    };
    let trace = entry.trace.as_deref().map(text::escape).unwrap_or_default();
    [entry.seq.to_string(), time.replace('T', " "), text::escape(who), event(entry), outcome.to_owned(), trace]
}

/// Who did what, and the whole entry as it stands in the log.
fn detail(entry: &Entry, canvas: &Canvas<'_>) -> Vec<Row> {
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
    rows.extend(columns::wrap(&line, width).into_iter().take(5).map(|line| Row::from(format!("   {line}"))));
    rows
}

/// The name of the event, as the line has it.
fn event(entry: &Entry) -> String {
    let value = serde_json::to_value(&entry.event).unwrap_or_default();
    value.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
