//! S01: nobody was here, or somebody went away. Nothing of the work is shown; it stands in the log.

use super::person::{credentials, form};
use super::{Screen, Turn};
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::language::Language;
use crate::tui::palette::Weight;
use crate::tui::told::Told;

/// The state of S01. What was open before is gone: typed secrets are wiped, ticks forgotten, seats left.
#[derive(Debug)]
pub struct Lock {
    form: Form,
}

impl Lock {
    /// Waits for a person of this host.
    pub fn new() -> Self {
        Self { form: form([]) }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen for Lock {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) if self.form.press(key) == Pressed::Complete => {
                let who = credentials(&mut self.form);
                Turn::stay(self).and(Effect::Unlock(who))
            }
            Input::Told(Told::Unlocked) => Turn::home(),
            Input::Key(_) | Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let told = canvas.say(
            " Locked. Whoever sat in front of a sheet has left it; what was logged is kept.",
            " 已锁定。未完成的录入已中止；已入日志的内容保留。",
        );
        let mut body = vec![Row::weighted(told, Weight::Strong), Row::default()];
        body.extend(self.form.rows(canvas));
        View {
            title: canvas.say("Locked", "已锁定").to_owned(),
            code: "S01",
            rail: canvas.host.to_owned(),
            body,
            message: canvas
                .say(
                    "Anybody of this host unlocks it with his key; then go on from the list on S00.",
                    "本机任一人员可用自己的密钥解锁；然后从 S00 列表继续。",
                )
                .to_owned(),
            keys: canvas
                .say("type + Enter unlock   Tab field   F1 help", "输入后回车解锁   Tab 字段   F1 帮助")
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "After five minutes without a key, or at once by F12 or !, everything that a person had open is closed: typed secrets are wiped, ticks are forgotten, a seat in front of a sheet is left. No token is logged in: that ends with each signing. Ctrl-C does not leave a locked workstation.",
            "五分钟无按键，或按 F12 或 ! 立即锁定：已输入的口令被清除，勾选作废，未完成的录入中止。密码机不保持登录：每次签发结束即登出。锁定时 Ctrl-C 不能离开。",
        )
    }

    fn command(&self) -> String {
        "airlock".to_owned()
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form.asked(language)
    }

    fn takes_text(&self) -> bool {
        true
    }
}
