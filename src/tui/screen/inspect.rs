//! S20: what one file holds. It is read, nothing in it is opened, and nothing becomes of it.

use super::{Screen, Turn};
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::Language;
use crate::tui::reading::Reading;
use crate::tui::told::Told;

/// The state of S20.
#[derive(Debug)]
pub struct Inspect {
    form: Form,
    /// What the file holds; none until it was read.
    found: Option<Reading>,
}

impl Inspect {
    /// Asks for a file.
    pub fn begin() -> Turn {
        Turn::to(Self { form: Form::new([Field::text("File", "文件")]), found: None })
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match (&mut self.found, key) {
            (_, Key::Esc) => return Turn::home(),
            (Some(_), key) if key == Key::Enter || key.letter() == Some('n') => return Self::begin(),
            (Some(reading), key) => {
                reading.press(key);
            }
            (None, key) => {
                if self.form.press(key) == Pressed::Complete {
                    let file = self.form.path(0);
                    return Turn::stay(self).and(Effect::Inspect(file));
                }
            }
        }
        Turn::stay(self)
    }
}

impl Screen for Inspect {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => return self.key(key),
            Input::Told(Told::Read(lines)) => self.found = Some(Reading::new(lines)),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let told = canvas.say(
            "A certificate, a request, a revocation list, a statement, or a transfer, which stays closed.",
            "证书、请求、吊销列表、声明，或保持封闭的传输。",
        );
        let body = match &self.found {
            Some(reading) => reading.rows(canvas),
            None => {
                let told = crate::report::columns::hanging(" ", told, canvas.width.saturating_sub(1));
                told.into_iter().map(Row::from).chain([Row::default()]).chain(self.form.rows(canvas)).collect()
            }
        };
        View {
            title: canvas.say("What a file holds", "查看文件").to_owned(),
            code: "S20",
            rail: canvas.say("read only", "只读").to_owned(),
            body,
            message: canvas
                .say(
                    "What is read here is no proof: a transfer counts once its sheet was typed.",
                    "此处所见不构成证明：传输须录入核对单后方可采信。",
                )
                .to_owned(),
            keys: match self.found {
                Some(_) => canvas.say(
                    "Up/Down PgUp/PgDn scroll   N another file   Esc home   ? help",
                    "上/下 翻页 滚动   N 其他文件   Esc 主页   ? 帮助",
                ),
                None => canvas.say("type + Enter show   Esc home   F1 help", "输入后回车查看   Esc 主页   F1 帮助"),
            }
            .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Shows what one file holds: a certificate, a request, a revocation list or a statement. A transfer that is closed stays closed, and of a statement neither its rows nor the digest of its file are told.",
            "显示一个文件的内容：证书、请求、吊销列表或声明。封闭的传输保持封闭；声明的核对行及其文件摘要均不显示。",
        )
    }

    fn command(&self) -> String {
        "airlock inspect FILE".to_owned()
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.takes_text().then(|| self.form.asked(language))?
    }

    fn takes_text(&self) -> bool {
        self.found.is_none()
    }
}
