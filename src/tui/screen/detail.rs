//! F41: one request, as it was received.

use super::review::Review;
use super::{Screen, Turn};
use crate::exchange::csr_bundle::number::Number;
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, View};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::rail::Journey;
use crate::tui::reading::Reading;
use crate::tui::told::Told;

/// The state of F41. The review stays behind it as it was.
pub struct Detail {
    review: Box<Review>,
    request: Number,
    lines: Reading,
}

impl Detail {
    /// Opens `request` of what is reviewed.
    pub fn begin(review: Box<Review>, request: Number) -> Turn {
        let trace = review.trace().clone();
        Turn::to(Self { review, request, lines: Reading::default() }).and(Effect::Detail { trace, request })
    }
}

impl Screen for Detail {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Detail(lines)) => self.lines = Reading::new(lines),
            Input::Key(Key::Esc) => return Turn::stay(self.review),
            Input::Key(Key::Char(' ')) => self.review.tick(self.request),
            Input::Key(Key::Left) => return self.review.open(-1),
            Input::Key(Key::Right) => return self.review.open(1),
            Input::Key(key) if key.letter() == Some('d') => return self.review.deny(),
            Input::Key(key) => {
                self.lines.press(key);
            }
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let tick = if self.review.is_ticked(self.request) { canvas.say("   ticked", "   已勾选") } else { "" };
        View {
            title: fill(
                canvas.say("Offline CA {}: 4 CSR detail   request {}{}", "离线 CA {}：4 CSR 详情   请求 {}{}"),
                [&canvas.host, &self.request, &tick],
            ),
            code: "F41",
            rail: Journey::Answering.rail(4, canvas.language),
            body: self.lines.rows(canvas),
            message: canvas
                .say(
                    "Fields are shown escaped: \\x1b style, never raw terminal codes.",
                    "字段以转义形式显示：如 \\x1b，绝不直接输出终端控制码。",
                )
                .to_owned(),
            keys: canvas
                .say(
                    "Left/Right request   Up/Down   Space tick   D deny   Esc back   ? help",
                    "左/右 请求   上/下   空格 勾选   D 拒绝   Esc 返回   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Everything that this request says of itself, and what policy says to it. What the certificate will hold comes from the profile, never from the request.",
            "该请求的全部内容以及策略结论。证书内容来自类别模板，而非请求本身。",
        )
    }

    fn command(&self) -> String {
        format!("airlock offline review {}; airlock inspect FILE", self.review.trace())
    }
}
