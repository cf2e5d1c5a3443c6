//! Where each line of a page stands. Lengths are points, a 72nd of an inch, from the upper left corner.

use unicode_width::UnicodeWidthChar as _;

use super::font::Face;
use super::qr;
use crate::exchange::code::scan::Scan;
use crate::report::sheet::block::COLUMNS;
use crate::report::sheet::page::{LINES, Page};

/// A4.
pub(super) const WIDTH: f32 = 595.276;
pub(super) const HEIGHT: f32 = 841.89;
/// A column, and the size of the type whose letters are that wide: 1233 of 2048 units.
const COLUMN: f32 = 6.0;
const SIZE: f32 = COLUMN * 2048.0 / 1233.0;
/// From line to line.
const LEADING: f32 = 11.5;
/// From the top of a line to what its letters stand on.
const BASE: f32 = 8.7;
const LEFT: f32 = (WIDTH - COLUMN * COLUMNS as f32) / 2.0;
const TOP: f32 = (HEIGHT - LEADING * LINES as f32) / 2.0;
/// Chinese characters, each on two columns: so close that a reader of the file sees no blank between them.
const CHINESE: f32 = 11.2;
/// The code: larger and stronger than the rest, four rows in the room of six lines.
const CODE: f32 = 13.0;
const CODE_ROWS: usize = 4;
const CODE_PITCH: f32 = LEADING * (CODE_ROWS as f32 + 2.0) / CODE_ROWS as f32;
/// A module of the QR code, which is 30 mm wide.
const MODULE: f32 = 30.0 * 72.0 / 25.4 / qr::SIDE as f32;
/// The lines of a head, at most: two rules, the title, and that it is a reprint. The QR code hangs under the second rule.
const HEAD: usize = 4;

/// Which large line is the title.
const LARGE_TITLE: usize = 1;

/// Something on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ink {
    /// Letters of one face that follow each other; `y` is what they stand on.
    Text { face: Face, x: f32, y: f32, size: f32, gap: f32, text: String },
    /// A filled box.
    Bar { x: f32, y: f32, width: f32, height: f32 },
    /// The QR code, its upper left module, and the width of a module.
    Code { x: f32, y: f32, module: f32, dark: Vec<(u8, u8, u8)> },
}

/// Lines of one size.
#[derive(Clone, Copy)]
struct Type {
    /// 1, or 2 where it is twice as large.
    scale: f32,
    face: Face,
}

/// Everything on `page`, of a sheet with this code.
pub(super) fn page(page: &Page, scan: &Scan) -> Vec<Ink> {
    let mut inks = Vec::new();
    let mut top = TOP;
    for (at, line) in page.large.iter().enumerate() {
        let face = if at == LARGE_TITLE || is_row(line) { Face::Strong } else { Face::Latin };
        inks.extend(set(line, LEFT, top, Type { scale: 2.0, face }));
        top += 2.0 * LEADING;
    }
    let code = page.code.map_or(0..0, |at| at..at + CODE_ROWS);
    for (at, line) in page.lines.iter().enumerate() {
        if code.contains(&at) {
            let from = top - LEADING * (at + 1 - code.start) as f32;
            inks.extend(rows(line, from + CODE_PITCH * (at - code.start) as f32));
        } else {
            let face = if page.titles.contains(&at) { Face::Strong } else { Face::Latin };
            inks.extend(set(line, LEFT, top, Type { scale: 1.0, face }));
        }
        top += LEADING;
    }
    if page.code.is_some() {
        let under = page.lines.iter().take(HEAD).rposition(|line| line.starts_with('=')).unwrap_or_default();
        inks.push(qr_code(scan, under as f32));
    }
    inks
}

/// A row of the code in large print: its letter and two blanks.
fn is_row(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(|c: char| c.is_ascii_uppercase()) && line.get(1..3) == Some("  ")
}

/// A line of the code, whose rows keep the columns where they begin.
fn rows(line: &str, top: f32) -> Vec<Ink> {
    let starts = (0..line.len()).filter(|at| {
        let (before, here) = line.split_at_checked(*at).unwrap_or_default();
        here.starts_with(|c: char| c.is_ascii_uppercase()) && before.trim_end().len() + 2 <= before.len()
    });
    let row = |at: usize| Ink::Text {
        face: Face::Strong,
        x: LEFT + COLUMN * at as f32,
        y: top + CODE_PITCH * 0.75,
        size: CODE,
        gap: 0.0,
        text: line.chars().skip(at).take("A  109 857".len()).collect(),
    };
    starts.map(row).collect()
}

/// A line: a rule, or letters and perhaps a rule behind them.
fn set(line: &str, left: f32, top: f32, kind: Type) -> Vec<Ink> {
    let all = line.len();
    let is_rule = all >= 8 && ["=", "-"].iter().any(|c| line.trim_matches(|letter| c.starts_with(letter)).is_empty());
    if is_rule {
        return rule(line, left, 0, all, top, kind);
    }
    if line.starts_with("- ") && line.ends_with("----") {
        let text = line.trim_end_matches('-');
        let (from, long) = (width(text), line.len() - text.len());
        let mut inks = rule("-", left, 0, 1, top, kind);
        inks.extend(letters(text.trim_start_matches('-'), 1, left, top, kind));
        inks.extend(rule("-", left, from, long, top, kind));
        return inks;
    }
    letters(line, 0, left, top, kind)
}

/// `long` columns of a rule from the column `from` on.
fn rule(line: &str, left: f32, from: usize, long: usize, top: f32, kind: Type) -> Vec<Ink> {
    let height = if line.starts_with('=') { 1.1 } else { 0.5 };
    let column = COLUMN * kind.scale;
    let y = top + LEADING * kind.scale / 2.0 - height / 2.0;
    vec![Ink::Bar { x: left + column * from as f32, y, width: column * long as f32, height }]
}

/// The letters of a line from the column `at` on, those of one face together.
fn letters(line: &str, mut at: usize, left: f32, top: f32, kind: Type) -> Vec<Ink> {
    let mut inks: Vec<Ink> = Vec::new();
    for c in line.trim_end().chars() {
        let face = if c.is_ascii() { kind.face } else { Face::Chinese };
        match inks.last_mut() {
            Some(Ink::Text { face: last, text, .. }) if *last == face => text.push(c),
            _ if c == ' ' => {}
            _ => inks.push(begin(face, c, left + COLUMN * kind.scale * at as f32, top, kind)),
        }
        at += c.width().unwrap_or_default();
    }
    inks
}

/// A new run of letters.
fn begin(face: Face, c: char, x: f32, top: f32, kind: Type) -> Ink {
    let (size, gap) = match face {
        Face::Chinese => (CHINESE, 2.0 * COLUMN - CHINESE),
        _ => (SIZE, 0.0),
    };
    let (size, gap) = (size * kind.scale, gap * kind.scale);
    Ink::Text { face, x: x + gap / 2.0, y: top + BASE * kind.scale, size, gap, text: c.to_string() }
}

/// In the right upper corner, its white border between two rules.
fn qr_code(scan: &Scan, under: f32) -> Ink {
    let side = MODULE * f32::from(qr::SIDE);
    let x = LEFT + COLUMN * COLUMNS as f32 - side;
    let y = TOP + LEADING * (under + 0.5) + MODULE * f32::from(qr::QUIET);
    Ink::Code { x, y, module: MODULE, dark: qr::dark(scan) }
}

fn width(text: &str) -> usize {
    crate::report::columns::width(text)
}
