//! F21: the paper is of something else. Everyone stops; nothing here goes on with the transfer.

use super::person::{FIELDS, credentials, form};
use super::vote::reason;
use super::{Screen, Turn, elsewhere, tail};
use crate::audit::entry::Side;
use crate::exchange::code::rows::Row as SheetRow;
use crate::exchange::trace::Trace;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{LockFacts, Told, Written};

/// Rows for the rule and everybody who has decided, beside the alarm and what is to be done.
const PEOPLE: usize = 4;

/// The state of F21.
#[derive(Debug)]
pub struct Mismatch {
    trace: Trace,
    side: Side,
    found: Option<(SheetRow, u64)>,
    /// What is known of the lock; not asked for while the stop is new.
    lock: Option<LockFacts>,
    doing: Doing,
    is_out: bool,
}

#[derive(Debug)]
enum Doing {
    Reading,
    /// It is put before people once somebody types the last four characters of the trace.
    Clearing(Form),
    Approving(Form),
    Rejecting(Form),
    /// A person takes the text of his decision away; whether he rejects.
    Writing(Form, bool),
    /// Where it lies.
    Written(Written),
    /// A signature is brought back.
    Bringing(Form),
}

impl Mismatch {
    /// A row was wrong twice just now, which is this entry of the log.
    pub fn new(trace: Trace, side: Side, row: SheetRow, entry: u64) -> Self {
        Self { trace, side, found: Some((row, entry)), lock: None, doing: Doing::Reading, is_out: false }
    }

    /// The transfer has been in quarantine since earlier; on the offline side people can let it out.
    pub fn again(trace: Trace, side: Side) -> Turn {
        let stop = Self { trace: trace.clone(), side, found: None, lock: None, doing: Doing::Reading, is_out: false };
        let turn = Turn::to(stop);
        if side == Side::Offline { turn.and(Effect::Locked(trace)) } else { turn }
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Reading => return self.read(key),
            Doing::Written(_) => self.doing = Doing::Reading,
            _ if key == Key::Esc => self.doing = Doing::Reading,
            Doing::Approving(form) if key == elsewhere::KEY => {
                self.doing = Doing::Writing(elsewhere::text(form.text(0), []), false);
            }
            Doing::Rejecting(form) if key == elsewhere::KEY => {
                self.doing = Doing::Writing(elsewhere::text(form.text(0), [reason()]), true);
            }
            Doing::Clearing(form) => {
                if tail::is_typed(form, key, &self.trace) {
                    let trace = self.trace.clone();
                    return Turn::stay(self).and(Effect::Clear(trace));
                }
            }
            Doing::Approving(form) => {
                if form.press(key) == Pressed::Complete {
                    let (who, trace) = (credentials(form), self.trace.clone());
                    return Turn::stay(self).and(Effect::Release { trace, who, no: None });
                }
            }
            Doing::Rejecting(form) => {
                if form.press(key) == Pressed::Complete {
                    let no = Some(form.text(FIELDS).to_owned());
                    let (who, trace) = (credentials(form), self.trace.clone());
                    return Turn::stay(self).and(Effect::Release { trace, who, no });
                }
            }
            Doing::Writing(form, is_no) => {
                if form.press(key) == Pressed::Complete {
                    let (id, trace) = (form.text(0).to_owned(), self.trace.clone());
                    let no = is_no.then(|| form.text(1).to_owned());
                    let file = form.path(1 + usize::from(*is_no));
                    return Turn::stay(self).and(Effect::WriteRelease { trace, id, no, file });
                }
            }
            Doing::Bringing(form) => {
                if form.press(key) == Pressed::Complete {
                    let (id, signature, trace) = (form.text(0).to_owned(), form.path(1), self.trace.clone());
                    return Turn::stay(self).and(Effect::BringRelease { trace, id, signature });
                }
            }
        }
        Turn::stay(self)
    }

    fn read(mut self: Box<Self>, key: Key) -> Turn {
        let before = self.lock.as_ref().map(|lock| lock.before.is_some());
        match (key, key.letter(), before) {
            (Key::Esc, ..) | (_, Some('h'), _) => return Turn::home(),
            (_, Some('c'), Some(false)) => self.doing = Doing::Clearing(tail::form()),
            (_, Some('a'), Some(true)) => self.doing = Doing::Approving(form([])),
            (_, Some('r'), Some(true)) => self.doing = Doing::Rejecting(form([reason()])),
            (_, Some('s'), Some(true)) => self.doing = Doing::Bringing(elsewhere::signature()),
            _ => {}
        }
        Turn::stay(self)
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Reading | Doing::Written(_) => None,
            Doing::Clearing(form)
            | Doing::Approving(form)
            | Doing::Rejecting(form)
            | Doing::Writing(form, _)
            | Doing::Bringing(form) => Some(form),
        }
    }
}

impl Screen for Mismatch {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Locked(lock)) => {
                self.is_out = lock.is_none();
                self.lock = lock.map(|lock| *lock);
                self.doing = Doing::Reading;
                Turn::stay(self)
            }
            Input::Told(Told::Written(written)) => {
                self.doing = Doing::Written(*written);
                Turn::stay(self)
            }
            _ => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let journey = if self.side == Side::Offline { Journey::Answering } else { Journey::Importing };
        let body = match (&self.doing, self.form(), self.is_out) {
            (_, _, true) => self.out(canvas),
            (Doing::Written(written), ..) => elsewhere::to_do(written, canvas),
            (_, Some(form), _) => self.deciding(form, canvas),
            (_, None, _) => alarm(canvas).into_iter().chain(self.what(canvas)).chain(self.to_do(canvas)).collect(),
        };
        View {
            title: fill(canvas.say("{}: 2 Sheet mismatch", "{}：2 核对单不匹配"), [&canvas.host]),
            code: "F21",
            rail: journey.rail(2, canvas.language),
            body,
            message: match self.side {
                Side::Offline => canvas.say(
                    "It is let out by a quorum of officers and an auditor, never by one person.",
                    "须由法定人数的安全员与审计员共同解除，不得由一人单独解除。",
                ),
                Side::Online => canvas.say(
                    "Nothing lets it out here: the CA seals it again, and its new sheet is typed.",
                    "本机无法解除隔离：由 CA 重新封装，并按新核对单录入。",
                ),
            }
            .to_owned(),
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        match self.side {
            Side::Offline => (
                "A row was typed twice with a valid check digit and is not the row of this transfer. Either the sheet is of another transfer, or somebody changed what is on the stick. Only a quorum of officers and an auditor together let it out. F4 in a form writes its text to a file, to be signed elsewhere; S takes the signature.",
                "某一行两次以正确的校验位输入，却不属于本次传输。要么核对单拿错了，要么介质上的内容被改动。只有法定人数的安全员与审计员共同才能解除。表单中按 F4 将文本写入文件以在别处签名；按 S 带回签名。",
            ),
            Side::Online => (
                "A row was typed twice with a valid check digit and is not the row of this transfer. Either the sheet is of another transfer, or somebody changed what is on the stick. It stays locked on this host. Where it was in order after all, the CA seals its package again (airlock offline seal TRACE --again): the new one comes with a new sheet, under the same trace.",
                "某一行两次以正确的校验位输入，却不属于本次传输。要么核对单拿错了，要么介质上的内容被改动。它在本机保持锁定。若查明无误，由 CA 重新封装（airlock offline seal 追溯号 --again）：追溯号不变，附新的核对单。",
            ),
        }
    }

    fn command(&self) -> String {
        let verbs = match self.side {
            Side::Offline => "list | clear --statement ID | approve --officer ID --key FILE",
            Side::Online => "list",
        };
        format!("airlock quarantine {verbs}")
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form().is_some()
    }
}

/// What everyone reads first.
fn alarm(canvas: &Canvas<'_>) -> Vec<Row> {
    let stop = canvas.say(
        "STOP.  What is on this stick is NOT what is on your paper sheet.",
        "停止。  介质上的内容与您手中的纸质核对单不一致。",
    );
    let boxed = |text: &str| {
        let inside = columns::left(text, 70);
        Row::weighted(format!("  #   {inside}  #"), Weight::Alarm)
    };
    let rule = Row::weighted(format!("  {}", "#".repeat(77)), Weight::Alarm);
    vec![rule.clone(), boxed(""), boxed(stop), boxed(""), rule, Row::default()]
}

impl Mismatch {
    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match (&self.doing, self.lock.as_ref().map(|lock| lock.before.is_some())) {
            (Doing::Reading, Some(true)) => canvas.say(
                "A approve or witness letting it out   R reject   S signature   H home   ? help",
                "A 批准或见证解除   R 否决   S 带回签名   H 主页   ? 帮助",
            ),
            (Doing::Reading, Some(false)) => {
                canvas.say("C put clearing before people   H home   ? help", "C 提交解除   H 主页   ? 帮助")
            }
            (Doing::Reading, None) => canvas.say("H home   ? help", "H 主页   ? 帮助"),
            (Doing::Written(_), _) => canvas.say("any key back", "按任意键返回"),
            (Doing::Approving(_) | Doing::Rejecting(_), _) => elsewhere::form_keys(canvas),
            _ => canvas
                .say("type + Enter   Tab field   Esc back   F1 help", "输入后回车   Tab 字段   Esc 返回   F1 帮助"),
        }
    }

    /// It is out; its rows are typed again from the paper.
    fn out(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let told = fill(
            canvas.say(
                "Trace {} is out of quarantine. Its rows are to be typed again.",
                "追溯号 {} 已解除隔离。须重新按纸录入各行。",
            ),
            [&self.trace],
        );
        let lines = canvas.whole(&format!("{} {told}", Mark::Ok)).into_iter();
        lines.map(|line| Row::weighted(line, Weight::Strong)).collect()
    }

    /// What is decided, and by whom.
    fn deciding(&self, form: &Form, canvas: &Canvas<'_>) -> Vec<Row> {
        let told = match self.doing {
            Doing::Bringing(_) => elsewhere::brought(canvas).to_owned(),
            Doing::Rejecting(_) | Doing::Writing(_, true) => {
                canvas.say("You reject that this is let out:", "您将否决解除：").to_owned()
            }
            Doing::Approving(_) | Doing::Writing(_, false) => {
                canvas.say("You declare that this transfer is in order after all:", "您声明此传输确认无误：").to_owned()
            }
            _ => {
                canvas.say("You put letting this transfer out before people:", "您将提请解除此传输的隔离：").to_owned()
            }
        };
        let mut rows = vec![
            Row::weighted(format!(" {told}"), Weight::Strong),
            Row::from(format!(" {}", self.trace)),
            Row::default(),
        ];
        rows.extend(self.decided(canvas));
        if matches!(self.doing, Doing::Clearing(_)) {
            rows.extend(tail::how(canvas));
        }
        rows.extend(form.rows(canvas));
        rows
    }

    /// The rule, and who has decided: on as many rows as the names need.
    fn decided(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(before) = self.lock.as_ref().and_then(|lock| lock.before.as_ref()) else { return Vec::new() };
        let list = |people: &[String]| if people.is_empty() { "-".to_owned() } else { people.join(", ") };
        let parts = [
            fill(canvas.say("Rule {}", "规则 {}"), [&before.rule]),
            fill(canvas.say("approved {}", "已批准 {}"), [&list(&before.officers)]),
            fill(canvas.say("witnessed {}", "已见证 {}"), [&list(&before.auditors)]),
        ];
        columns::first(canvas.whole(&parts.join("   ")), PEOPLE, canvas.width).into_iter().map(Row::from).collect()
    }

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
        let lines = std::iter::once(trace).chain(row).map(|line| Row::weighted(format!(" {line}"), Weight::Strong));
        let decided = self.decided(canvas);
        let blank = decided.is_empty().then(Row::default);
        lines.chain(decided).chain(blank).collect()
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
        let compare = canvas.say(
            "He compares his filed copy with airlock sheet show. No row is read out.",
            "发送方用 airlock sheet show 核对其存档副本；不得念出任何一行。",
        );
        let form = canvas.say("Write down time, people and the entry number.", "记录时间、人员与日志序号。");
        let entry = self.found.map(|(_, entry)| entry).or(self.lock.as_ref().map(|lock| lock.since));
        let entry = entry.map(|entry| fill(canvas.say(" The log entry is {}.", "日志记录号为 {}。"), [&entry]));
        let harmless = canvas.say(
            "Common harmless cause: the sheet of another bundle. Compare the trace number.",
            "常见的无害原因：拿了另一份核对单。请核对追溯号。",
        );
        let steps =
            [keep.to_owned(), call.to_owned(), compare.to_owned(), format!("{form}{}", entry.unwrap_or_default())];
        let title = Row::weighted(format!(" {}", canvas.say("Do now", "立即执行")), Weight::Strong);
        let steps = (1..).zip(steps).map(|(number, step)| Row::from(format!("   {number}  {step}")));
        std::iter::once(title).chain(steps).chain([Row::default(), Row::from(format!(" {harmless}"))]).collect()
    }
}
