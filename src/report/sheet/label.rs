//! The two languages of a sheet.

/// Which languages a sheet is printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English and Chinese; every Chinese character is one of GB 2312, which any Chinese printer holds.
    Bilingual,
    /// English, in ASCII.
    English,
}

/// A fixed text in English and Chinese.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label(pub(super) &'static str, pub(super) &'static str);

impl Label {
    /// On one line, `Trace / 追溯号`.
    pub(super) fn text(self, language: Language) -> String {
        match language {
            Language::Bilingual if !self.1.is_empty() => format!("{} / {}", self.0, self.1),
            _ => self.0.trim_end().to_owned(),
        }
    }

    /// On a line each.
    pub(super) fn lines(self, language: Language) -> Vec<String> {
        match language {
            Language::Bilingual => vec![format!(" {}", self.0), format!(" {}", self.1)],
            Language::English => vec![format!(" {}", self.0)],
        }
    }
}
