//! Pages ready to be drawn.

use super::font::{ChineseFont, FontError, Fonts};
use super::place::{self, Ink};
use crate::report::sheet::label::Language;
use crate::report::sheet::layout::Sheet;

/// The pages of one or more sheets, and the fonts they are drawn with.
pub struct Leaves<'a> {
    pub(super) fonts: Fonts<'a>,
    pub(super) pages: Vec<Vec<Ink>>,
    pub(super) language: Language,
    pub(super) title: String,
}

impl<'a> Leaves<'a> {
    /// Places `sheets`, in both languages where `chinese` holds every character they need, else in English.
    ///
    /// # Errors
    /// [`FontError`].
    pub fn new(sheets: &[Sheet], chinese: Option<&'a ChineseFont>) -> Result<Self, FontError> {
        let fonts = Fonts::new(chinese)?;
        let is_drawable = sheets.iter().all(|sheet| fonts.cover(&sheet.text(Language::Bilingual)));
        let language = if chinese.is_some() && is_drawable { Language::Bilingual } else { Language::English };
        let of_sheet = |sheet: &Sheet| {
            let scan = sheet.scan();
            sheet.pages(language).iter().map(|page| place::page(page, &scan)).collect::<Vec<_>>()
        };
        let title = sheets.first().map(Sheet::title).unwrap_or_default();
        Ok(Self { fonts, pages: sheets.iter().flat_map(of_sheet).collect(), language, title })
    }

    /// The languages they are in.
    pub const fn language(&self) -> Language {
        self.language
    }
}
