//! F61: signatures are made. A stop keeps what is signed; the rest goes on under the same approval.

use super::{Screen, Turn, login, seal};
use crate::exchange::trace::Trace;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Secret;
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::Told;

/// The state of F61.
#[derive(Debug)]
pub struct Signing {
    trace: Trace,
    gauge: Option<(usize, usize)>,
    /// What was done, the newest last.
    log: Vec<String>,
    ended: Ended,
}

/// Lines of the log that are kept; no terminal shows more.
const KEPT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Not,
    Signed(usize),
    Stopped,
}

impl Signing {
    /// Logs in with `pin` and signs what was approved for `trace`.
    pub fn begin(trace: Trace, pin: Secret) -> Turn {
        Turn::to(Self { trace: trace.clone(), gauge: None, log: Vec::new(), ended: Ended::Not })
            .and(Effect::Sign { trace, pin })
    }
}

impl Screen for Signing {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Gauge { done, of }) => self.gauge = Some((done, of)),
            Input::Told(Told::Noted(line)) => {
                if self.log.len() == KEPT {
                    self.log.remove(0);
                }
                self.log.push(line);
            }
            Input::Told(Told::Signed(count)) => self.ended = Ended::Signed(count),
            Input::Told(Told::Refused(_)) => self.ended = Ended::Stopped,
            Input::Key(key) => match (self.ended, key, key.letter()) {
                (Ended::Signed(_), Key::Enter, _) | (Ended::Signed(_), _, Some('n')) => {
                    return seal::Seal::begin(self.trace);
                }
                (Ended::Stopped, Key::Enter, _) | (Ended::Stopped, _, Some('n')) => {
                    return login::Login::begin(self.trace);
                }
                (Ended::Signed(_) | Ended::Stopped, Key::Esc, _) => return Turn::home(),
                _ => {}
            },
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (done, of) = match (self.ended, self.gauge) {
            (Ended::Signed(count), _) => (count, count),
            (_, Some(gauge)) => gauge,
            (_, None) => (0, 0),
        };
        let label = canvas.say("Signatures", "签名");
        let mut body =
            vec![Row::from(format!(" {label}  {}", bar(done, of, canvas.width.saturating_sub(40)))), Row::default()];
        body.push(match self.ended {
            Ended::Not => Row::default(),
            Ended::Signed(_) => Row::weighted(
                format!(
                    " {} {}",
                    Mark::Ok,
                    canvas.say("everything is signed, and the token is logged out", "全部签发完成，密码机已登出")
                ),
                Weight::Strong,
            ),
            Ended::Stopped => Row::weighted(
                format!(
                    " {} {}",
                    Mark::Fail,
                    canvas.say("stopped; what was signed is kept, N goes on", "已停止；已签内容保留，按 N 继续")
                ),
                Weight::Strong,
            ),
        });
        body.push(Row::default());
        for (english, chinese) in [
            (
                "Every signature is verified with the software library before it is kept.",
                "每个签名在保存前都用软件库验证。",
            ),
            ("Each TBS is compared byte for byte with the approved plan.", "每个 TBS 与已批准的计划逐字节比较。"),
        ] {
            body.push(format!(" {}", canvas.say(english, chinese)).into());
        }
        body.push(Row::default());
        body.push(format!(" {}", canvas.say("Log", "日志")).into());
        let room = canvas.height.saturating_sub(body.len());
        let newest = self.log.iter().skip(self.log.len().saturating_sub(room));
        body.extend(newest.map(|line| Row::from(format!("   {line}"))));
        View {
            title: fill(canvas.say("Offline CA {}: 6 Signing", "离线 CA {}：6 签发"), [&canvas.host]),
            code: "F61",
            rail: Journey::Answering.rail(6, canvas.language),
            body,
            message: canvas
                .say(
                    "A stop here keeps what is signed; the rest resumes under the same approval.",
                    "在此停止会保留已签内容；其余在同一批准下继续。",
                )
                .to_owned(),
            keys: canvas
                .say("N next, when it has ended   Esc home   ? help", "结束后 N 下一步   Esc 主页   ? 帮助")
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Batch by batch: announced in the log, signed by the token, verified in software, compared with the plan, written down.",
            "逐批进行：先记入日志，由密码机签名，软件验证，与计划比较，再写入日志。",
        )
    }

    fn command(&self) -> String {
        format!("airlock offline sign {} -o jsonl", self.trace)
    }
}

/// `[####....]  29 / 41    70%`
fn bar(done: usize, of: usize, width: usize) -> String {
    let filled = (done * width).checked_div(of).unwrap_or_default().min(width);
    let percent = (done * 100).checked_div(of).unwrap_or_default();
    format!("[{}{}]  {done} / {of}   {percent:>3}%", "#".repeat(filled), ".".repeat(width - filled))
}
