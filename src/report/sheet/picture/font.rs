//! Two faces of a font within this program, and a Chinese one of the host.

use thiserror::Error;
use ttf_parser::{Face as Parsed, GlyphId, fonts_in_collection, name_id};

use crate::refusal::{Class, Reason, Refusal};

const LATIN: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/DejaVuSansMono.ttf"));
const STRONG: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/DejaVuSansMono-Bold.ttf"));

/// Which font a letter is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Face {
    /// ASCII.
    Latin,
    /// ASCII in titles and in the code.
    Strong,
    /// Everything else.
    Chinese,
}

/// A font of the host that draws the Chinese half of a sheet, and nothing else.
#[derive(Debug, Clone)]
pub struct ChineseFont {
    bytes: Vec<u8>,
    index: u32,
}

/// The file is no font that can be drawn with.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the file is not a TrueType or OpenType font")]
pub struct FontError;

/// The fonts of a picture.
pub(super) struct Fonts<'a> {
    latin: Font<'a>,
    strong: Font<'a>,
    chinese: Option<Font<'a>>,
}

/// One of them.
pub(super) struct Font<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) index: u32,
    pub(super) parsed: Parsed<'a>,
}

impl ChineseFont {
    /// Reads a font, or of a collection the face for simplified characters.
    ///
    /// # Errors
    /// [`FontError`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, FontError> {
        let faces = fonts_in_collection(&bytes).unwrap_or(1);
        let is_simplified = |index: &u32| Parsed::parse(&bytes, *index).is_ok_and(|face| names_simplified(&face));
        let index = (0..faces).find(is_simplified).unwrap_or_default();
        Font::new(&bytes, index)?;
        Ok(Self { bytes, index })
    }
}

impl<'a> Fonts<'a> {
    pub(super) fn new(chinese: Option<&'a ChineseFont>) -> Result<Self, FontError> {
        Ok(Self {
            latin: Font::new(LATIN, 0)?,
            strong: Font::new(STRONG, 0)?,
            chinese: chinese.map(|font| Font::new(&font.bytes, font.index)).transpose()?,
        })
    }

    pub(super) fn font(&self, face: Face) -> Option<&Font<'a>> {
        match face {
            Face::Latin => Some(&self.latin),
            Face::Strong => Some(&self.strong),
            Face::Chinese => self.chinese.as_ref(),
        }
    }

    /// Whether every character of `text` that is not ASCII can be drawn.
    pub(super) fn cover(&self, text: &str) -> bool {
        let mut foreign = text.chars().filter(|c| !c.is_ascii());
        foreign.all(|c| self.chinese.as_ref().and_then(|font| font.parsed.glyph_index(c)).is_some())
    }
}

impl<'a> Font<'a> {
    fn new(bytes: &'a [u8], index: u32) -> Result<Self, FontError> {
        let parsed = Parsed::parse(bytes, index).map_err(|_| FontError)?;
        Ok(Self { bytes, index, parsed })
    }

    /// The glyph of a character; that of a missing one where there is none.
    pub(super) fn glyph(&self, c: char) -> GlyphId {
        self.parsed.glyph_index(c).unwrap_or_default()
    }

    /// How wide a glyph is, in thousandths of the size of the type.
    pub(super) fn advance(&self, glyph: GlyphId) -> f32 {
        self.thousandths(f32::from(self.parsed.glyph_hor_advance(glyph).unwrap_or_default()))
    }

    /// A length in the units of the font, in thousandths of the size of the type.
    pub(super) fn thousandths(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.parsed.units_per_em())
    }

    /// The name it has in PostScript, its letters and digits alone.
    pub(super) fn name(&self) -> String {
        let named = self.parsed.names().into_iter().find(|name| name.name_id == name_id::POST_SCRIPT_NAME);
        let name = named.and_then(|name| name.to_string()).unwrap_or_default();
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        if plain.is_empty() { "Font".to_owned() } else { plain }
    }
}

/// Whether a face of a collection is the one for simplified characters.
fn names_simplified(face: &Parsed<'_>) -> bool {
    let families = face.names().into_iter().filter(|name| name.name_id == name_id::FAMILY);
    families.filter_map(|name| name.to_string()).any(|family| family.ends_with(" SC"))
}

impl Refusal for FontError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "SHEET_FONT", "name a TrueType or OpenType font with Chinese characters: sheet.font")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_within_holds_all_of_ascii_in_one_width() {
        let fonts = Fonts::new(None).unwrap();
        for face in [Face::Latin, Face::Strong] {
            let font = fonts.font(face).unwrap();
            let widths: Vec<_> = (' '..='~').map(|c| font.advance(font.glyph(c))).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
            assert!((' '..='~').all(|c| font.parsed.glyph_index(c).is_some()));
        }
        assert!(fonts.cover("plain") && !fonts.cover("单"));
    }

    #[test]
    fn what_is_no_font_is_refused() {
        for bytes in [&b""[..], b"ttcf", b"not a font", &LATIN[..20]] {
            assert_eq!(ChineseFont::new(bytes.to_vec()).err(), Some(FontError));
        }
        assert_eq!(FontError.reason().code, "SHEET_FONT");
        assert!(ChineseFont::new(LATIN.to_vec()).is_ok());
    }
}
