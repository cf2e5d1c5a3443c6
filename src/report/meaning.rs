//! What codes mean: refusals, findings, rules and checks, in English and Chinese, out of the documents that people read
//! too. So what a screen says and what the manual says cannot differ.

/// `docs/codes.md`; `tests/documents.rs` demands a row of every code.
const ENGLISH: &str = include_str!("../../docs/codes.md");
/// `docs/codes.zh.md`, of which it demands the same.
const CHINESE: &str = include_str!("../../docs/codes.zh.md");

/// What a code means and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What happened, or what a check demands.
    pub what: &'static str,
    /// What to do now; empty for a check.
    pub to_do: &'static str,
}

/// The meaning of a stable code, of a rule (`S3`) or of a check (`V01`), in English; none where it is no such code.
pub fn english(code: &str) -> Option<Meaning> {
    of(ENGLISH, code)
}

/// The same in Chinese.
pub fn chinese(code: &str) -> Option<Meaning> {
    of(CHINESE, code)
}

/// The row of `code`: the last one, for what a finding and a rule share is told as the rule.
fn of(document: &'static str, code: &str) -> Option<Meaning> {
    let row = document.lines().rev().find_map(|line| {
        let (named, row) = line.strip_prefix("| `")?.split_once("` | ")?;
        (named == code).then_some(row)
    })?;
    let mut cells = row.trim_end_matches([' ', '|']).split(" | ");
    Some(Meaning { what: cells.next()?, to_do: cells.next().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_a_rule_and_a_check_have_a_meaning() {
        let full = chinese("STORAGE_FULL").unwrap();
        assert!(full.what.contains("空间") && full.to_do.contains("再执行"), "{full:?}");
        let full = english("STORAGE_FULL").unwrap();
        assert!(full.what.contains("inodes") && full.to_do.contains("free some space"), "{full:?}");
        for meaning in [english, chinese] {
            assert!(meaning("S3").is_some_and(|rule| !rule.to_do.is_empty()));
            assert!(meaning("V01").is_some_and(|check| check.to_do.is_empty()));
            for nothing in ["", "STORAGE", "STORAGE_FULL` |", "代码", "code"] {
                assert_eq!(meaning(nothing), None, "{nothing}");
            }
        }
        assert!(
            english("R1").is_some_and(|rule| rule.what.starts_with("Asked before")),
            "of the rule, not the finding"
        );
    }

    #[test]
    fn every_terminal_draws_it_equally_wide() {
        use unicode_width::UnicodeWidthChar as _;
        for line in ENGLISH.lines().chain(CHINESE.lines()).filter(|line| line.starts_with("| `")) {
            assert!(line.chars().all(|c| c.width() == c.width_cjk()), "{line}");
        }
    }
}
