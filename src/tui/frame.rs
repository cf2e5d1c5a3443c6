//! The frame around every screen: title and code, step rail, body, message line, key line. Drawing changes nothing.
//!
//! ```text
//!  airlock | Home                                                           [S00]
//!  rail or facts
//! --------------------------------------------------------------------------------
//!  body: 18 rows at 80x24; a larger terminal gives its tables more
//! --------------------------------------------------------------------------------
//!  message
//!  keys
//! ```

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::language::{Language, fill};
use super::palette::{Palette, Weight};
use crate::report::columns;
use crate::report::mark::Mark;

/// The smallest terminal that a screen fits on.
pub const COLUMNS: u16 = 80;
/// Its rows.
pub const ROWS: u16 = 24;
/// Rows of the frame that are not body.
const AROUND: usize = 6;
const MARKS: [Mark; 7] = [Mark::Open, Mark::Ok, Mark::Warn, Mark::Deny, Mark::Typo, Mark::Fail, Mark::Stop];

/// What a screen draws on.
#[derive(Debug, Clone, Copy)]
pub struct Canvas<'a> {
    /// The name of this host.
    pub host: &'a str,
    /// Columns of the terminal.
    pub width: usize,
    /// Rows of the body.
    pub height: usize,
    /// What labels are written in.
    pub language: Language,
    /// Whether rows are told one after the other, so that nothing is set side by side.
    pub is_linear: bool,
}

/// A row of the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its text; marks in it are coloured by what they say.
    pub text: String,
    /// How much it stands out.
    pub weight: Weight,
    /// Whether a person types here; a dialogue asks for it and does not tell it again.
    pub is_field: bool,
}

/// What a screen shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// What is done here.
    pub title: String,
    /// The code of the screen.
    pub code: &'static str,
    /// The steps, or what the screen is about.
    pub rail: String,
    /// The body.
    pub body: Vec<Row>,
    /// One sentence above the keys.
    pub message: String,
    /// The keys.
    pub keys: String,
}

impl<'a> Canvas<'a> {
    /// A terminal of `columns` and `rows`; none where it is too small for any screen.
    pub fn of(columns: u16, rows: u16, language: Language, host: &'a str) -> Option<Self> {
        let height = usize::from(rows).checked_sub(AROUND)?;
        let width = usize::from(columns);
        (columns >= COLUMNS && rows >= ROWS).then_some(Self { host, width, height, language, is_linear: false })
    }

    /// A terminal without screens, whose rows are told.
    pub fn linear(language: Language, host: &'a str) -> Self {
        let (width, height) = (usize::from(COLUMNS), usize::from(ROWS) - AROUND);
        Self { host, width, height, language, is_linear: true }
    }

    /// `text` with nothing cut, a blank before each line. Where it fits it stays on one line as it is.
    pub fn whole(&self, text: &str) -> Vec<String> {
        if columns::width(text) < self.width {
            return vec![format!(" {text}")];
        }
        columns::hanging(" ", text, self.width.saturating_sub(1))
    }

    /// [`Language::say`].
    pub const fn say(&self, english: &'static str, chinese: &'static str) -> &'static str {
        self.language.say(english, chinese)
    }
}

impl Row {
    /// A row that stands out.
    pub fn weighted(text: impl Into<String>, weight: Weight) -> Self {
        Self { text: text.into(), weight, is_field: false }
    }

    /// The same row, in which a person types.
    #[must_use]
    pub fn field(self) -> Self {
        Self { is_field: true, ..self }
    }
}

impl<T: Into<String>> From<T> for Row {
    fn from(text: T) -> Self {
        Self { text: text.into(), weight: Weight::Plain, is_field: false }
    }
}

/// Draws `view` on the whole terminal.
pub fn draw(frame: &mut Frame<'_>, view: &View, canvas: &Canvas<'_>, palette: Palette) {
    let rule = "-".repeat(canvas.width);
    let code = format!("[{}]", view.code);
    // A long name is cut in its middle, and never the code of the screen.
    let title = columns::cut_middle(&format!(" airlock | {}", view.title), canvas.width.saturating_sub(code.len() + 2));
    let title = columns::apart(&title, &code, canvas.width - 1);
    let mut lines = vec![
        styled(&Row::weighted(title, Weight::Strong), canvas, palette),
        styled(&Row::from(format!(" {}", view.rail)), canvas, palette),
        Line::raw(rule.clone()),
    ];
    let blank = Row::default();
    let body = view.body.iter().chain(std::iter::repeat(&blank)).take(canvas.height);
    lines.extend(body.map(|row| styled(row, canvas, palette)));
    lines.push(Line::raw(rule));
    lines.push(styled(&Row::from(format!(" {}", view.message)), canvas, palette));
    lines.push(styled(&Row::weighted(format!(" {}", view.keys), Weight::Strong), canvas, palette));
    put(frame, lines);
}

/// Draws that the terminal is too small.
pub fn too_small(frame: &mut Frame<'_>, language: Language) {
    let area = frame.area();
    let (is, need) = (format!("{}x{}", area.width, area.height), format!("{COLUMNS}x{ROWS}"));
    let told = fill(
        language.say("Terminal is {}, need {}. Your work is kept.", "终端为 {}，需要 {}。工作已保留。"),
        [&is, &need],
    );
    put(frame, columns::wrap(&told, usize::from(area.width).max(2)).into_iter().map(Line::raw).collect());
}

fn put(frame: &mut Frame<'_>, lines: Vec<Line<'_>>) {
    let area = frame.area();
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}

/// The row, cut to the width, its marks in their colours.
fn styled(row: &Row, canvas: &Canvas<'_>, palette: Palette) -> Line<'static> {
    let base = palette.weight(row.weight);
    let cut = columns::cut(&row.text, canvas.width);
    let text = if row.weight == Weight::Chosen { columns::left(&cut, canvas.width) } else { cut };
    let mut spans = Vec::new();
    let mut rest = text.as_str();
    while let Some((at, mark)) = first_mark(rest) {
        let (before, from) = rest.split_at(at);
        let (word, after) = from.split_at(mark.as_str().len());
        spans.push(Span::styled(before.to_owned(), base));
        spans.push(Span::styled(word.to_owned(), base.patch(palette.mark(mark))));
        rest = after;
    }
    spans.push(Span::styled(rest.to_owned(), base));
    Line::from(spans)
}

fn first_mark(text: &str) -> Option<(usize, Mark)> {
    MARKS.into_iter().filter_map(|mark| Some((text.find(mark.as_str())?, mark))).min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_terminal_is_no_canvas() {
        assert!(Canvas::of(80, 24, Language::English, "ca").is_some_and(|canvas| canvas.height == 18));
        assert!(Canvas::of(79, 24, Language::English, "ca").is_none());
        assert!(Canvas::of(80, 23, Language::English, "ca").is_none());
        assert!(Canvas::of(0, 0, Language::English, "ca").is_none());
    }

    #[test]
    fn the_first_mark_of_a_row_is_found() {
        assert_eq!(first_mark("A 109 857 [ OK ]  B [TYPO]"), Some((10, Mark::Ok)));
        assert_eq!(first_mark("[ ok ]"), None);
    }
}
