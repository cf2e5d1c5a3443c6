//! Everything about one thing: lines that lie over a screen until the person has read them.

use super::frame::{Canvas, ROWS, Row};
use super::keys::Key;

/// Lines, and the first of them that is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    lines: Vec<String>,
    top: usize,
}

/// How far a page goes.
const PAGE: usize = 10;
/// Rows of the smallest body: where these show the last line, there is nothing further down.
const LEAST: usize = ROWS as usize - 6;

impl Reading {
    /// Begins with the first line.
    pub fn new(lines: Vec<String>) -> Self {
        Self { lines, top: 0 }
    }

    /// Scrolls; false where the key is none that scrolls, which ends the reading.
    pub fn press(&mut self, key: Key) -> bool {
        let last = self.lines.len().saturating_sub(LEAST);
        let top = match key {
            Key::Up => self.top.saturating_sub(1),
            Key::Down => self.top + 1,
            Key::PageUp => self.top.saturating_sub(PAGE),
            Key::PageDown => self.top + PAGE,
            Key::Home => 0,
            Key::End => last,
            _ => return false,
        };
        self.top = top.min(last);
        true
    }

    /// Its rows; a larger terminal shows more of them.
    pub fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let top = self.top.min(self.lines.len().saturating_sub(canvas.height));
        self.lines.iter().skip(top).take(canvas.height).map(|line| Row::from(format!(" {line}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::language::Language;

    #[test]
    fn the_last_line_is_reached_and_nothing_lies_behind_it() {
        let mut reading = Reading::new((0..30).map(|at| at.to_string()).collect());
        let small = Canvas::of(80, 24, Language::English, "ca").unwrap();
        for _ in 0..100 {
            assert!(reading.press(Key::Down));
        }
        let rows = reading.rows(&small);
        assert_eq!((rows.len(), rows.last().unwrap().text.as_str()), (18, " 29"));
        let large = Canvas::of(132, 43, Language::English, "ca").unwrap();
        assert_eq!(reading.rows(&large).len(), 30);
        assert!(reading.press(Key::Home) && reading.rows(&small).first().unwrap().text == " 0");
        assert!(!reading.press(Key::Esc));
    }
}
