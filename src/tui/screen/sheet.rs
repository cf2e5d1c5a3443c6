//! F80 and N40: the sheet of what this host sends. Its own people may see its rows; the receiving side never does.

use super::{Screen, Turn};
use crate::exchange::trace::Trace;
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{OutgoingFacts, Told};

/// The state of F80 and N40.
#[derive(Debug)]
pub struct Sheet {
    trace: Trace,
    facts: Option<OutgoingFacts>,
    ticks: [bool; 4],
    at: usize,
}

/// Rows of the sheet on a line, as on the paper.
const ACROSS: usize = 4;
/// Lines of what it holds that fit beside the rows and what is done by hand.
const ABOUT: usize = 6;
/// What is done by hand before the sheet goes its way.
const TICKS: [(&str, &str); 4] = [
    ("printed 2 copies: one travels, one stays in the file", "已打印 2 份：一份随行，一份存档"),
    ("a second person ran airlock sheet check on another workstation", "第二人已在另一工作站运行 airlock sheet check"),
    ("signed by hand", "已手写签名"),
    ("it goes by a different person or route than the medium", "由不同的人或路线传递，不随介质"),
];

impl Sheet {
    /// Reads the sheet of `trace`, which was made here.
    pub fn begin(trace: Trace) -> Turn {
        Turn::to(Self { trace: trace.clone(), facts: None, ticks: [false; 4], at: 0 }).and(Effect::Outgoing(trace))
    }

    fn is_bundle(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.kind == Some("csr-bundle"))
    }
}

impl Screen for Sheet {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Outgoing(facts)) => self.facts = Some(*facts),
            Input::Key(Key::Esc) => return Turn::home(),
            Input::Key(key) if key.letter() == Some('f') && self.ticks.iter().all(|tick| *tick) => return Turn::home(),
            Input::Key(Key::Up) => self.at = self.at.saturating_sub(1),
            Input::Key(Key::Down) => self.at = (self.at + 1).min(TICKS.len() - 1),
            Input::Key(Key::Char(' ')) => {
                let at = self.at;
                self.ticks.get_mut(at).into_iter().for_each(|tick| *tick = !*tick);
            }
            _ => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (title, code, rail) = match self.is_bundle() {
            true => (
                canvas.say("Online: 4 Sheet", "在线：4 核对单").to_owned(),
                "N40",
                Journey::Asking.rail(4, canvas.language),
            ),
            false => (
                fill(canvas.say("Offline CA {}: Return sheet", "离线 CA {}：回执核对单"), [&canvas.host]),
                "F80",
                Journey::Answering.rail(7, canvas.language),
            ),
        };
        let mut body = Vec::new();
        if let Some(facts) = &self.facts {
            let about = fill(
                canvas.say(" FINGERPRINT SHEET  {}   {}   print {}", " 指纹核对单  {}   {}   第 {} 次打印"),
                [&facts.kind.unwrap_or("-"), &facts.trace, &facts.printed],
            );
            body.extend([Row::weighted(about, Weight::Strong), Row::default()]);
            body.extend(facts.sheet.chunks(ACROSS).map(|rows| Row::from(format!("    {}", rows.join("   ")))));
            body.push(Row::default());
            body.extend(facts.about.iter().take(ABOUT).map(|line| Row::from(format!("   {line}"))));
        }
        body.extend(TICKS.iter().zip(self.ticks).enumerate().map(|(at, ((english, chinese), tick))| {
            let (here, tick) = (if at == self.at { ">" } else { " " }, if tick { "x" } else { " " });
            Row::from(format!(" {here} [{tick}] {}", canvas.say(english, chinese)))
        }));
        View {
            title,
            code,
            rail,
            body,
            message: canvas
                .say(
                    "The paper is the second way: whoever holds the medium must not hold it.",
                    "纸张是第二通道：持有介质者不得持有纸张。",
                )
                .to_owned(),
            keys: canvas
                .say(
                    "Up/Down   Space tick   F finish, when all is ticked   Esc home   ? help",
                    "上/下   空格 勾选   全部勾选后 F 完成   Esc 主页   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The sixteen rows are the SHA-256 of the statement. They are printed here and typed on the other side, where nothing shows them. The paper and the medium travel by different people or routes.",
            "十六行数字是声明的 SHA-256。在此打印，在另一侧手工输入，那里不显示这些数字。纸张与介质由不同的人或路线传递。",
        )
    }

    fn command(&self) -> String {
        format!("airlock sheet show {}", self.trace)
    }
}
