//! F30 and I30: the numbered checks of a transfer, and how they went.

use std::path::PathBuf;

use super::{Screen, Turn, review};
use crate::audit::entry::Side;
use crate::exchange::trace::Trace;
use crate::refusal::Class;
use crate::report::checks::{Check, Status};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::explained::{LABEL, explained};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::reading::{Lines, Reading};
use crate::tui::told::{CheckFacts, Told};
use crate::tui::window::Window;

/// The state of F30 and I30.
#[derive(Debug)]
pub struct Checks {
    trace: Trace,
    side: Side,
    /// What opens the identity for packages is asked for on the online side.
    form: Option<Form>,
    facts: Option<CheckFacts>,
    at: Window,
    doing: Doing,
}

/// Columns of a saved report.
const SAVED: usize = 100;
/// Columns of what is read on the screen.
const READ: usize = 76;

/// What the person does with the results.
#[derive(Debug)]
enum Doing {
    Looking,
    /// He reads everything about one check.
    Reading(Reading),
    /// He names the file that the report goes to.
    Saving(Form),
    /// It was written.
    Saved(Lines),
}

impl Checks {
    /// Opens the transfer of `trace`, whose sheet was typed.
    pub fn begin(trace: Trace, side: Side) -> Turn {
        let form = (side == Side::Online).then(|| Form::new([Field::secret("Passphrase", "口令")]));
        let waits = form.is_some();
        let checks =
            Self { trace: trace.clone(), side, form, facts: None, at: Window::default(), doing: Doing::Looking };
        let turn = Turn::to(checks);
        if waits { turn } else { turn.and(Effect::Verify { trace, passphrase: None }) }
    }

    fn may_go_on(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.checks.status() != Status::Fail)
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        if let Some(form) = self.form.as_mut().filter(|_| self.facts.is_none()) {
            if key == Key::Esc {
                return Turn::home();
            }
            if form.press(key) == Pressed::Complete {
                let (trace, passphrase) = (self.trace.clone(), Some(form.secret(0)));
                return Turn::stay(self).and(Effect::Verify { trace, passphrase });
            }
            return Turn::stay(self);
        }
        match &mut self.doing {
            Doing::Looking | Doing::Saved(_) => return self.look(key),
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Looking;
                }
            }
            Doing::Saving(_) if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Saving(form) => {
                if form.press(key) == Pressed::Complete {
                    let (lines, file) = (self.report(), self.saving());
                    return Turn::stay(self).and(Effect::Save { lines, file });
                }
            }
        }
        Turn::stay(self)
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        self.doing = Doing::Looking;
        let checks = self.facts.as_ref().map(|facts| facts.checks.all()).unwrap_or_default();
        let len = checks.len();
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (Key::Enter, _) => {
                let check = self.at.at(len).and_then(|at| checks.get(at));
                self.doing = check.map_or(Doing::Looking, |check| Doing::Reading(reading(check)));
            }
            (_, Some('s')) if len > 0 => {
                self.doing = Doing::Saving(Form::new([Field::text("Report to new file", "报告写入新文件")]));
            }
            (_, Some('n')) if self.may_go_on() && self.side == Side::Offline => {
                return review::Review::begin(self.trace);
            }
            #[cfg(feature = "online")]
            (_, Some('n')) if self.may_go_on() => return super::stage::Stage::begin(self.trace),
            _ => self.at = self.at.moved(key, len),
        }
        Turn::stay(self)
    }

    /// The file that was named.
    fn saving(&self) -> PathBuf {
        if let Doing::Saving(form) = &self.doing { form.path(0) } else { PathBuf::new() }
    }

    /// What is saved: as the screen has it, in both languages, for whoever reads the file speaks one of them.
    fn report(&self) -> Vec<String> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let CheckFacts { trace, from, items, entry, .. } = facts;
        let mut lines = vec![fill("{} from {}, {} item{s}, log entry {}", [trace, from, items, entry])];
        lines.extend(facts.checks.lines(SAVED));
        lines.push(facts.checks.counts());
        lines.extend([String::new(), format!("{trace} 来自 {from}，{items} 项，日志记录 {entry}")]);
        lines.extend(facts.checks.all().iter().flat_map(|check| told_in_chinese(check, SAVED)));
        lines.push(counts_in_chinese(facts));
        lines
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(facts) = &self.facts else {
            let told = match self.form {
                Some(_) => canvas.say("The identity that opens packages is locked.", "解开证书包的身份密钥已锁定。"),
                None => canvas.say("The transfer was not opened.", "该传输未被打开。"),
            };
            let form = self.form.as_ref().map(|form| form.rows(canvas)).unwrap_or_default();
            return std::iter::once(Row::from(format!(" {told}"))).chain([Row::default()]).chain(form).collect();
        };
        if let Doing::Reading(reading) = &self.doing {
            return reading.rows(canvas);
        }
        let about = fill(
            canvas.say("{}   from {}   {} item{s}", "{}   来自 {}   {} 项"),
            [&facts.trace, &facts.from, &facts.items],
        );
        let about = canvas.whole(&about).into_iter();
        let mut rows: Vec<Row> = about.map(|line| Row::weighted(line, Weight::Strong)).collect();
        let below = self.below(facts, canvas);
        rows.extend(self.table(facts, canvas, canvas.height.saturating_sub(rows.len() + below.len())));
        rows.extend(below);
        rows
    }

    /// The checks, as many as fit; the one that the person is on stands out.
    fn table(&self, facts: &CheckFacts, canvas: &Canvas<'_>, room: usize) -> Vec<Row> {
        let here = self.at.at(facts.checks.all().len());
        let mut lines = Vec::new();
        let mut at = 0;
        for (index, check) in facts.checks.all().iter().enumerate() {
            let weight = if here == Some(index) { Weight::Chosen } else { Weight::Plain };
            if here == Some(index) {
                at = lines.len();
            }
            lines.extend(told(check, canvas).iter().map(|line| Row::weighted(format!(" {line}"), weight)));
        }
        let drawn = Window::on(at).drawn(lines.len(), room);
        lines.into_iter().skip(drawn.start).take(drawn.len()).collect()
    }

    /// The check that the person is on.
    fn check<'f>(&self, facts: &'f CheckFacts) -> Option<&'f Check> {
        facts.checks.all().get(self.at.at(facts.checks.all().len())?)
    }

    /// The counts, why nothing goes on, and what is done with the report.
    fn below(&self, facts: &CheckFacts, canvas: &Canvas<'_>) -> Vec<Row> {
        let entry = fill(canvas.say("log entry {}", "日志记录 {}"), [&facts.entry]);
        let mut rows = Vec::new();
        // What was found is in the language of the log.
        if let (Language::Chinese, Some(check)) = (canvas.language, self.check(facts)) {
            let width = canvas.width.saturating_sub(2);
            let found = columns::hanging(" 原文 ", check.text(), width);
            rows.extend(columns::first(found, 2, width).into_iter().map(Row::from));
        }
        rows.push(Row::weighted(format!(" {}   {entry}", counts(facts, canvas)), Weight::Strong));
        rows.extend(facts.checks.class().map(|class| Row::from(format!(" {}", stopped(class, canvas)))));
        match &self.doing {
            Doing::Saving(form) => rows.extend(form.rows(canvas)),
            Doing::Saved(told) => {
                rows.extend(told.of(canvas.language).iter().map(|line| Row::from(format!(" {} {line}", Mark::Ok))));
            }
            Doing::Looking | Doing::Reading(_) => {}
        }
        rows
    }
}

/// A check in its lines.
fn told(check: &Check, canvas: &Canvas<'_>) -> Vec<String> {
    let width = canvas.width.saturating_sub(2);
    if canvas.language == Language::English { check.lines(width) } else { told_in_chinese(check, width) }
}

/// What the code of a check means, or what was demanded and found.
fn told_in_chinese(check: &Check, width: usize) -> Vec<String> {
    let meaning = |code: &str| Language::Chinese.meaning(code);
    let what = match check.code() {
        Some(code) => meaning(code).map(|meaning| format!("{} ({code})", meaning.what)),
        None => meaning(check.id().as_str()).map(|meaning| meaning.what.to_owned()),
    };
    let start = format!("{} {} ", Mark::from(check.status()), check.id());
    what.map_or_else(|| check.lines(width), |what| columns::hanging(&start, &what, width))
}

fn counts(facts: &CheckFacts, canvas: &Canvas<'_>) -> String {
    if canvas.language == Language::English { facts.checks.counts() } else { counts_in_chinese(facts) }
}

fn counts_in_chinese(facts: &CheckFacts) -> String {
    let count = |status| facts.checks.all().iter().filter(|check| check.status() == status).count();
    let [passed, warned, failed, denied] = [Status::Ok, Status::Warn, Status::Fail, Status::Deny].map(count);
    format!("通过 {passed}   警告 {warned}   失败 {failed}   仅个别请求 {denied}")
}

/// Everything about one check: its number, what it demands, what was found, and what that means.
fn reading(check: &Check) -> Reading {
    let lines = |language: Language| {
        let label = |english, chinese| columns::left(language.say(english, chinese), LABEL);
        let mut lines = vec![format!("{} {}", Mark::from(check.status()), check.id()), String::new()];
        let demands = language.meaning(check.id().as_str()).map_or("", |demands| demands.what);
        lines.extend(columns::hanging(&label("demands", "要求"), demands, READ));
        lines.extend(columns::hanging(&label("found", "原文"), check.text(), READ));
        lines.extend(check.code().into_iter().flat_map(|code| explained(code, language, READ)));
        lines
    };
    Reading::new(Lines::both(lines(Language::English), lines(Language::Chinese)))
}

fn stopped(class: Class, canvas: &Canvas<'_>) -> String {
    fill(
        canvas.say("Nothing goes on: a check failed (exit {}).", "不能继续：有检查失败（退出码 {}）。"),
        [&class.exit_status()],
    )
}

impl Screen for Checks {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Checked(facts)) => {
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(Told::Read(told)) => {
                self.doing = Doing::Saved(told);
                Turn::stay(self)
            }
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (title, code, journey) = match self.side {
            Side::Offline => (
                fill(canvas.say("Offline CA {}: 3 Verification checklist", "离线 CA {}：3 校验清单"), [&canvas.host]),
                "F30",
                Journey::Answering,
            ),
            Side::Online => (canvas.say("Import: 3 Verify", "导入：3 校验").to_owned(), "I30", Journey::Importing),
        };
        let keys = match (&self.doing, self.takes_text(), self.may_go_on()) {
            (Doing::Saving(_), ..) => {
                canvas.say("type + Enter save   Esc back   F1 help", "输入后回车保存   Esc 返回   F1 帮助")
            }
            (Doing::Reading(_), ..) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
            (_, true, _) => {
                canvas.say("type + Enter verify   Esc home   F1 help", "输入后回车校验   Esc 主页   F1 帮助")
            }
            (_, _, true) => canvas.say(
                "Up/Down   Enter details   S save report   N next   Esc home   ? help",
                "上/下   回车 详情   S 保存报告   N 下一步   Esc 主页   ? 帮助",
            ),
            (_, _, false) => canvas.say(
                "Up/Down   Enter details   S save report   Esc home   ? help",
                "上/下   回车 详情   S 保存报告   Esc 主页   ? 帮助",
            ),
        };
        let failed = self.facts.as_ref().is_some_and(|facts| facts.checks.status() == Status::Fail);
        let message = match self.side {
            Side::Offline if failed => canvas.say(
                "A check failed. Keep stick and sheet. Enter: why; S: save; call the sender.",
                "检查未通过，不得签发。保留介质和核对单；回车看原因；S 保存；致电发送方。",
            ),
            Side::Offline => canvas.say(
                "Every check runs, whatever one of them says; the results stand in the log.",
                "所有检查都会运行；结果记入日志。",
            ),
            Side::Online if failed => canvas.say(
                "A check failed. Stage nothing. Enter: why; S: save; then call the CA.",
                "检查未通过，不得暂存。回车看原因；S 保存；再致电 CA。",
            ),
            Side::Online => canvas
                .say("W12 is why a lost or rewound CA host is noticed here.", "W12 使丢失或回退的 CA 主机在此被发现。"),
        };
        View {
            title,
            code,
            rail: journey.rail(3, canvas.language),
            body: self.body(canvas),
            message: message.to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The transfer is opened and checked. The numbers V01 to V12 and W01 to W13 are the same on screens, in JSON, in the log and in the manual. A warning lets you go on; a denied request leaves the others alone; a failed check ends it.",
            "打开并校验该传输。编号 V01 至 V12 与 W01 至 W13 在屏幕、JSON、日志和手册中一致。警告可以继续；被拒的请求不影响其他请求；检查失败则终止。",
        )
    }

    fn command(&self) -> String {
        format!("airlock {} verify {}", self.side.name(), self.trace)
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Saving(form) => form.asked(language),
            _ => self.form.as_ref().filter(|_| self.facts.is_none())?.asked(language),
        }
    }

    fn takes_text(&self) -> bool {
        (self.form.is_some() && self.facts.is_none()) || matches!(self.doing, Doing::Saving(_))
    }
}
