//! Everything about one thing: lines that lie over a screen until the person has read them.

use super::frame::{Canvas, ROWS, Row};
use super::keys::Key;
use super::language::{Language, fill};

/// Lines in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    english: Vec<String>,
    /// None where they say the same in both.
    chinese: Option<Vec<String>>,
}

/// Lines, and the first of them that is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    lines: Lines,
    top: usize,
}

/// How far a page goes.
const PAGE: usize = 10;
/// Rows of the smallest body.
const LEAST: usize = ROWS as usize - 6;

impl Lines {
    /// The same in both languages.
    pub fn same(lines: Vec<String>) -> Self {
        Self { english: lines, chinese: None }
    }

    /// In each its own.
    pub fn both(english: Vec<String>, chinese: Vec<String>) -> Self {
        Self { english, chinese: Some(chinese) }
    }

    /// How many the longer of the two has.
    pub fn longest(&self) -> usize {
        self.chinese.as_ref().map_or(0, Vec::len).max(self.english.len())
    }

    /// Those of `language`.
    pub fn of(&self, language: Language) -> &[String] {
        match (language, &self.chinese) {
            (Language::Chinese, Some(chinese)) => chinese,
            _ => &self.english,
        }
    }
}

impl Reading {
    /// Begins with the first line.
    pub fn new(lines: Lines) -> Self {
        Self { lines, top: 0 }
    }

    /// Scrolls; false where the key is none that scrolls, which ends the reading.
    pub fn press(&mut self, key: Key) -> bool {
        let longest = self.lines.longest();
        // Where all of it fits, no row tells which part is shown.
        let last = if longest > LEAST { longest + 1 - LEAST } else { 0 };
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

    /// Its rows; a larger terminal shows more of them. Where there are more than fit, the last row tells which these are.
    pub fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let lines = self.lines.of(canvas.language);
        let fits = lines.len() <= canvas.height;
        let room = if fits { canvas.height } else { canvas.height.saturating_sub(1) };
        let top = self.top.min(lines.len().saturating_sub(room));
        let mut rows: Vec<Row> = lines.iter().skip(top).take(room).map(|line| Row::from(format!(" {line}"))).collect();
        if !fits {
            let place = canvas.say("   line {}-{} of {}", "   第 {}-{} 行，共 {} 行");
            rows.push(fill(place, [&(top + 1), &(top + rows.len()), &lines.len()]).into());
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(reading: &Reading, canvas: &Canvas<'_>) -> Vec<String> {
        reading.rows(canvas).into_iter().map(|row| row.text.trim().to_owned()).collect()
    }

    #[test]
    fn the_last_line_is_reached_and_nothing_lies_behind_it() {
        let mut reading = Reading::new(Lines::same((0..30).map(|at| at.to_string()).collect()));
        let small = Canvas::of(80, 24, Language::English, "ca").unwrap();
        assert_eq!(texts(&reading, &small).last().unwrap(), "line 1-17 of 30");
        for _ in 0..100 {
            assert!(reading.press(Key::Down));
        }
        let rows = texts(&reading, &small);
        assert_eq!((rows.len(), rows[16].as_str(), rows[17].as_str()), (18, "29", "line 14-30 of 30"));
        let large = Canvas::of(132, 43, Language::English, "ca").unwrap();
        assert_eq!(reading.rows(&large).len(), 30);
        assert!(reading.press(Key::Home) && texts(&reading, &small)[0] == "0");
        assert!(!reading.press(Key::Esc));
        let mut short = Reading::new(Lines::same((0..18).map(|at| at.to_string()).collect()));
        assert!(short.press(Key::End) && texts(&short, &small)[0] == "0" && texts(&short, &small)[17] == "17");
    }

    #[test]
    fn it_is_in_the_language_of_the_canvas_and_a_shorter_one_has_an_end_too() {
        let lines = |name: &str, count: usize| (0..count).map(|at| format!("{name} {at}")).collect::<Vec<_>>();
        let mut reading = Reading::new(Lines::both(lines("en", 40), lines("zh", 20)));
        assert!(reading.press(Key::End));
        let canvas = |language| Canvas::of(80, 24, language, "ca").unwrap();
        assert_eq!(texts(&reading, &canvas(Language::English))[16], "en 39");
        let chinese = texts(&reading, &canvas(Language::Chinese));
        assert_eq!((chinese[16].as_str(), chinese[17].as_str()), ("zh 19", "第 4-20 行，共 20 行"));
    }
}
