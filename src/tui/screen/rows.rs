//! F20 and I20: a person types the rows of the sheet from paper. Nothing here shows what is right.
//!
//! The state holds what the person typed and what he was told, never the code. The row that is being typed leaves the
//! screen the moment it is complete, so a right row is shown only once it was confirmed.

use super::person::{credentials, form};
use super::{Screen, Turn, checks, mismatch};
use crate::audit::entry::Side;
use crate::exchange::code::rows::{Row as SheetRow, Rows as SheetRows};
use crate::exchange::draw::entry::Answer;
use crate::exchange::trace::Trace;
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::told::{PaperFacts, Told};

mod look;

/// Digits of a row.
const DIGITS: usize = 6;

/// The state of F20 and I20.
#[derive(Debug)]
pub struct Rows {
    trace: Trace,
    side: Side,
    paper: Option<PaperFacts>,
    stage: Stage,
    pasted: bool,
}

#[derive(Debug)]
enum Stage {
    /// Somebody says who he is.
    SigningIn { form: Form, whole: bool },
    /// He types.
    Typing(Box<Typing>),
    /// His rows are done; nobody else is needed where `complete`.
    Done { complete: bool },
    /// He made too many typos in this row.
    Tired(SheetRow),
}

/// A person in front of his rows.
#[derive(Debug)]
struct Typing {
    person: String,
    asked: SheetRows,
    row: SheetRow,
    digits: String,
    /// What was typed for the row before it is judged; it is not shown.
    judged: Option<(SheetRow, String)>,
    /// What came of each entry, the newest last.
    told: Vec<(SheetRow, String, Answer)>,
    is_leaving: bool,
}

impl Rows {
    /// Begins with the sheet of `trace`.
    pub fn begin(trace: Trace, side: Side) -> Turn {
        Turn::to(Self::new(trace.clone(), side)).and(Effect::Paper(trace))
    }

    fn new(trace: Trace, side: Side) -> Self {
        let whole = side == Side::Online;
        Self { trace, side, paper: None, stage: Stage::SigningIn { form: form([]), whole }, pasted: false }
    }

    fn is_complete(&self) -> bool {
        match self.stage {
            Stage::Done { complete } => complete,
            _ => self.paper.as_ref().is_some_and(|paper| paper.complete),
        }
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        self.pasted = false;
        match &mut self.stage {
            Stage::SigningIn { .. } => self.sign_in(key),
            Stage::Typing(typing) => match typing.press(key) {
                Typed::More => Turn::stay(self),
                Typed::Row(digits) => Turn::stay(self).and(Effect::Enter(digits)),
                Typed::Left => Turn::stay(self).and(Effect::Stand),
            },
            Stage::Done { .. } | Stage::Tired(_) => match (key, key.letter()) {
                (Key::Esc, _) => Turn::home(),
                (Key::Enter, _) | (_, Some('n')) if self.is_complete() => checks::Checks::begin(self.trace, self.side),
                (Key::Enter, _) | (_, Some('n')) => Self::begin(self.trace, self.side),
                _ => Turn::stay(self),
            },
        }
    }

    fn sign_in(mut self: Box<Self>, key: Key) -> Turn {
        let is_complete = self.is_complete();
        let Stage::SigningIn { form, whole } = &mut self.stage else { return Turn::stay(self) };
        match key {
            Key::Esc => return Turn::home(),
            Key::Function(3) => *whole = !*whole,
            Key::Function(4) if is_complete => return checks::Checks::begin(self.trace, self.side),
            key => {
                if form.press(key) == Pressed::Complete {
                    let (trace, who, whole) = (self.trace.clone(), credentials(form), *whole);
                    return Turn::stay(self).and(Effect::Sit { trace, who, whole });
                }
            }
        }
        Turn::stay(self)
    }

    fn told(mut self: Box<Self>, told: Told) -> Turn {
        match (told, &mut self.stage) {
            (Told::Paper(facts), _) => self.paper = Some(facts),
            (Told::Seated { person, asked, row }, _) => {
                self.stage = Stage::Typing(Box::new(Typing::new(person, asked, row)));
            }
            (Told::Answered { answer, row }, Stage::Typing(typing)) => typing.answered(answer, row),
            (Told::RowsDone { complete }, _) => self.stage = Stage::Done { complete },
            (Told::Tired(row), _) => self.stage = Stage::Tired(row),
            (Told::Mismatch(row, entry), _) => {
                return Turn::to(mismatch::Mismatch::new(self.trace, self.side, row, entry));
            }
            (Told::Stood, _) => return Turn::home(),
            // What could not be written down was not answered; the seat is gone.
            (Told::Refused(_), Stage::Typing(_)) => return Self::begin(self.trace, self.side),
            _ => {}
        }
        Turn::stay(self)
    }
}

/// What a key did to a row.
enum Typed {
    More,
    Row(String),
    Left,
}

impl Typing {
    fn new(person: String, asked: SheetRows, row: SheetRow) -> Self {
        let digits = String::with_capacity(DIGITS);
        Self { person, asked, row, digits, judged: None, told: Vec::new(), is_leaving: false }
    }

    fn press(&mut self, key: Key) -> Typed {
        let was_leaving = std::mem::take(&mut self.is_leaving);
        match (key, key.digit()) {
            (Key::Esc | Key::Function(9), _) if was_leaving => return Typed::Left,
            (Key::Esc | Key::Function(9), _) => self.is_leaving = true,
            (Key::Backspace, _) => drop(self.digits.pop()),
            (_, Some(digit)) => {
                self.digits.push(digit);
                if self.digits.len() == DIGITS {
                    let digits = std::mem::take(&mut self.digits);
                    self.judged = Some((self.row, digits.clone()));
                    return Typed::Row(digits);
                }
            }
            _ => {}
        }
        Typed::More
    }

    fn answered(&mut self, answer: Answer, row: SheetRow) {
        if let Some((of, digits)) = self.judged.take() {
            self.told.push((of, digits, answer));
        }
        self.row = row;
    }

    /// What a row was typed as last, and what came of it.
    fn last(&self, row: SheetRow) -> Option<(&str, Answer)> {
        self.told.iter().rev().find(|(of, ..)| *of == row).map(|(_, digits, answer)| (digits.as_str(), *answer))
    }

    fn done(&self) -> usize {
        self.told.iter().filter(|(.., answer)| *answer == Answer::Right).count()
    }
}

impl Screen for Rows {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(told) => self.told(told),
            Input::Pasted => {
                self.pasted = true;
                Turn::stay(self)
            }
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        self.look(canvas)
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Read each row from the paper and type its six digits. The last digit of a row is a check digit: a slip of the fingers is told at once and costs nothing. A row that is well formed and wrong may be typed once more; the second time the transfer is quarantined. Paste is off.",
            "逐行阅读纸质核对单并输入六位数字。每行最后一位是校验位：手误会立即提示且不计错。格式正确但内容错误的行可再输入一次；第二次错误则隔离该传输。禁止粘贴。",
        )
    }

    fn command(&self) -> String {
        let is_whole = match self.stage {
            Stage::SigningIn { whole, .. } => whole,
            _ => self.side == Side::Online,
        };
        let (who, share) = match (self.side, is_whole) {
            (Side::Offline, true) => ("officer", " --whole"),
            (Side::Offline, false) => ("officer", ""),
            (Side::Online, true) => ("person", ""),
            (Side::Online, false) => ("person", " --half"),
        };
        format!("airlock {} confirm {} --{who} ID --key FILE{share}", self.side.name(), self.trace)
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.stage {
            Stage::SigningIn { form, .. } => form.asked(language),
            Stage::Typing(typing) => {
                let label = fill(language.say("row {}", "行 {}"), [&typing.row]);
                Some(Asked { label, kind: AskedKind::Row, given: String::new() })
            }
            Stage::Done { .. } | Stage::Tired(_) => None,
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.stage, Stage::SigningIn { .. })
    }

    fn before_end(&self) -> Option<Effect> {
        // Also while a person is being seated: a seat that nobody sits on would keep the state locked.
        (!matches!(self.stage, Stage::Done { .. })).then_some(Effect::Stand)
    }
}
