//! S21: the print of a sheet is compared with its statement before it leaves, on another workstation than the one that made
//! it. Never at the host that the statement is for.

use super::{Screen, Turn};
use crate::exchange::code::rows::Row as SheetRow;
use crate::exchange::draw::entry::Answer;
use crate::report::mark::Mark;
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::reading::Reading;
use crate::tui::told::{PrintFacts, Told};

/// The state of S21.
#[derive(Debug)]
pub struct Print {
    facts: Option<PrintFacts>,
    doing: Doing,
}

#[derive(Debug)]
enum Doing {
    /// The statement is named.
    Naming(Form),
    /// How it is compared.
    Choosing,
    /// The sixteen rows are typed, in order.
    Typing(Typing),
    /// What a scanner types of the QR code.
    Scanning(Form),
    /// The rows are read.
    Reading(Reading),
    /// It is equal; whether it was scanned.
    Equal { scanned: bool },
}

/// A row of the print.
#[derive(Debug)]
struct Typing {
    row: SheetRow,
    digits: String,
    /// What came of the entry before.
    answer: Option<Answer>,
    is_pasted: bool,
}

const DIGITS: usize = 6;

impl Typing {
    fn of(row: SheetRow, answer: Option<Answer>) -> Self {
        Self { row, digits: String::with_capacity(DIGITS), answer, is_pasted: false }
    }

    fn first() -> Self {
        let [row, ..] = SheetRow::ALL;
        Self::of(row, None)
    }

    /// Takes a key; the digits of a row where it is whole.
    fn press(&mut self, key: Key) -> Option<String> {
        self.is_pasted = false;
        match (key, key.digit()) {
            (Key::Backspace, _) => drop(self.digits.pop()),
            (_, Some(digit)) if self.digits.len() < DIGITS => self.digits.push(digit),
            _ => {}
        }
        (self.digits.len() == DIGITS).then(|| self.digits.clone())
    }

    fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut digits: String = self.digits.chars().chain(std::iter::repeat('_')).take(DIGITS).collect();
        digits.insert(DIGITS / 2, ' ');
        let told = match (self.is_pasted, self.answer) {
            (true, _) => Some((Mark::Typo, "paste is off; read the row and type it", "禁止粘贴；请按纸录入")),
            (_, Some(Answer::Typo)) => {
                Some((Mark::Typo, "the check digit is wrong; type the row again", "校验位错误，请重新录入该行"))
            }
            (_, Some(Answer::TypeAgain)) => Some((
                Mark::Stop,
                "that is not right; read the row on the print and type it once more",
                "不一致；请再看纸上该行并重新录入一次",
            )),
            (_, Some(Answer::Right)) => Some((Mark::Ok, "equal", "一致")),
            _ => None,
        };
        let told = told
            .map_or_else(String::new, |(mark, english, chinese)| format!(" {mark} {}", canvas.say(english, chinese)));
        let all = SheetRow::ALL.len();
        let done = fill(canvas.say(" {} of {} rows are equal", " {}/{} 行一致"), [&self.row.index(), &all]);
        vec![
            canvas.say(" Type the six digits of each row from the print.", " 按打印件录入每行六位数字。").into(),
            Row::default(),
            Row::weighted(format!(" >  {}   {digits}", self.row), Weight::Strong).field(),
            Row::default(),
            Row::weighted(told, Weight::Strong),
            done.into(),
        ]
    }
}

impl Print {
    /// Asks for the statement.
    pub fn begin() -> Turn {
        let form = Form::new([Field::text("Statement, *.txt", "声明文件 *.txt")]);
        Turn::to(Self { facts: None, doing: Doing::Naming(form) })
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Naming(_) if key == Key::Esc => return Turn::home(),
            Doing::Naming(form) => {
                if form.press(key) == Pressed::Complete {
                    let file = form.path(0);
                    return Turn::stay(self).and(Effect::OpenPrint(file));
                }
            }
            Doing::Choosing | Doing::Equal { .. } => return self.choose(key),
            _ if key == Key::Esc => self.doing = Doing::Choosing,
            Doing::Typing(_) if key.letter() == Some('x') => self.doing = Doing::Choosing,
            Doing::Typing(typing) => {
                if let Some(digits) = typing.press(key) {
                    return Turn::stay(self).and(Effect::PrintRow(digits));
                }
            }
            Doing::Scanning(form) => {
                if form.press(key) == Pressed::Complete {
                    let scanned = form.text(0).to_owned();
                    return Turn::stay(self).and(Effect::PrintScan(scanned));
                }
            }
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Choosing;
                }
            }
        }
        Turn::stay(self)
    }

    fn choose(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('o')) => return Self::begin(),
            (_, Some('t')) => {
                self.doing = Doing::Typing(Typing::first());
                return Turn::stay(self).and(Effect::PrintTyping);
            }
            (_, Some('q')) => self.doing = Doing::Scanning(Form::new([Field::text("QR code", "二维码内容")])),
            (_, Some('w')) => return Turn::stay(self).and(Effect::PrintRows),
            _ => {}
        }
        Turn::stay(self)
    }

    fn told(mut self: Box<Self>, told: Told) -> Turn {
        match (told, &mut self.doing) {
            (Told::Print(facts), _) => (self.facts, self.doing) = (Some(*facts), Doing::Choosing),
            (Told::Read(lines), Doing::Choosing | Doing::Equal { .. }) => {
                self.doing = Doing::Reading(Reading::new(lines));
            }
            (Told::PrintRow(row, answer), Doing::Typing(typing)) => *typing = Typing::of(row, answer),
            (Told::PrintEqual, doing) => {
                let scanned = matches!(doing, Doing::Scanning(_));
                self.doing = Doing::Equal { scanned };
            }
            // A print that differs is not typed to its end.
            (Told::Refused(_), Doing::Typing(_) | Doing::Scanning(_)) => self.doing = Doing::Choosing,
            _ => {}
        }
        Turn::stay(self)
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        if let Doing::Reading(reading) = &self.doing {
            return reading.rows(canvas);
        }
        let mut rows = self.facts.iter().flat_map(|facts| about(facts, canvas)).collect::<Vec<_>>();
        match &self.doing {
            Doing::Naming(form) => {
                let told = canvas.say(
                    " The statement of what was made elsewhere, and the print of its sheet.",
                    " 别处生成的声明，以及其核对单的打印件。",
                );
                rows.extend([Row::from(told), Row::default()]);
                rows.extend(form.rows(canvas));
            }
            Doing::Choosing => rows.extend(ways(canvas)),
            Doing::Typing(typing) => rows.extend(typing.rows(canvas)),
            Doing::Scanning(form) => {
                let told = canvas.say(
                    " Have the QR code of the print read by a scanner that types, and Enter.",
                    " 用键盘式扫描器读取打印件上的二维码，然后回车。",
                );
                rows.extend([Row::from(told), Row::default()]);
                rows.extend(form.rows(canvas));
            }
            Doing::Equal { scanned } => {
                let told = match scanned {
                    true => canvas.say("the QR code of the print is equal", "打印件的二维码一致"),
                    false => canvas.say("all 16 rows of the print are equal", "打印件 16 行全部一致"),
                };
                rows.push(Row::weighted(format!(" {} {told}", Mark::Ok), Weight::Strong));
            }
            Doing::Reading(_) => {}
        }
        rows
    }
}

/// What the statement is of.
fn about(facts: &PrintFacts, canvas: &Canvas<'_>) -> [Row; 3] {
    let PrintFacts { trace, kind, from, to, items } = facts;
    [
        Row::weighted(format!(" {trace}   {kind}"), Weight::Strong),
        fill(canvas.say(" from {} to {}   {} item{s}", " 由 {} 发往 {}   {} 项"), [from, to, items]).into(),
        Row::default(),
    ]
}

fn ways(canvas: &Canvas<'_>) -> [Row; 3] {
    [
        canvas.say(
            " T  type the sixteen rows from the print; they are compared and not shown",
            " T  按打印件录入 16 行；由机器比较，不显示",
        ),
        canvas.say(" Q  have its QR code read", " Q  读取其二维码"),
        canvas.say(" W  show the rows of the statement, to be compared by eye", " W  显示声明的各行，以目视核对"),
    ]
    .map(Row::from)
}

impl Screen for Print {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(told) => self.told(told),
            Input::Pasted => {
                match &mut self.doing {
                    Doing::Typing(typing) => typing.is_pasted = true,
                    Doing::Scanning(form) => form.mistyped(
                        0,
                        "Taken for a paste here: airlock sheet check FILE --scan takes it.",
                        "此终端视其为粘贴：请用 airlock sheet check FILE --scan。",
                    ),
                    _ => {}
                }
                Turn::stay(self)
            }
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let keys = match self.doing {
            Doing::Naming(_) => {
                canvas.say("type + Enter open   Esc home   F1 help", "输入后回车打开   Esc 主页   F1 帮助")
            }
            Doing::Choosing | Doing::Equal { .. } => canvas.say(
                "T type rows   Q QR code   W show rows   O another   Esc home   ? help",
                "T 录入各行   Q 二维码   W 显示各行   O 其他   Esc 主页   ? 帮助",
            ),
            Doing::Typing(_) => {
                canvas.say("0-9 type   Backspace   Esc back   ? help", "0-9 录入   退格   Esc 返回   ? 帮助")
            }
            Doing::Scanning(_) => canvas.say("scan + Enter   Esc back   F1 help", "扫描后回车   Esc 返回   F1 帮助"),
            Doing::Reading(_) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
        };
        View {
            title: canvas.say("Check a printed sheet before it leaves", "核对单送出前的复核").to_owned(),
            code: "S21",
            rail: canvas.say("on another workstation than the one that made it", "在另一台工作站上进行").to_owned(),
            body: self.body(canvas),
            message: canvas
                .say(
                    "Never at the host that receives it: there, rows come from paper alone.",
                    "不得在接收方主机上进行：接收方只按纸录入。",
                )
                .to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "A second person compares the print of a sheet with the statement of its transfer before both leave by different routes. Typed or scanned, the machine compares; a row that is wrong twice stops it. At the host that the statement is for this is refused.",
            "第二人在核对单与介质分路送出前，将打印件与传输声明进行比较。录入或扫描均由机器比较；某行两次错误即停止。声明的接收方主机上拒绝此操作。",
        )
    }

    fn command(&self) -> String {
        match self.doing {
            Doing::Typing(_) => "airlock sheet check STATEMENT --rows",
            Doing::Scanning(_) => "airlock sheet check STATEMENT --scan",
            _ => "airlock sheet check STATEMENT [--rows | --scan]",
        }
        .to_owned()
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Naming(form) | Doing::Scanning(form) => form.asked(language),
            Doing::Typing(typing) => {
                let label = fill(language.say("row {}", "行 {}"), [&typing.row]);
                Some(Asked { label, kind: AskedKind::Row, given: String::new() })
            }
            Doing::Choosing | Doing::Reading(_) | Doing::Equal { .. } => None,
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.doing, Doing::Naming(_) | Doing::Scanning(_))
    }
}
