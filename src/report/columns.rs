//! Text measured in columns, as terminals and printers count them: a Chinese character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::wire::text;

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text`, then blanks up to `columns`; longer text stays as it is.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", blanks(columns.saturating_sub(width(text))))
}

/// `text` behind blanks that make it `columns` wide; longer text stays as it is.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", blanks(columns.saturating_sub(width(text))))
}

/// `start` at the left and `end` at the right of a line of `columns`; at least one blank stands between them.
pub fn apart(start: &str, end: &str, columns: usize) -> String {
    format!("{start}{}{end}", blanks(columns.saturating_sub(width(start) + width(end)).max(1)))
}

/// `text` cut to `columns`; the cut is marked with `...`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = "...".get(..columns.min(3)).unwrap_or_default();
    format!("{}{mark}", start_of(text, columns - mark.len()))
}

/// `text` cut to `columns` in its middle, so that both ends can be read; the cut is marked with `..`.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 4 {
        return cut(text, columns);
    }
    let head = (columns - 2) / 2;
    let backwards: String = text.chars().rev().collect();
    let tail: String = start_of(&backwards, columns - 2 - head).chars().rev().collect();
    format!("{}..{tail}", start_of(text, head))
}

/// `text` on lines of at most `columns`, broken between words, and within a word only where it is longer than a line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        while width(&line) > columns {
            let start = start_of(&line, columns.max(2));
            let rest = line.split_off(start.len());
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `text` behind `start`, on lines of at most `columns`; later lines begin where the text of the first does.
pub fn hanging(start: &str, text: &str, columns: usize) -> Vec<String> {
    let indent = width(start);
    let starts = std::iter::once(start.to_owned()).chain(std::iter::repeat(blanks(indent)));
    let mut parts = wrap(text, columns.saturating_sub(indent).max(8));
    parts.resize(parts.len().max(1), String::new());
    starts.zip(parts).map(|(start, part)| format!("{start}{part}").trim_end().to_owned()).collect()
}

/// The first `most` of `lines`, which are of at most `columns`; where there are more, the last of them ends with ` ...`.
pub fn first(mut lines: Vec<String>, most: usize, columns: usize) -> Vec<String> {
    let is_cut = lines.len() > most;
    lines.truncate(most);
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        let end = start_of(last, columns.saturating_sub(4)).len();
        last.truncate(end);
        last.push_str(" ...");
    }
    lines
}

/// `items` on lines of at most `columns`, two blanks between them, no item broken.
pub fn flow<S: AsRef<str>>(items: impl IntoIterator<Item = S>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        let item = item.as_ref();
        match lines.last_mut() {
            Some(line) if width(line) + 2 + width(item) <= columns => {
                line.push_str("  ");
                line.push_str(item);
            }
            _ => lines.push(item.to_owned()),
        }
    }
    lines
}

/// `text` with everything but printable ASCII made visible.
///
/// Unlike [`text::escape`] it leaves backslashes alone, so what was escaped before does not change. It is the last guard
/// before a text is shown, not a replacement for escaping what others wrote.
pub fn visible(text: &str) -> String {
    text.split('\\').map(text::escape).collect::<Vec<_>>().join("\\")
}

fn blanks(count: usize) -> String {
    " ".repeat(count)
}

/// The longest start of `text` that takes at most `columns`.
fn start_of(text: &str, columns: usize) -> String {
    let mut taken = 0;
    text.chars()
        .take_while(|c| {
            taken += c.width().unwrap_or_default();
            taken <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_counts_double() {
        assert_eq!(width("指纹 a"), 6);
        assert_eq!(left("指纹", 6), "指纹  ");
        assert_eq!(right("指纹", 6), "  指纹");
        assert_eq!(apart("单", "1/2", 8), "单   1/2");
        assert_eq!(cut("指纹核对单", 8), "指纹...");
        assert_eq!(cut("指纹核对单", 10), "指纹核对单");
    }

    #[test]
    fn a_cut_is_marked() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc...");
        assert_eq!(cut("abcdefg", 2), "..");
        assert_eq!(cut_middle("O=system:nodes, CN=system:node:worker-01", 25), "O=system:no..de:worker-01");
        assert_eq!(cut_middle("CN=admin", 25), "CN=admin");
    }

    #[test]
    fn lines_that_are_left_out_are_marked_within_the_same_columns() {
        let lines = wrap("aa bb cc dd ee", 5);
        assert_eq!(first(lines.clone(), 3, 5), ["aa bb", "cc dd", "ee"]);
        assert_eq!(first(lines.clone(), 2, 5), ["aa bb", "c ..."]);
        assert_eq!(first(lines, 1, 9), ["aa bb ..."]);
        let wide = ["指指指", "x"].map(str::to_owned).to_vec();
        assert_eq!(first(wide.clone(), 1, 6), ["指 ..."]);
        assert_eq!(first(wide, 1, 7), ["指 ..."], "half of a character is none");
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("type row D again", 8), ["type row", "D again"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert!(wrap("  ", 4).is_empty());
        assert_eq!(hanging("A ", "one two three", 10), ["A one two", "  three"]);
        assert_eq!(hanging("A ", "", 10), ["A"]);
        assert_eq!(flow(["etcd 9", "admin 6", "a 1"], 15), ["etcd 9  admin 6", "a 1"]);
    }

    #[test]
    fn what_would_move_the_cursor_becomes_visible_and_backslashes_stay() {
        assert_eq!(visible("a\x1b[2J\u{202e}\\x1b\\"), r"a\x1b[2J\u{202e}\x1b\");
        assert_eq!(visible(&visible("é\n")), r"\xe9\x0a");
    }

    proptest! {
        #[test]
        fn nothing_gets_wider_than_asked(text in "[a-z指纹 ]{0,40}", columns in 2_usize..30) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert!(width(&cut_middle(&text, columns)) <= columns);
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
