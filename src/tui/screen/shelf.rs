//! The media that are plugged in, to choose from: F10, N30, F70, I10. A path may be typed instead.
//!
//! While nothing is typed, Up and Down choose, Enter takes, R looks again and X lets go of what is chosen; what is typed
//! is a path then.

use crate::desk::media::Line;
use crate::desk::register::Way;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::effect::Effect;
use crate::tui::form::Form;
use crate::tui::frame::{Canvas, Row};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;

/// What was seen, and what is chosen.
#[derive(Debug)]
pub struct Shelf {
    /// The way that a transfer goes here.
    way: Way,
    /// None until the first look was answered.
    lines: Option<Vec<Line>>,
    internal: usize,
    at: usize,
}

/// What a key does to it.
#[derive(Debug)]
pub enum Picked {
    /// It is not for it.
    No,
    /// Another one is chosen, or its name stands in the form now.
    Yes,
    /// Something is to be done.
    Do(Effect),
}

/// What the register and the judge say of a medium that is offered.
const WORDS: [(&str, &str); 5] = [
    ("not registered", "未登记"),
    ("registered", "已登记"),
    ("admitted by two officers", "由两名安全员放行"),
    ("write-protected", "写保护"),
    ("MiB lie outside its partition", "MiB 在其分区之外"),
];

/// The verdict on a medium; of one that is refused in Chinese what its code means.
fn said(line: &Line, language: Language) -> String {
    match (language, line.code.and_then(|code| language.meaning(code))) {
        (Language::English, _) => line.verdict.clone(),
        (Language::Chinese, Some(meaning)) => format!("{} {}", Mark::Stop, meaning.what),
        (Language::Chinese, None) => {
            WORDS.iter().fold(line.verdict.clone(), |said, (english, chinese)| said.replace(english, chinese))
        }
    }
}

/// Rows of the table.
const MOST: usize = 6;

impl Shelf {
    /// Nothing was seen yet; a stick of the register is taken for this way alone.
    pub const fn of(way: Way) -> Self {
        Self { way, lines: None, internal: 0, at: 0 }
    }

    fn may_take(&self, line: &Line) -> bool {
        line.is_offered && !self.is_of_other_way(line)
    }

    fn is_of_other_way(&self, line: &Line) -> bool {
        line.way.is_some_and(|way| way != self.way)
    }

    /// Takes what was seen; what is built in is counted only.
    pub fn fill(&mut self, seen: Vec<Line>) {
        let (plugged, internal): (Vec<_>, Vec<_>) = seen.into_iter().partition(|line| line.is_plugged);
        self.internal = internal.len();
        self.at = plugged.iter().position(|line| self.may_take(line)).unwrap_or(0);
        self.lines = Some(plugged);
    }

    /// Takes a key while the person is in the field `field` of `form`, where a medium is named.
    pub fn press(&mut self, key: Key, form: &mut Form, field: usize) -> Picked {
        if form.at() != field || !form.text(field).is_empty() {
            return Picked::No;
        }
        let lines = self.lines.as_deref().unwrap_or_default();
        let chosen = lines.get(self.at);
        match (key, key.letter(), chosen) {
            (Key::Down, ..) if self.at + 1 < lines.len() => self.at += 1,
            (Key::Up, ..) if self.at > 0 => self.at -= 1,
            (Key::Enter, _, Some(line)) if self.may_take(line) => {
                form.put(field, &line.device);
                return Picked::No;
            }
            (_, Some('r'), _) => return Picked::Do(Effect::Media),
            (_, Some('x'), Some(line)) => return Picked::Do(Effect::Eject(line.device.clone().into())),
            _ => return Picked::No,
        }
        Picked::Yes
    }

    /// Its rows.
    pub fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(lines) = &self.lines else { return Vec::new() };
        if lines.is_empty() {
            let told = canvas.say(" No removable media. Insert one and press R.", " 没有可移动介质。请插入后按 R。");
            return vec![told.into(), self.hidden(canvas), Row::default()];
        }
        let head = canvas.say(
            "   Device Bus  Size     FS       Label   Serial      Verdict",
            "   设备   总线 容量     文件系统 卷标    序列号      判定",
        );
        let first = (self.at + 1).saturating_sub(MOST);
        let shown = lines.iter().enumerate().skip(first).take(MOST);
        let mut rows = vec![Row::weighted(head, Weight::Strong)];
        rows.extend(shown.map(|(at, line)| self.row(at, line, canvas)));
        // The whole verdict on what is chosen: the column is narrow.
        if let Some(line) = lines.get(self.at) {
            let other = match (self.is_of_other_way(line), self.way) {
                (false, _) => "",
                (true, Way::In) => canvas.say("; it is not for the way in", "；不用于导入"),
                (true, Way::Out) => canvas.say("; it is not for the way out", "；不用于导出"),
            };
            let verdict = format!("{}{other}", said(line, canvas.language));
            let width = canvas.width.saturating_sub(2);
            let whole = columns::hanging(&format!("   {}: ", line.device), &verdict, width);
            rows.extend(columns::first(whole, 2, width).into_iter().map(Row::from));
        }
        rows.extend([self.hidden(canvas), Row::default()]);
        rows
    }

    fn row(&self, at: usize, line: &Line, canvas: &Canvas<'_>) -> Row {
        let cell = |text: &str, width| columns::left(&columns::cut_middle(text, width), width);
        let mark = if at == self.at { ">" } else { " " };
        let cells = [
            cell(&line.device, 6),
            cell(&line.bus, 4),
            cell(&line.size, 8),
            cell(&line.filesystem, 8),
            cell(&line.label, 7),
            cell(&line.serial, 11),
        ];
        let said = said(line, canvas.language);
        let verdict = if self.may_take(line) { said.split("; ").next().unwrap_or_default() } else { "[STOP]" };
        let row = format!(" {mark} {} {verdict}", cells.join(" "));
        let weight = if at == self.at { Weight::Strong } else { Weight::Plain };
        Row::weighted(columns::cut(&row, canvas.width.saturating_sub(1)), weight)
    }

    fn hidden(&self, canvas: &Canvas<'_>) -> Row {
        let told = canvas.say("   internal disks, not offered: {}", "   {} 个内部磁盘不提供选择");
        if self.internal == 0 { Row::default() } else { fill(told, [&self.internal]).into() }
    }
}
