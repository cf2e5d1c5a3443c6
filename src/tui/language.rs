//! English and Chinese, side by side where a screen says something. Codes and verdict words are said in neither.

use crate::report::meaning::{self, Meaning};

pub use crate::wire::text::fill;

/// What the labels of the screens are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The one of the two that is in use.
    pub const fn say(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }

    /// What a code, a rule or a check means; none where it is no such code.
    pub fn meaning(self, code: &str) -> Option<Meaning> {
        match self {
            Self::English => meaning::english(code),
            Self::Chinese => meaning::chinese(code),
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }
}

/// A line in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    english: String,
    chinese: String,
}

impl Both {
    /// What is said in each.
    pub fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { english: english.into(), chinese: chinese.into() }
    }

    /// The same in each: names, numbers, codes.
    pub fn same(text: &str) -> Self {
        Self::new(text, text)
    }

    /// What is said in `language`.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }

    /// Both after the same change.
    #[must_use]
    pub fn map(self, change: impl Fn(&str) -> String) -> Self {
        Self { english: change(&self.english), chinese: change(&self.chinese) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_of_the_other_is_the_same() {
        assert_eq!(Language::Chinese.other().other(), Language::Chinese);
        assert_eq!(Language::English.say("a", "b"), "a");
        assert_eq!(Language::Chinese.say("a", "b"), "b");
        let both = Both::new("a", "b").map(|text| format!("1 {text}"));
        assert_eq!((both.of(Language::English), both.of(Language::Chinese)), ("1 a", "1 b"));
    }
}
