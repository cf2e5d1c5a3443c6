//! A10: the log, newest first, and everything about the entry that the person is on.

use super::{Screen, Turn, entry};
use crate::audit::entry::Entry;
use crate::audit::tree::Head;
use crate::desk::log_review::Reviewed;
use crate::report::mark::Mark;
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Text;
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::reading::{Lines, Reading};
use crate::tui::told::{JournalFacts, Told};
use crate::tui::window::Window;

/// The state of A10.
#[derive(Debug, Default)]
pub struct Journal {
    facts: Option<JournalFacts>,
    /// Those of the entries that are shown, oldest first.
    shown: Vec<usize>,
    at: Window,
    filter: Text,
    doing: Doing,
    /// What came of the last check or copy.
    told: Lines,
    /// That nobody knows who signed the head of the log that was checked.
    unknown: bool,
}

#[derive(Debug, Default)]
enum Doing {
    #[default]
    Looking,
    Filtering,
    Reading(Reading),
    /// A file with the public key of the log is named, or none.
    Verifying(Form),
    /// What a paper says of the log is typed from it.
    Comparing(Form),
    /// A directory for a copy is named.
    Exporting(Form),
    /// The signed head is on its way.
    Asking,
}

/// Rows below the table.
const BELOW: usize = 8;

impl Journal {
    /// Opens the log.
    pub fn begin() -> Turn {
        Turn::to(Self::default()).and(Effect::Journal)
    }

    fn entries(&self) -> &[Entry] {
        self.facts.as_ref().map(|facts| facts.entries.as_slice()).unwrap_or_default()
    }

    /// The entry that the person is on; the newest stands first.
    fn entry(&self) -> Option<&Entry> {
        let at = self.shown.len().checked_sub(1 + self.at.at(self.shown.len())?)?;
        self.entries().get(*self.shown.get(at)?)
    }

    /// Those whose event, person, outcome or trace bears what was typed, whatever the case.
    fn show(&mut self) {
        let text = self.filter.as_str().to_lowercase();
        let wanted =
            |one: &Entry| text.is_empty() || entry::cells(one).iter().any(|cell| cell.to_lowercase().contains(&text));
        self.shown = (0..).zip(self.entries()).filter(|(_, entry)| wanted(entry)).map(|(at, _)| at).collect();
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Looking | Doing::Asking => return self.look(key),
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Looking;
                }
            }
            Doing::Filtering => {
                match key {
                    Key::Enter | Key::Esc => self.doing = Doing::Looking,
                    key => drop(self.filter.take(key)),
                }
                self.show();
            }
            _ if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Verifying(form) => {
                // Without a key the chain alone is checked.
                if form.press(key) == Pressed::Complete || key == Key::Enter {
                    let file = Some(form.path(0)).filter(|path| !path.as_os_str().is_empty());
                    return Turn::stay(self).and(Effect::VerifyLog(file));
                }
            }
            Doing::Comparing(form) => {
                if form.press(key) == Pressed::Complete {
                    let (entries, root) = (form.text(0).to_owned(), form.text(1).to_owned());
                    return Turn::stay(self).and(Effect::CompareLog { entries, root });
                }
            }
            Doing::Exporting(form) => {
                if form.press(key) == Pressed::Complete {
                    let directory = form.path(0);
                    return Turn::stay(self).and(Effect::ExportLog(directory));
                }
            }
        }
        Turn::stay(self)
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) if self.filter.as_str().is_empty() => return Turn::home(),
            (Key::Esc, _) => {
                self.filter.clear();
                self.show();
            }
            (Key::Enter, _) => {
                let lines = self.entry().map(entry::everything);
                self.doing = lines.map_or(Doing::Looking, |lines| Doing::Reading(Reading::new(lines)));
            }
            (Key::Char('/'), _) => self.doing = Doing::Filtering,
            (_, Some('r')) => return Turn::stay(self).and(Effect::Journal),
            (_, Some('v')) => {
                self.doing = Doing::Verifying(Form::new([Field::text("Log key file or none", "日志公钥文件（可空）")]));
            }
            (_, Some('p')) => {
                self.doing = Doing::Comparing(Form::new([
                    Field::text("Log entries on paper", "纸上日志条数"),
                    Field::text("Root on paper", "纸上根值"),
                ]));
            }
            (_, Some('x')) => {
                self.doing = Doing::Exporting(Form::new([Field::text("Copy into directory", "复制到目录")]));
            }
            (_, Some('c')) => {
                self.doing = Doing::Asking;
                return Turn::stay(self).and(Effect::Checkpoint);
            }
            _ => self.at = self.at.moved(key, self.shown.len()),
        }
        Turn::stay(self)
    }

    fn checked(&mut self, reviewed: &Reviewed) {
        self.unknown = reviewed.signed == Some(None);
        self.told = checked(reviewed);
        self.doing = Doing::Looking;
    }

    fn read(&mut self, told: Lines) {
        self.doing = match self.doing {
            Doing::Asking => Doing::Reading(Reading::new(told)),
            _ => {
                self.told = told;
                self.unknown = false;
                Doing::Looking
            }
        };
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Verifying(form) | Doing::Comparing(form) | Doing::Exporting(form) => Some(form),
            _ => None,
        }
    }
}

impl Screen for Journal {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Journal(facts)) => {
                self.facts = Some(*facts);
                self.show();
            }
            Input::Told(Told::Read(told)) => self.read(told),
            Input::Told(Told::LogChecked(reviewed)) => self.checked(&reviewed),
            Input::Key(key) => return self.key(key),
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
            canvas.say("{}   {} entr{y}   {}   read only", "{}   {} 条记录   {}   只读"),
            [&canvas.host, &total, &head],
        );
        View {
            title: canvas.say("Audit viewer", "审计日志").to_owned(),
            code: "A10",
            rail,
            body: self.body(canvas, total),
            message: self.message(canvas).to_owned(),
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Filtering => Some(Asked {
                label: language.say("filter", "过滤").to_owned(),
                kind: AskedKind::Text,
                given: self.filter.as_str().to_owned(),
            }),
            _ => self.form()?.asked(language),
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.doing, Doing::Filtering) || self.form().is_some()
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The tamper-evident log of this host, newest entry first. The chain of all entries is checked whenever the log is opened; V checks who signed its head, by a public key from where the peers pinned it. P compares it with a return sheet: type its log entries and at least 16 digits of the root; nothing here shows them. X copies it.",
            "本机的防篡改日志，最新的在最前。每次打开日志都会校验全部记录的链；V 用对方固定的公钥校验树头签名；P 与回执核对单比较：输入纸上的日志条数和根值的至少 16 位，此处不显示答案；X 导出副本。",
        )
    }

    fn command(&self) -> String {
        "airlock audit list | show N | verify --log-key FILE --entries N --root DIGITS | export DIR | checkpoint"
            .to_owned()
    }
}

/// What is in order with a log that was checked.
fn checked(reviewed: &Reviewed) -> Lines {
    let Head { size, root } = &reviewed.head;
    let chain = (fill("chain of {} entr{y}", [size]), format!("{size} 条记录的链"));
    let (english, chinese) = match reviewed.signed {
        None => (format!("{}; no head was signed yet", chain.0), format!("{}；尚无签名树头", chain.1)),
        Some(None) => chain,
        Some(Some(signed)) => (
            format!("{}; {}", chain.0, fill("signed head is good, over {} entr{y}", [&signed])),
            format!("{}；签名树头有效，覆盖 {signed} 条记录", chain.1),
        ),
    };
    Lines::both(vec![english, format!("root {root}")], vec![chinese, format!("根值 {root}")])
}

impl Journal {
    fn message(&self, canvas: &Canvas<'_>) -> &'static str {
        match self.doing {
            Doing::Comparing(_) => canvas.say(
                "From the return sheet: its log entries, and 16 or more digits of its root.",
                "取自回执核对单：日志条数，以及其下根值的 16 位或更多。",
            ),
            _ => canvas.say("Opening this view is logged too.", "打开本视图也会记入日志。"),
        }
    }

    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match self.doing {
            Doing::Looking | Doing::Asking => canvas.say(
                "Enter open  / filter  V verify  P paper  X export  C head  R again  Esc  ? help",
                "回车 打开  / 过滤  V 校验  P 比纸  X 导出  C 树头  R 重读  Esc  ? 帮助",
            ),
            Doing::Filtering => canvas.say("type a part of any column, then Enter", "输入任一列的一部分，然后回车"),
            Doing::Reading(_) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
            Doing::Verifying(_) | Doing::Comparing(_) | Doing::Exporting(_) => {
                canvas.say("type + Enter   Esc back   F1 help", "输入后回车   Esc 返回   F1 帮助")
            }
        }
    }

    fn body(&self, canvas: &Canvas<'_>, total: usize) -> Vec<Row> {
        if let Doing::Reading(reading) = &self.doing {
            return reading.rows(canvas);
        }
        let mut body = vec![Row::from(format!("  {}", entry::titles(canvas)))];
        let told = self.told.of(canvas.language);
        let below = told.len().max(1) + usize::from(self.unknown);
        // The entry keeps its room.
        let table = canvas.height.saturating_sub(BELOW + below);
        body.extend(self.table(canvas, table));
        body.resize(1 + table, Row::default());
        body.push(Row::default());
        match self.form() {
            Some(form) => body.extend(form.rows(canvas)),
            None => body.extend(self.entry().map(|one| entry::detail(one, canvas)).unwrap_or_default()),
        }
        body.resize(canvas.height.saturating_sub(below), Row::default());
        if told.is_empty() {
            let checked = fill(
                canvas.say(
                    "Verify  {} chain of {} entr{y}, checked when the log was opened",
                    "校验  {} {} 条记录的链，打开日志时已校验",
                ),
                [&Mark::Ok, &total],
            );
            body.extend(self.facts.is_some().then(|| Row::from(format!(" {checked}"))));
        }
        body.extend(told.iter().map(|line| Row::from(format!(" {} {line}", Mark::Ok))));
        // That is in no order until somebody has looked.
        if self.unknown {
            let unknown = canvas.say(
                "signed head NOT checked: press V and name the log key file",
                "签名树头未校验：按 V 并指定日志公钥文件",
            );
            body.push(Row::weighted(format!(" {} {unknown}", Mark::Warn), Weight::Strong));
        }
        body
    }

    fn table(&self, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
        let (len, at) = (self.shown.len(), self.at.at(self.shown.len()));
        let drawn = self.at.drawn(len, height);
        let shown = self.shown.iter().rev().enumerate().skip(drawn.start).take(drawn.len());
        shown
            .filter_map(|(index, at)| Some((index, self.entries().get(*at)?)))
            .map(|(index, one)| {
                let here = at == Some(index);
                let line = entry::line(one, canvas.width.saturating_sub(2));
                let text = format!("{} {line}", if here { ">" } else { " " });
                Row::weighted(text, if here { Weight::Chosen } else { Weight::Plain })
            })
            .collect()
    }
}
