//! F21: the paper is of something else. Everyone stops; nothing here goes on with the transfer.

use super::{Screen, Turn};
use crate::audit::entry::Side;
use crate::exchange::code::rows::Row as SheetRow;
use crate::exchange::trace::Trace;
use crate::tui::effect::Input;
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;

/// The state of F21.
#[derive(Debug)]
pub struct Mismatch {
    trace: Trace,
    side: Side,
    found: Option<(SheetRow, u64)>,
}

impl Mismatch {
    /// A row was wrong twice just now, which is this entry of the log.
    pub fn new(trace: Trace, side: Side, row: SheetRow, entry: u64) -> Self {
        Self { trace, side, found: Some((row, entry)) }
    }

    /// The transfer has been in quarantine since earlier.
    pub fn again(trace: Trace, side: Side) -> Self {
        Self { trace, side, found: None }
    }
}

impl Screen for Mismatch {
    fn update(self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(Key::Esc) => Turn::home(),
            Input::Key(key) if key.letter() == Some('h') => Turn::home(),
            _ => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let journey = if self.side == Side::Offline { Journey::Answering } else { Journey::Importing };
        let body = alarm(canvas).into_iter().chain(self.what(canvas)).chain(self.to_do(canvas)).collect();
        View {
            title: fill(canvas.say("{}: 2 Sheet mismatch", "{}：2 核对单不匹配"), [&canvas.host]),
            code: "F21",
            rail: journey.rail(2, canvas.language),
            body,
            message: canvas
                .say(
                    "It is let out by a quorum of officers and an auditor, never by one person.",
                    "须由法定人数的安全官与审计员共同解除，绝非一人。",
                )
                .to_owned(),
            keys: canvas.say("H home   ? help", "H 主页   ? 帮助").to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "A row was typed twice with a valid check digit and is not the row of this transfer. Either the sheet is of another transfer, or somebody changed what is on the stick. Only a quorum of officers and an auditor together let it out.",
            "某一行两次以正确的校验位输入，却不属于本次传输。要么核对单拿错了，要么介质上的内容被改动。只有法定人数的安全官与审计员共同才能解除。",
        )
    }

    fn command(&self) -> String {
        "airlock quarantine list".to_owned()
    }
}

/// What everyone reads first.
fn alarm(canvas: &Canvas<'_>) -> Vec<Row> {
    let stop = canvas.say(
        "STOP.  What is on this stick is NOT what is on your paper sheet.",
        "停止。  介质上的内容与您手中的纸质核对单不一致。",
    );
    let boxed = |text: &str| {
        let inside = crate::report::columns::left(text, 70);
        Row::weighted(format!("  #   {inside}  #"), Weight::Alarm)
    };
    let rule = Row::weighted(format!("  {}", "#".repeat(77)), Weight::Alarm);
    vec![rule.clone(), boxed(""), boxed(stop), boxed(""), rule, Row::default()]
}

impl Mismatch {
    fn what(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let trace = fill(
            canvas.say(
                "Trace {} is quarantined. Nothing was signed or staged.",
                "追溯号 {} 已隔离。没有签发或暂存任何内容。",
            ),
            [&self.trace],
        );
        let row = self.found.map(|(row, _)| {
            fill(
                canvas.say(
                    "Row {}: typed twice with a valid check digit, does not match.",
                    "行 {}：两次输入校验位均正确，但不匹配。",
                ),
                [&row],
            )
        });
        let lines = [trace, row.unwrap_or_default(), String::new()];
        lines.into_iter().map(|line| Row::weighted(format!(" {line}"), Weight::Strong)).collect()
    }

    fn to_do(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let keep = canvas.say(
            "Keep the stick and the sheet. Do not wipe, do not retry from a copy.",
            "保留介质和核对单。不要擦除，不要用副本重试。",
        );
        let call = canvas.say(
            "Call the sender on a number you already have, not one from the stick.",
            "用您已有的号码致电发送方，不要用介质上的号码。",
        );
        let ask = canvas.say("Ask the sender to run   airlock sheet show {}", "请发送方运行   airlock sheet show {}");
        let form = canvas.say("Fill in the incident form.", "填写事件登记表。");
        let entry =
            self.found.map(|(_, entry)| fill(canvas.say("The log entry is {}.", "日志记录号为 {}。"), [&entry]));
        let harmless = canvas.say(
            "Common harmless cause: the sheet of another bundle. Compare the trace number.",
            "常见的无害原因：拿了另一份核对单。请核对追溯号。",
        );
        let steps = [
            keep.to_owned(),
            call.to_owned(),
            fill(ask, [&self.trace]),
            format!("{form} {}", entry.unwrap_or_default()),
        ];
        let title = Row::weighted(format!(" {}", canvas.say("Do now", "立即执行")), Weight::Strong);
        let steps = (1..).zip(steps).map(|(number, step)| Row::from(format!("   {number}  {step}")));
        std::iter::once(title).chain(steps).chain([Row::default(), Row::from(format!(" {harmless}"))]).collect()
    }
}
