//! The page in large print: what the code covers and the code, twice as high and twice as wide, for tired eyes.

use super::front::{name, title};
use super::label::{Label, Language};
use super::page::{LINES, Page};
use super::print::Print;
use crate::exchange::code::Code;
use crate::exchange::statement::{Lines, Statement};
use crate::report::columns;

/// Columns of a large line.
const COLUMNS: usize = 40;
/// Large lines of a page, the footer and a blank above it apart.
const ROOM: usize = (LINES - 2) / 2;
/// Columns of a value beside its label.
const VALUES: usize = 23;

/// The page, without its footer.
pub(super) fn page(statement: &Statement, print: &Print, language: Language) -> Page {
    let rule = |c: char| String::from(c).repeat(COLUMNS);
    let heading = format!(" {}", title(statement.lines().kind).text(language));
    let mut large = vec![rule('='), heading, format!(" {}", print.identity())];
    if let Some((english, chinese)) = print.reprinted() {
        let is_both = language == Language::Bilingual;
        large.extend([english].into_iter().chain(is_both.then_some(chinese)).map(|line| format!(" {line}")));
    }
    large.push(rule('='));
    large.extend(fields(statement.lines(), language));
    large.push(rule('-'));
    large.extend(Label("CODE. Type from this paper only.", "核对码：只按本纸逐行输入。").lines(language));
    let rows = code(statement);
    // Long names take the room between the rows.
    let is_tight = large.len() + 2 * rows.len() > ROOM;
    for row in rows {
        if !is_tight {
            large.push(String::new());
        }
        large.push(row);
    }
    Page { large, lines: vec![String::new()], ..Page::default() }
}

/// What the statement says, complete.
fn fields(statement: &Lines, language: Language) -> Vec<String> {
    let kind = format!("{}  {}", statement.kind.sheet_digit(), name(statement.kind).0);
    let digest = statement.file_sha256.to_string();
    let (left, right) = digest.split_at(digest.len() / 2);
    let labelled = [
        (Label("Kind", "类型"), kind),
        (Label("Trace", "追溯号"), statement.trace.to_string()),
        (Label("From", "来源"), statement.from.to_string()),
        (Label("To", "目的"), statement.to.to_string()),
        (Label("Items", "数量"), statement.items.to_string()),
        (Label("Expires", "失效"), statement.expires.to_string()),
    ];
    let lines = labelled.into_iter().flat_map(|(label, value)| {
        let title = columns::left(&format!(" {}", label.text(language)), COLUMNS - VALUES);
        let starts = std::iter::once(title).chain(std::iter::repeat(" ".repeat(COLUMNS - VALUES)));
        starts.zip(columns::wrap(&value, VALUES)).map(|(start, part)| start + &part)
    });
    lines.chain([format!(" {left}"), format!(" {right}")]).collect()
}

/// Two rows a line.
fn code(statement: &Statement) -> Vec<String> {
    let rows: Vec<String> = Code::of(statement).sheet_rows().iter().map(|row| row.replacen(' ', "  ", 1)).collect();
    rows.chunks(2).map(|two| format!("    {}", two.join("          "))).collect()
}
