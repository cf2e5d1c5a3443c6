//! F80 and N40: the sheet of what this host sends. Its own people may see its rows; the receiving side never does.

use std::path::PathBuf;

use super::{Screen, Turn};
use crate::desk::tray::place::Output;
use crate::exchange::trace::Trace;
use crate::report::columns;
use crate::report::sheet::print::printed_as;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Both, fill};
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
    large: bool,
    /// Whether the last key finished before all was ticked.
    is_early: bool,
    /// Where it is to be written or printed, while that is typed.
    to: Option<Form>,
}

/// Rows of the sheet on a line, as on the paper.
const ACROSS: usize = 4;
/// Blank rows, where there is room for them.
const BLANKS: usize = 3;
const PRINTED: (&str, &str) =
    ("2 copies on paper: one travels, one is filed here", "纸上有 2 份：一份另行送交，一份存档");
const ROUTE: (&str, &str) =
    ("it goes by a different person or route than the medium", "由不同的人或路线传递，不随介质");
/// What is done by hand before the sheet of a bundle goes its way.
const TICKS: [(&str, &str); 4] = [
    PRINTED,
    ("a second person compared it on another workstation: S on its S00", "第二人已在另一工作站复核：其 S00 按 S"),
    ("signed by hand, bag number written on it", "已手写签名，填写封袋号"),
    ROUTE,
];
/// The same of a return sheet. There is no second computer in the room of a CA.
const RETURN_TICKS: [(&str, &str); 4] = [
    PRINTED,
    (
        "officers signed by hand, the auditor copied size and root of the log",
        "安全员已手写签名，审计员已抄录日志大小与根值",
    ),
    ("token and cards back in the safe, bag numbers written on it", "密码机与卡已入柜，封袋号已填写"),
    ROUTE,
];

const KEYS: (&str, &str) = (
    "P print   W write file   L large print   Space tick   F finish   ? help",
    "P 打印   W 写文件   L 大字   空格 勾选   F 完成   ? 帮助",
);
const TYPING: (&str, &str) = (
    "type + Enter: .txt .pdf .svg, lp:QUEUE or /dev/...   Esc back",
    "输入后回车：.txt .pdf .svg、lp:队列或 /dev/...   Esc 返回",
);

impl Sheet {
    /// Reads the sheet of `trace`, which was made here.
    pub fn begin(trace: Trace) -> Turn {
        let sheet = Self {
            trace: trace.clone(),
            facts: None,
            ticks: [false; 4],
            at: 0,
            large: false,
            is_early: false,
            to: None,
        };
        Turn::to(sheet).and(Effect::Outgoing(trace))
    }

    /// Keys while a place is typed.
    fn typing(mut self: Box<Self>, mut form: Form, key: Key) -> Turn {
        match (key, form.press(key)) {
            (Key::Esc, _) => Turn::stay(self),
            (_, Pressed::Complete) => {
                let to = Some(form.path(0));
                self.print(to)
            }
            _ => {
                self.to = Some(form);
                Turn::stay(self)
            }
        }
    }

    fn print(self: Box<Self>, to: Option<PathBuf>) -> Turn {
        let (trace, large) = (self.trace.clone(), self.large);
        Turn::stay(self).and(Effect::Print { trace, to, large })
    }

    /// Keys otherwise.
    fn key(mut self: Box<Self>, key: Key) -> Turn {
        self.is_early = false;
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('f')) if self.ticks.iter().all(|tick| *tick) => return Turn::home(),
            (_, Some('f')) => self.is_early = true,
            (_, Some('p')) if self.facts.is_some() => return self.print(None),
            (_, Some('w')) if self.facts.is_some() => {
                self.to = Some(Form::new([Field::text("New file or printer", "新文件或打印机")]));
            }
            (_, Some('l')) => self.large = !self.large,
            (Key::Up, _) => self.at = self.at.saturating_sub(1),
            (Key::Down, _) => self.at = (self.at + 1).min(TICKS.len() - 1),
            (Key::Char(' '), _) => {
                let at = self.at;
                self.ticks.get_mut(at).into_iter().for_each(|tick| *tick = !*tick);
            }
            _ => {}
        }
        Turn::stay(self)
    }

    /// What was printed where, what P does, and how large.
    fn prints(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let printed = self
            .facts
            .iter()
            .filter(|facts| facts.printed > 0)
            .flat_map(|facts| went(facts.printed_to.as_ref(), canvas));
        let again = match self.facts.as_ref().is_some_and(|facts| facts.printed > 0) {
            true => canvas.say("   P prints again: REPRINT, logged.", "   按 P 将重印，标注并记入日志。"),
            false => "",
        };
        let large = match self.large {
            true => canvas.say("   L: print is large", "   L：大字打印"),
            false => canvas.say("   L: print is of normal size", "   L：正常字号打印"),
        };
        printed.chain([format!("{again}{large}").into()]).collect()
    }

    /// All of it fits: blank rows go first where there is no room, then what stands on the paper too.
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let ticks = if self.is_bundle() { TICKS } else { RETURN_TICKS };
        let ticks = ticks.iter().zip(self.ticks).enumerate().map(|(at, ((english, chinese), tick))| {
            let (here, tick) = (if at == self.at { ">" } else { " " }, if tick { "x" } else { " " });
            Row::from(format!(" {here} [{tick}] {}", canvas.say(english, chinese)))
        });
        let below = self.to.as_ref().map_or_else(|| self.prints(canvas), |form| form.rows(canvas));
        let Some(facts) = &self.facts else { return ticks.chain(below).collect() };
        let sheet: Vec<_> =
            facts.sheet.chunks(ACROSS).map(|rows| Row::from(format!("    {}", rows.join("   ")))).collect();
        let head = head(facts, canvas);
        let room = canvas.height.saturating_sub(head.len() + sheet.len() + ticks.len() + below.len());
        let about = about(facts, room, canvas);
        let blanks = (room - about.len().min(room)).min(BLANKS);
        let blank = |wanted: usize| (blanks >= wanted).then(Row::default);
        let mut body = head;
        body.extend(blank(2).into_iter().chain(sheet).chain(blank(1)).chain(about).chain(ticks));
        body.extend(blank(3).into_iter().chain(below));
        body
    }

    fn is_bundle(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.kind == Some("csr-bundle"))
    }
}

/// Which sheet it is, and which print of it: a reprint stands on a line of its own, as on the paper.
fn head(facts: &OutgoingFacts, canvas: &Canvas<'_>) -> Vec<Row> {
    let sheet = fill(
        canvas.say(" FINGERPRINT SHEET  {}   {}", " 指纹核对单  {}   {}"),
        [&facts.kind.unwrap_or("-"), &facts.trace],
    );
    let (english, chinese) = match facts.printed {
        0 => ("not printed".to_owned(), "尚未打印".to_owned()),
        number => printed_as(number.into()),
    };
    let print = Both::new(english, chinese);
    let print = print.of(canvas.language);
    let lines = if facts.printed > 1 { vec![sheet, format!(" {print}")] } else { vec![format!("{sheet}   {print}")] };
    lines.into_iter().map(|line| Row::weighted(line, Weight::Strong)).collect()
}

/// What the transfer holds, on `room` rows.
fn about(facts: &OutgoingFacts, room: usize, canvas: &Canvas<'_>) -> Vec<Row> {
    let fits = facts.about.len() <= room;
    let shown = if fits { room } else { room.saturating_sub(1) };
    let lines = facts.about.iter().take(shown).map(|line| Row::from(format!("   {}", line.of(canvas.language))));
    let more = facts.about.len().saturating_sub(shown);
    let more =
        (!fits).then(|| fill(canvas.say("   {} more line{s}: on the paper", "   另有 {} 行，见纸质核对单"), [&more]));
    lines.chain(more.map(Row::from)).collect()
}

/// Where the sheet was sent last, whole: the log says so before it is known what came of it.
fn went(to: Option<&Output>, canvas: &Canvas<'_>) -> Vec<Row> {
    let (told, place) = match to {
        None => return Vec::new(),
        Some(Output::Printer(printer)) => (
            canvas.say("Last sent to the printer {}: count what came out.", "最近一次送至打印机 {}，请清点。"),
            printer.to_string(),
        ),
        Some(Output::File(file)) => (
            canvas.say("Last written to a file, to be printed: {}", "最近一次写入文件，须打印： {}"),
            file.to_string_lossy().into_owned(),
        ),
    };
    let lines = columns::hanging("   ", &fill(told, [&columns::visible(&place)]), canvas.width);
    lines.into_iter().map(Row::from).collect()
}

impl Screen for Sheet {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Outgoing(facts)) => {
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Key(key) => match self.to.take() {
                Some(form) => self.typing(form, key),
                None => self.key(key),
            },
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
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
        View {
            title,
            code,
            rail,
            body: self.body(canvas),
            message: match self.is_early {
                true => canvas.say("Not all four are ticked.", "四项未全部勾选。"),
                // There is no second computer in the room of a CA: that comes after it.
                false if !self.is_bundle() => canvas.say(
                    "Outside the room, before it leaves: a second person compares it (C14).",
                    "送出前在室外由第二人复核（C14）。",
                ),
                false => canvas.say(
                    "The paper is the second way: whoever holds the medium must not hold it.",
                    "纸张是第二通道：持有介质者不得持有纸张。",
                ),
            }
            .to_owned(),
            keys: canvas
                .say(
                    if self.to.is_some() { TYPING.0 } else { KEYS.0 },
                    if self.to.is_some() { TYPING.1 } else { KEYS.1 },
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The sixteen rows are the SHA-256 of the statement. They are printed here and typed on the other side, where nothing shows them. P prints on the printer of the config, W on another one or to a new file; each print after the first says that it is a reprint, and so does the log. The paper and the medium travel by different people or routes.",
            "十六行数字是声明的 SHA-256。在此打印，在另一侧手工输入，那里不显示这些数字。P 用配置文件中的打印机打印，W 用另一台打印机或写入新文件；首次之后的打印均标注为重印并记入日志。纸张与介质由不同的人或路线传递。",
        )
    }

    fn command(&self) -> String {
        format!("airlock sheet print {} --printer PRINTER", self.trace)
    }

    fn takes_text(&self) -> bool {
        self.to.is_some()
    }
}
