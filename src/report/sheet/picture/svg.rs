//! One SVG a page. Letters are outlines, so the page looks the same wherever it is opened, with whatever fonts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ttf_parser::OutlineBuilder;

use super::font::{Face, Fonts};
use super::leaves::Leaves;
use super::place::{HEIGHT, Ink, WIDTH};

impl Leaves<'_> {
    /// The pages, in order.
    pub fn svg(&self) -> Vec<Vec<u8>> {
        self.pages.iter().map(|page| drawn(page, &self.fonts, &self.title).into_bytes()).collect()
    }
}

fn drawn(page: &[Ink], fonts: &Fonts<'_>, title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"210mm\" \
         height=\"297mm\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<defs>\n"
    );
    for (face, c) in letters(page) {
        let outline = outline(fonts, face, c);
        // Writing to a string does not fail.
        let _ = writeln!(svg, "<path id=\"{}\" d=\"{outline}\"/>", name(face, c));
    }
    svg.push_str("</defs>\n");
    for ink in page {
        svg.push_str(&match ink {
            Ink::Text { face, x, y, size, gap, text } => {
                run(fonts, *face, text, (*x, *y), *size, *gap).unwrap_or_default()
            }
            Ink::Bar { x, y, width, height } => {
                format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/>\n")
            }
            Ink::Code { x, y, module, dark } => {
                let runs: String =
                    dark.iter().map(|(column, row, long)| format!("M{column} {row}h{long}v1h-{long}z")).collect();
                format!(
                    "<path transform=\"translate({x:.3} {y:.3}) scale({module:.5})\" shape-rendering=\"crispEdges\" \
                     d=\"{runs}\"/>\n"
                )
            }
        });
    }
    svg.push_str("</svg>\n");
    svg
}

/// Every letter of a page that is seen, once.
fn letters(page: &[Ink]) -> BTreeSet<(Face, char)> {
    let runs = page.iter().filter_map(|ink| match ink {
        Ink::Text { face, text, .. } => Some((*face, text)),
        _ => None,
    });
    runs.flat_map(|(face, text)| text.chars().map(move |c| (face, c))).filter(|(_, c)| *c != ' ').collect()
}

fn name(face: Face, c: char) -> String {
    let face = match face {
        Face::Latin => 'l',
        Face::Strong => 's',
        Face::Chinese => 'c',
    };
    format!("{face}{:x}", u32::from(c))
}

/// Letters beside each other, in the units of their font.
fn run(fonts: &Fonts<'_>, face: Face, text: &str, at: (f32, f32), size: f32, gap: f32) -> Option<String> {
    let font = fonts.font(face)?;
    let scale = size / f32::from(font.parsed.units_per_em());
    let mut svg = format!("<g transform=\"translate({:.2} {:.2}) scale({scale:.6} -{scale:.6})\">", at.0, at.1);
    let mut x = 0.0;
    for c in text.chars() {
        if c != ' ' {
            let _ = write!(svg, "<use xlink:href=\"#{}\" x=\"{x:.0}\"/>", name(face, c));
        }
        x += f32::from(font.parsed.glyph_hor_advance(font.glyph(c)).unwrap_or_default()) + gap / scale;
    }
    svg.push_str("</g>\n");
    Some(svg)
}

fn outline(fonts: &Fonts<'_>, face: Face, c: char) -> String {
    let mut path = Outline(String::new());
    if let Some(font) = fonts.font(face) {
        font.parsed.outline_glyph(font.glyph(c), &mut path);
    }
    path.0
}

/// The `d` of a path.
struct Outline(String);

impl Outline {
    fn add(&mut self, letter: char, numbers: &[f32]) {
        self.0.push(letter);
        for number in numbers {
            let _ = write!(self.0, "{number:.0} ");
        }
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}
