//! One PDF 1.7 of all pages: the fonts embedded as far as they are used, text that can be searched and copied, nothing
//! compressed, so that whoever looks into the file can read it.

use std::collections::{BTreeMap, BTreeSet};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::{GlyphRemapper, subset};
use ttf_parser::{RawFace, Tag};

use super::font::{Face, Font, FontError};
use super::leaves::Leaves;
use super::place::{HEIGHT, Ink, WIDTH};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
/// The first object of the fonts; each takes [`PER_FONT`].
const FONTS: i32 = 4;
const PER_FONT: i32 = 5;
const FACES: [Face; 3] = [Face::Latin, Face::Strong, Face::Chinese];
const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl Leaves<'_> {
    /// The file.
    ///
    /// # Errors
    /// [`FontError`] where a font cannot be embedded.
    pub fn pdf(&self) -> Result<Vec<u8>, FontError> {
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGES);
        pdf.document_info(INFO).title(TextStr(&self.title)).producer(TextStr("airlock"));
        let mut fonts = BTreeMap::new();
        for (face, first) in FACES.into_iter().zip((FONTS..).step_by(PER_FONT as usize)) {
            let letters = self.letters(face);
            if let (Some(font), false) = (self.fonts.font(face), letters.is_empty()) {
                fonts.insert(face, Embedded::write(&mut pdf, font, &letters, first)?);
            }
        }
        let first = FONTS + PER_FONT * i32::try_from(FACES.len()).unwrap_or_default();
        let ids: Vec<_> = (first..).step_by(2).zip(&self.pages).map(|(id, _)| Ref::new(id)).collect();
        let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
        pdf.pages(PAGES).kids(ids.iter().copied()).count(count);
        for (id, inks) in ids.into_iter().zip(&self.pages) {
            page(&mut pdf, id, inks, &fonts);
        }
        Ok(pdf.finish())
    }

    /// Every letter that is drawn with `face`.
    fn letters(&self, face: Face) -> BTreeSet<char> {
        let runs = self.pages.iter().flatten().filter_map(|ink| match ink {
            Ink::Text { face: own, text, .. } if *own == face => Some(text),
            _ => None,
        });
        runs.flat_map(|text| text.chars()).collect()
    }
}

/// A font within the file: its name there, and the numbers of its letters.
struct Embedded {
    id: Ref,
    name: &'static [u8],
    numbers: BTreeMap<char, u16>,
}

impl Embedded {
    fn write(pdf: &mut Pdf, font: &Font<'_>, letters: &BTreeSet<char>, first: i32) -> Result<Self, FontError> {
        let [id, cid, descriptor, file, unicode] = [0, 1, 2, 3, 4].map(|at| Ref::new(first + at));
        let mut remapper = GlyphRemapper::new();
        let numbers: BTreeMap<char, u16> = letters.iter().map(|c| (*c, remapper.remap(font.glyph(*c).0))).collect();
        let part = subset(font.bytes, font.index, &remapper).map_err(|_| FontError)?;
        // Outlines of the other kind are embedded without the table around them.
        let outlines = RawFace::parse(&part, 0).ok().and_then(|face| face.table(Tag::from_bytes(b"CFF ")));
        let kind = if outlines.is_some() { CidFontType::Type0 } else { CidFontType::Type2 };
        let name = format!("AIRLOK+{}", font.name());
        let name = Name(name.as_bytes());

        let mut outer = pdf.type0_font(id);
        outer.base_font(name).encoding_predefined(Name(b"Identity-H")).descendant_font(cid).to_unicode(unicode);
        outer.finish();
        let mut inner = pdf.cid_font(cid);
        inner.subtype(kind).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
        if kind == CidFontType::Type2 {
            inner.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let widths: BTreeMap<u16, f32> =
            numbers.iter().map(|(c, number)| (*number, font.advance(font.glyph(*c)))).collect();
        let mut list = inner.widths();
        for (number, width) in widths {
            list.same(number, number, width);
        }
        list.finish();
        inner.finish();
        describe(pdf, font, descriptor, file, name, outlines.is_some());
        match outlines {
            Some(outlines) => {
                pdf.stream(file, outlines).pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
            }
            None => {
                let length = i32::try_from(part.len()).map_err(|_| FontError)?;
                pdf.stream(file, &part).pair(Name(b"Length1"), length);
            }
        }
        let mut map = UnicodeCmap::new(Name(b"AirlockUnicode"), SYSTEM);
        for (c, number) in &numbers {
            map.pair(*number, *c);
        }
        pdf.cmap(unicode, &map.finish());
        Ok(Self { id, name: name_within(first), numbers })
    }
}

fn describe(pdf: &mut Pdf, font: &Font<'_>, id: Ref, file: Ref, name: Name<'_>, is_compact: bool) {
    let face = &font.parsed;
    let thousandths = |units: i16| font.thousandths(f32::from(units));
    let bounds = face.global_bounding_box();
    let mut descriptor = pdf.font_descriptor(id);
    descriptor
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            thousandths(bounds.x_min),
            thousandths(bounds.y_min),
            thousandths(bounds.x_max),
            thousandths(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(thousandths(face.ascender()))
        .descent(thousandths(face.descender()))
        .cap_height(thousandths(face.capital_height().unwrap_or(face.ascender())))
        .stem_v(80.0);
    if is_compact {
        descriptor.font_file3(file);
    } else {
        descriptor.font_file2(file);
    }
}

/// What a page calls the font whose first object this is.
const fn name_within(first: i32) -> &'static [u8] {
    match (first - FONTS) / PER_FONT {
        0 => b"Latin",
        1 => b"Strong",
        _ => b"Chinese",
    }
}

fn page(pdf: &mut Pdf, id: Ref, inks: &[Ink], fonts: &BTreeMap<Face, Embedded>) {
    let content = Ref::new(id.get() + 1);
    let mut page = pdf.page(id);
    page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(PAGES).contents(content);
    let mut resources = page.resources();
    let mut named = resources.fonts();
    for font in fonts.values() {
        named.pair(Name(font.name), font.id);
    }
    named.finish();
    resources.finish();
    page.finish();
    let mut drawn = Content::new();
    for ink in inks {
        draw(&mut drawn, ink, fonts);
    }
    pdf.stream(content, &drawn.finish());
}

/// PDF measures from the lower left corner.
fn draw(content: &mut Content, ink: &Ink, fonts: &BTreeMap<Face, Embedded>) {
    match ink {
        Ink::Text { face, x, y, size, gap, text } => {
            let Some(font) = fonts.get(face) else { return };
            let numbers = text.chars().filter_map(|c| font.numbers.get(&c));
            let bytes: Vec<u8> = numbers.flat_map(|number| number.to_be_bytes()).collect();
            content.begin_text().set_font(Name(font.name), *size).set_char_spacing(*gap);
            content.next_line(*x, HEIGHT - y).show(Str(&bytes)).end_text();
        }
        Ink::Bar { x, y, width, height } => {
            content.rect(*x, HEIGHT - y - height, *width, *height).fill_nonzero();
        }
        Ink::Code { x, y, module, dark } => {
            content.save_state().transform([*module, 0.0, 0.0, -*module, *x, HEIGHT - y]);
            for (column, row, long) in dark {
                content.rect(f32::from(*column), f32::from(*row), f32::from(*long), 1.0);
            }
            content.fill_nonzero().restore_state();
        }
    }
}
