//! S15 and S16, items 5 and 6 of S00: what set-up has left and the commands that change it; the machine around this program.

use super::{Screen, Turn};
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, View};
use crate::tui::keys::Key;
use crate::tui::reading::Reading;
use crate::tui::told::Told;

/// The state of S15 and S16.
#[derive(Debug)]
pub struct SetUp {
    what: What,
    found: Reading,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    SetUp,
    Host,
}

impl What {
    const fn effect(self) -> Effect {
        match self {
            Self::SetUp => Effect::SetUp,
            Self::Host => Effect::HostCheck,
        }
    }
}

impl SetUp {
    /// What was set up: S15.
    pub fn begin() -> Turn {
        Self::of(What::SetUp)
    }

    /// The machine: S16.
    pub fn host() -> Turn {
        Self::of(What::Host)
    }

    fn of(what: What) -> Turn {
        Turn::to(Self { what, found: Reading::default() }).and(what.effect())
    }
}

impl Screen for SetUp {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(Key::Esc) => return Turn::home(),
            Input::Key(key) if matches!(key.letter(), Some('h')) => return Turn::home(),
            Input::Key(key) if matches!(key.letter(), Some('r')) => return Self::of(self.what),
            Input::Key(key) => {
                self.found.press(key);
            }
            Input::Told(Told::Read(lines)) => self.found = Reading::new(lines),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (title, code, rail, message) = match self.what {
            What::SetUp => (
                canvas.say("Enrolment and keys", "登记与密钥"),
                "S15",
                canvas.say("read only; the commands behind $ change it", "只读；以 $ 后的命令更改"),
                canvas.say("Set-up is done on the command line, by people together.", "设置由多人在命令行上共同完成。"),
            ),
            What::Host => (
                canvas.say("Host self-check", "主机自检"),
                "S16",
                canvas.say("the machine around this program", "本程序所在的主机"),
                canvas.say(
                    "A CA host has no network, no swap, and no core dumps.",
                    "CA 主机应无网络、无交换区、无核心转储。",
                ),
            ),
        };
        View {
            title: title.to_owned(),
            code,
            rail: rail.to_owned(),
            body: self.found.rows(canvas),
            message: message.to_owned(),
            keys: canvas
                .say(
                    "Up/Down PgUp/PgDn scroll   R look again   Esc home   ? help",
                    "上/下 翻页 滚动   R 刷新   Esc 主页   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        match self.what {
            What::SetUp => (
                "What set-up has left at this host: how its clock stands, its CAs and their revocation lists, the register of sticks, people, policy and enrolments. Whoever changes any of it does so on the command line; below each stands how.",
                "本机的设置状态：时钟、CA 及吊销列表、介质登记、人员、策略与登记。更改均在命令行进行，命令列于各项之下。",
            ),
            What::Host => (
                "Tells what endangers a CA host: network links that are up, swap, and where core dumps go.",
                "说明危及 CA 主机的因素：启用的网络接口、交换区及核心转储去向。",
            ),
        }
    }

    fn command(&self) -> String {
        match self.what {
            What::SetUp => "airlock clock | officer | policy | enrol | media | offline ca | offline crl --help",
            What::Host => "airlock host check",
        }
        .to_owned()
    }
}
