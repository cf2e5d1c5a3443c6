//! F30 and I30: the numbered checks of a transfer, and how they went.

use super::{Screen, Turn, review};
use crate::audit::entry::Side;
use crate::exchange::trace::Trace;
use crate::refusal::Class;
use crate::report::checks::Status;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
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
}

impl Checks {
    /// Opens the transfer of `trace`, whose sheet was typed.
    pub fn begin(trace: Trace, side: Side) -> Turn {
        let form = (side == Side::Online).then(|| Form::new([Field::secret("Passphrase", "口令")]));
        let waits = form.is_some();
        let turn = Turn::to(Self { trace: trace.clone(), side, form, facts: None, at: Window::default() });
        if waits { turn } else { turn.and(Effect::Verify { trace, passphrase: None }) }
    }

    fn may_go_on(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.checks.status() != Status::Fail)
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        if key == Key::Esc {
            return Turn::home();
        }
        if let Some(form) = self.form.as_mut().filter(|_| self.facts.is_none()) {
            if form.press(key) == Pressed::Complete {
                let (trace, passphrase) = (self.trace.clone(), Some(form.secret(0)));
                return Turn::stay(self).and(Effect::Verify { trace, passphrase });
            }
            return Turn::stay(self);
        }
        match (key, key.letter()) {
            (Key::Enter, _) | (_, Some('n')) if self.may_go_on() && self.side == Side::Offline => {
                review::Review::begin(self.trace)
            }
            #[cfg(feature = "online")]
            (Key::Enter, _) | (_, Some('n')) if self.may_go_on() => super::stage::Stage::begin(self.trace),
            _ => {
                self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.checks.all().len() * 2));
                Turn::stay(self)
            }
        }
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
        let about = fill(
            canvas.say(" {}   from {}   {} items", " {}   来自 {}   {} 项"),
            [&facts.trace, &facts.from, &facts.items],
        );
        let mut rows = vec![Row::weighted(about, Weight::Strong)];
        let room = canvas.height.saturating_sub(3);
        let lines = facts.checks.lines(canvas.width.saturating_sub(2));
        let drawn = self.at.drawn(lines.len(), room);
        rows.extend(lines.into_iter().skip(drawn.start).take(drawn.len()).map(|line| Row::from(format!(" {line}"))));
        let entry = fill(canvas.say("log entry {}", "日志记录 {}"), [&facts.entry]);
        rows.push(Row::weighted(format!(" {}   {entry}", facts.checks.counts()), Weight::Strong));
        rows.extend(facts.checks.class().map(|class| Row::from(format!(" {}", stopped(class, canvas)))));
        rows
    }
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
        let keys = match (self.takes_text(), self.may_go_on()) {
            (true, _) => canvas.say("type + Enter verify   Esc home   F1 help", "输入后回车校验   Esc 主页   F1 帮助"),
            (_, true) => canvas.say("Up/Down   N next   Esc home   ? help", "上/下   N 下一步   Esc 主页   ? 帮助"),
            (_, false) => canvas.say("Up/Down   Esc home   ? help", "上/下   Esc 主页   ? 帮助"),
        };
        let message = match self.side {
            Side::Offline => canvas.say(
                "Every check runs, whatever one of them says; the results stand in the log.",
                "所有检查都会运行；结果记入日志。",
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
        self.form.as_ref().filter(|_| self.facts.is_none())?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form.is_some() && self.facts.is_none()
    }
}
