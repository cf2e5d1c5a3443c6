//! F61: signatures are made. A stop keeps what is signed; the rest goes on under the same approval.

use super::{Screen, Turn, login, seal};
use crate::exchange::trace::Trace;
use crate::refusal::Class;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Secret;
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Both, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::Told;

/// The state of F61.
#[derive(Debug)]
pub struct Signing {
    trace: Trace,
    gauge: Option<(usize, usize)>,
    /// What was done, the newest last.
    log: Vec<Both>,
    ended: Ended,
}

/// Lines of the log that are kept; no terminal shows more.
const KEPT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Not,
    Signed(usize),
    /// By a person.
    Stopped,
    Failed,
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
            Input::Told(Told::Refused(notice)) if notice.class == Class::Interrupted => self.ended = Ended::Stopped,
            // The token did not open: nothing was begun, and the PIN is asked for again.
            Input::Told(Told::Refused(notice)) if notice.class == Class::Authentication && self.gauge.is_none() => {
                return login::Login::begin(self.trace);
            }
            Input::Told(Told::Refused(_)) => self.ended = Ended::Failed,
            Input::Key(key) => match (self.ended, key, key.letter()) {
                (Ended::Signed(_), Key::Enter, _) | (Ended::Signed(_), _, Some('n')) => {
                    return seal::Seal::begin(self.trace);
                }
                (Ended::Stopped | Ended::Failed, Key::Enter, _) | (Ended::Stopped | Ended::Failed, _, Some('n')) => {
                    return login::Login::begin(self.trace);
                }
                (Ended::Signed(_) | Ended::Stopped | Ended::Failed, Key::Esc, _) => return Turn::home(),
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
        body.push(self.outcome(canvas));
        body.push(Row::default());
        for (english, chinese) in [
            (
                "Every signature is verified with the software library before it is kept.",
                "每个签名在保存前都用软件库验证。",
            ),
            ("Each TBS is compared byte for byte with the approved plan.", "每个 TBS 与已批准的计划逐字节比较。"),
            (
                "A stop keeps what is signed; the rest is signed later under the same approval.",
                "停止后已签内容保留；其余以后在同一批准下签发。",
            ),
        ] {
            body.push(format!(" {}", canvas.say(english, chinese)).into());
        }
        body.push(Row::default());
        body.push(format!(" {}", canvas.say("Log", "日志")).into());
        let room = canvas.height.saturating_sub(body.len());
        let newest = self.log.iter().skip(self.log.len().saturating_sub(room));
        body.extend(newest.map(|line| Row::from(format!("   {}", line.of(canvas.language)))));
        View {
            title: fill(canvas.say("Offline CA {}: 6 Signing", "离线 CA {}：6 签发"), [&canvas.host]),
            code: "F61",
            rail: Journey::Answering.rail(6, canvas.language),
            body,
            message: match self.ended {
                Ended::Not | Ended::Signed(_) => String::new(),
                Ended::Stopped | Ended::Failed => canvas
                    .say(
                        "N asks for the PIN again and signs the rest; no second approval is needed.",
                        "按 N 再次输入 PIN 并签发其余；无需再次批准。",
                    )
                    .to_owned(),
            },
            keys: match self.ended {
                Ended::Not => canvas.say("S or Esc stop   ? help", "S 或 Esc 停止   ? 帮助"),
                Ended::Signed(_) => canvas.say("N next   Esc home   ? help", "N 下一步   Esc 主页   ? 帮助"),
                Ended::Stopped | Ended::Failed => {
                    canvas.say("N sign the rest   Esc home   ? help", "N 签发其余   Esc 主页   ? 帮助")
                }
            }
            .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Batch by batch: announced in the log, signed by the token, verified in software, compared with the plan, written down. S stops it, and asks once: what was announced is signed first, at most two batches of 256.",
            "逐批进行：先记入日志，由密码机签名，软件验证，与计划比较，再写入日志。S 停止（询问一次）：已公布的批次（最多两批，每批 256 个）先签完。",
        )
    }

    fn command(&self) -> String {
        format!("airlock offline sign {} -o jsonl", self.trace)
    }

    fn may_stop(&self) -> bool {
        self.ended == Ended::Not
    }
}

impl Signing {
    fn outcome(&self, canvas: &Canvas<'_>) -> Row {
        let (mark, told) = match self.ended {
            Ended::Not => return Row::default(),
            Ended::Signed(_) => (
                Mark::Ok,
                canvas.say("everything is signed, and the token is logged out", "全部签发完成，密码机已登出"),
            ),
            Ended::Stopped => {
                (Mark::Open, canvas.say("stopped by a person; what is signed is kept", "已由人员停止；已签内容保留"))
            }
            Ended::Failed => (
                Mark::Fail,
                canvas.say("it failed; what was signed is kept, N goes on", "签发失败；已签内容保留，按 N 继续"),
            ),
        };
        Row::weighted(format!(" {mark} {told}"), Weight::Strong)
    }
}

/// `[####....]  29 / 41    70%`
fn bar(done: usize, of: usize, width: usize) -> String {
    let filled = (done * width).checked_div(of).unwrap_or_default().min(width);
    let percent = (done * 100).checked_div(of).unwrap_or_default();
    format!("[{}{}]  {done} / {of}   {percent:>3}%", "#".repeat(filled), ".".repeat(width - filled))
}
