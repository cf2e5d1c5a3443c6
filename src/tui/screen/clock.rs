//! S10: two officers compare the clock of this host, each with a clock of his own. What this host's clock says is not
//! shown here: whoever reads it off the screen has compared nothing.

use super::{Screen, Turn};
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Credentials, Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::told::Told;

/// The state of S10.
#[derive(Debug)]
pub struct Clock {
    form: Form,
    entry: Option<u64>,
}

/// Fields of each officer.
const EACH: usize = 4;

impl Clock {
    /// Begins with the first officer.
    pub fn begin() -> Turn {
        let officer = |which: (&'static str, &'static str)| {
            [
                Field::text(which.0, which.1),
                Field::text("Key file (OpenSSH)", "密钥文件"),
                Field::secret("Passphrase", "口令"),
                Field::text("Minute he reads, UTC", "所读时间 (UTC)"),
            ]
        };
        let fields = [officer(("First officer", "第一名安全员")), officer(("Second officer", "第二名安全员"))];
        Turn::to(Self { form: Form::new(fields.into_iter().flatten().collect::<Vec<_>>()), entry: None })
    }

    /// What an officer typed; his passphrase is then no longer in the form.
    fn officer(&mut self, which: usize) -> (Credentials, String) {
        let at = which * EACH;
        let who = Credentials {
            id: self.form.text(at).to_owned(),
            key: self.form.path(at + 1),
            passphrase: self.form.secret(at + 2),
        };
        (who, self.form.text(at + 3).to_owned())
    }
}

impl Screen for Clock {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Attested(entry)) => self.entry = Some(entry),
            Input::Key(Key::Esc) => return Turn::home(),
            Input::Key(_) if self.entry.is_some() => return Turn::home(),
            Input::Key(key) => {
                if self.form.press(key) == Pressed::Complete {
                    let both = Box::new([self.officer(0), self.officer(1)]);
                    return Turn::stay(self).and(Effect::Attest(both));
                }
            }
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let told = canvas.say(
            "Each reads his own clock, in UTC (Beijing minus 8 h): 2026-11-22T03:10Z.",
            "两名安全员各读自己的钟，按 UTC（北京时间减 8 小时）输入，如 2026-11-22T03:10Z。",
        );
        let mut body = vec![Row::from(format!(" {told}")), Row::default()];
        body.extend(self.form.rows(canvas));
        body.push(Row::default());
        body.extend(self.entry.map(|entry| {
            let told = fill(
                canvas.say(" {} the clock is attested; log entry {}", " {} 时钟已确认；日志记录 {}"),
                [&Mark::Ok, &entry],
            );
            Row::weighted(told, Weight::Strong)
        }));
        View {
            title: fill(canvas.say("Offline CA {}: Clock", "离线 CA {}：时钟"), [&canvas.host]),
            code: "S10",
            rail: canvas.say("before every ceremony", "每次仪式之前").to_owned(),
            body,
            message: canvas
                .say("It counts for a day, and until this host is started again.", "一日内有效，主机重启后失效。")
                .to_owned(),
            keys: match self.entry {
                Some(_) => canvas.say("any key home", "按任意键回主页"),
                None => canvas.say(
                    "type + Enter attest   Tab field   Esc home   F1 help",
                    "输入后回车确认   Tab 字段   Esc 主页   F1 帮助",
                ),
            }
            .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Certificates are dated by the clock of this host, which no network keeps right. Two officers vouch for it; clocks that differ by more than two minutes are refused. To set the clock back takes a quorum: airlock clock set.",
            "证书日期取自本机时钟，而本机没有网络校时。两名安全员为其作证；相差超过两分钟即拒绝。回拨时钟需法定人数：airlock clock set。",
        )
    }

    fn command(&self) -> String {
        "airlock clock attest --officer ID --key FILE --second ID --second-key FILE".to_owned()
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.takes_text().then(|| self.form.asked(language))?
    }

    fn takes_text(&self) -> bool {
        self.entry.is_none()
    }
}
