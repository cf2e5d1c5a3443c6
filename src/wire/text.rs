//! Untrusted text made safe to show: CSR fields, file names and labels pass through here before they reach a terminal,
//! a sheet, a log or an error message. And what is counted, said as people count.

/// Escapes everything but printable ASCII as `\xNN` or `\u{NNNN}`, and the backslash itself.
///
/// Control characters, bidirectional overrides, zero-width characters and look-alikes of other scripts all become
/// visible; the result is ASCII and reversible by eye.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => safe.push_str("\\\\"),
            ' '..='~' => safe.push(c),
            _ if u32::from(c) < 0x100 => safe.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => safe.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
        }
    }
    safe
}

/// [`escape`], cut to `columns` columns; a cut is marked with `...`.
pub fn clip(text: &str, columns: usize) -> String {
    let safe = escape(text);
    if safe.len() <= columns {
        return safe;
    }
    let kept = safe.get(..columns.saturating_sub(3)).unwrap_or_default();
    format!("{kept}...")
}

/// As a shell takes it, [escaped](escape()): in quotes where it holds more than letters, digits and what paths are made of.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:,".contains(c);
    let shown = escape(word);
    if !shown.is_empty() && shown.chars().all(is_plain) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// `template` with each `{}` replaced by the next of `values`. Behind a value that is not one, `{s}` is an `s` and `{y}` is
/// `ies`; behind one they are nothing and `y`.
pub fn fill<const N: usize>(template: &str, values: [&dyn std::fmt::Display; N]) -> String {
    let mut values = values.into_iter();
    let mut parts = template.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = values.next().map(ToString::to_string).unwrap_or_default();
        let (plural, of_y) = if value == "1" { ("", "y") } else { ("s", "ies") };
        filled.push_str(&value);
        filled.push_str(&part.replace("{s}", plural).replace("{y}", of_y));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_template_has_room() {
        assert_eq!(fill("{} of {} rows", [&2, &8]), "2 of 8 rows");
        assert_eq!(fill("已完成 {}/{} 行", [&2, &8]), "已完成 2/8 行");
        assert_eq!(fill("none", []), "none");
    }

    #[test]
    fn one_is_not_many() {
        let told = |files: u32, entries: u32| fill("{} file{s} of {}, {} entr{y}", [&files, &"w1", &entries]);
        assert_eq!(told(1, 2), "1 file of w1, 2 entries");
        assert_eq!(told(0, 1), "0 files of w1, 1 entry");
        assert_eq!(told(11, 21), "11 files of w1, 21 entries");
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(escape("CN=system:node:w1 ~"), "CN=system:node:w1 ~");
    }

    #[test]
    fn what_moves_or_hides_text_becomes_visible() {
        assert_eq!(escape("a\u{202e}b\u{200b}\x1b[2J\u{85}\\ü"), r"a\u{202e}b\u{200b}\x1b[2J\x85\\\xfc");
    }

    #[test]
    fn long_text_is_cut_by_columns() {
        assert_eq!(clip("abcdefgh", 8), "abcdefgh");
        assert_eq!(clip("abcdefghi", 8), "abcde...");
    }
}
