//! What a code means and what to do now, on lines of a page.

use super::language::Language;
use crate::report::columns;

/// Columns of the labels.
pub const LABEL: usize = 10;

/// `code` with its meaning and what to do, each behind its label, on lines of at most `width` columns. A code that no document
/// knows stands alone.
pub fn explained(code: &str, language: Language, width: usize) -> Vec<String> {
    let label = |english, chinese| columns::left(language.say(english, chinese), LABEL);
    let mut lines = Vec::new();
    let meaning = language.meaning(code);
    if let Some(meaning) = meaning {
        lines.extend(columns::hanging(&label("means", "含义"), meaning.what, width));
        if !meaning.to_do.is_empty() {
            lines.extend(columns::hanging(&label("do now", "怎么办"), meaning.to_do, width));
        }
    }
    let stands = meaning.map_or("", |_| language.say("   docs/codes.md", "   docs/codes.zh.md"));
    lines.push(format!("{}{code}{stands}", label("code", "代码")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_in_either_language() {
        let english = explained("REQUESTS_DENIED", Language::English, 42);
        assert_eq!(
            english,
            [
                "means     At least one request was denied",
                "do now    read the reasons; correct and",
                "          request those again",
                "code      REQUESTS_DENIED   docs/codes.md",
            ]
        );
        let chinese = explained("REQUESTS_DENIED", Language::Chinese, 76).join("\n");
        assert!(
            chinese.contains("含义      至少一个请求被拒绝") && chinese.contains("怎么办    阅读原因"),
            "{chinese}"
        );
        assert_eq!(explained("NO_SUCH_CODE", Language::English, 76), ["code      NO_SUCH_CODE"]);
    }
}
