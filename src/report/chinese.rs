//! What codes mean, in Chinese: refusals, findings, rules and checks, out of the document that people read too. So what a
//! screen says and what the manual says cannot differ.

/// `docs/codes.zh.md`; `tests/documents.rs` demands a row of every code.
const DOCUMENT: &str = include_str!("../../docs/codes.zh.md");

/// What a code means and what to do, in Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What happened, or what a check demands.
    pub what: &'static str,
    /// What to do now; empty for a check.
    pub to_do: &'static str,
}

/// The meaning of a stable code, of a rule (`S3`) or of a check (`V01`); none where it is no such code.
pub fn meaning(code: &str) -> Option<Meaning> {
    let row = DOCUMENT.lines().find_map(|line| {
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
        let full = meaning("STORAGE_FULL").unwrap();
        assert!(full.what.contains("空间") && full.to_do.contains("再执行"), "{full:?}");
        assert!(meaning("S3").is_some_and(|rule| !rule.to_do.is_empty()));
        assert!(meaning("V01").is_some_and(|check| check.to_do.is_empty() && check.what.starts_with("容器规范")));
        for nothing in ["", "STORAGE", "STORAGE_FULL` |", "代码"] {
            assert_eq!(meaning(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn every_terminal_draws_it_equally_wide() {
        use unicode_width::UnicodeWidthChar as _;
        for line in DOCUMENT.lines().filter(|line| line.starts_with("| `")) {
            assert!(line.chars().all(|c| c.width() == c.width_cjk()), "{line}");
        }
    }
}
