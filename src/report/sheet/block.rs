//! Lines of labelled values. Lines that belong together form a group, which is never split between pages.

use super::label::{Label, Language};
use crate::report::columns;
use crate::wire::digest::Digest;

/// Columns of a sheet.
pub(super) const COLUMNS: usize = 80;
/// Where values begin.
const VALUES: usize = 24;

/// Lines that one value takes at most, so that nobody else's text decides how long a sheet is.
const MAX_LINES: usize = 4;

/// A row of the letter's width.
pub(super) fn rule(c: char) -> String {
    String::from(c).repeat(COLUMNS)
}

/// Groups of lines in the order in which they are printed.
pub(super) struct Block {
    pub(super) language: Language,
    pub(super) groups: Vec<Vec<String>>,
}

impl Block {
    pub(super) const fn new(language: Language) -> Self {
        Self { language, groups: Vec::new() }
    }

    /// A label and a value, on more lines where the value is longer than one, and cut where it is longer than four.
    pub(super) fn field(&mut self, label: Label, value: &str) {
        let value = columns::cut(value, MAX_LINES * (COLUMNS - VALUES));
        self.group(label, columns::wrap(&value, COLUMNS - VALUES));
    }

    /// A label and values two blanks apart, none of them on two lines; a label without values is left out.
    pub(super) fn list<S: AsRef<str>>(&mut self, label: Label, values: impl IntoIterator<Item = S>) {
        let values = values.into_iter().map(|value| columns::cut_middle(value.as_ref(), COLUMNS - VALUES));
        let lines = columns::flow(values, COLUMNS - VALUES);
        if !lines.is_empty() {
            self.group(label, lines);
        }
    }

    /// A label, a value, and under them texts that may each take most of a line.
    pub(super) fn wide(&mut self, label: Label, value: &str, below: &[String]) {
        self.field(label, value);
        if let Some(group) = self.groups.last_mut() {
            group.extend(below.iter().map(|text| format!("      {text}")));
        }
    }

    /// A label, a value and under them all 64 digits.
    pub(super) fn digest(&mut self, label: Label, value: &str, digest: &Digest) {
        self.wide(label, value, &[in_eights(digest)]);
    }

    /// A label as this block's language has it.
    pub(super) fn text(&self, label: Label) -> String {
        label.text(self.language)
    }

    fn group(&mut self, label: Label, values: Vec<String>) {
        let title = columns::left(&format!(" {}", self.text(label)), VALUES - 1) + " ";
        let starts = std::iter::once(title).chain(std::iter::repeat(" ".repeat(VALUES)));
        let values = if values.is_empty() { vec![String::new()] } else { values };
        self.groups.push(starts.zip(values).map(|(start, value)| format!("{start}{value}")).collect());
    }
}

/// All digits of a digest, in groups of eight.
fn in_eights(digest: &Digest) -> String {
    let digits = digest.to_string();
    let (groups, _) = digits.as_bytes().as_chunks::<8>();
    groups.iter().map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join(" ")
}
