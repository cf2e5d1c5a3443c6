//! Sheets as PDF and SVG, judged by other people's programs: qpdf, poppler, librsvg and zbar.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use airlock::report::sheet::picture::{ChineseFont, Leaves};
use airlock::report::sheet::print::Print;
use airlock::report::sheet::{Language, Sheet};

use crate::facts::{self, print};
use crate::hostile;

/// A font of TrueType outlines, and one of the other kind where it is installed.
const FONT: &str = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";
const OTHER_FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
const PUBLISHED: &str =
    "AIRLOCK1:B:20250722-7Q2K-9M4F-B:2AE9C2EA75970AF20675746F4A209650F283F496A5C9A89419253DCD0FF1961C";

fn font(path: &str) -> ChineseFont {
    ChineseFont::new(fs::read(path).unwrap_or_else(|_| panic!("{path}: run scripts/setup"))).unwrap()
}

fn named(name: &str, large: bool) -> Sheet {
    let (_, statement, contents) = facts::sheets().into_iter().find(|(own, ..)| *own == name).unwrap();
    Sheet::new(statement, contents, Print { large, ..print() }).unwrap()
}

fn pdf(sheets: &[Sheet], font: Option<&ChineseFont>) -> Vec<u8> {
    Leaves::new(sheets, font).unwrap().pdf().unwrap()
}

fn judge(program: &str, arguments: &[&str]) -> Output {
    let ran = Command::new(program).args(arguments).output();
    ran.unwrap_or_else(|_| panic!("{program}: run scripts/setup"))
}

fn told(program: &str, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = judge(program, arguments);
    assert!(status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What a scanner reads off a picture.
fn scanned(picture: &Path) -> String {
    told("zbarimg", &["--quiet", "--raw", picture.to_str().unwrap()]).trim_end().to_owned()
}

fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The lines of a sheet as letters: rules are drawn.
fn letters(sheet: &Sheet, language: Language) -> Vec<String> {
    let pages = sheet.pages(language).into_iter();
    let lines = pages.flat_map(|page| [page.large, page.lines].concat());
    let bare = lines.map(|line| dense(line.trim_matches(|c| matches!(c, '-' | '='))));
    bare.filter(|line| !line.is_empty()).collect()
}

fn reads_back(name: &str, font: Option<&ChineseFont>, large: bool) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sheet.pdf");
    let file = path.to_str().unwrap();
    let sheet = named(name, large);
    let language = if font.is_some() { Language::Bilingual } else { Language::English };
    fs::write(&path, pdf(&[named(name, large)], font)).unwrap();
    assert!(told("qpdf", &["--check", file]).contains("No syntax or stream encoding errors found"));
    let fonts = told("pdffonts", &[file]);
    let embedded = fonts.lines().skip(2).map(|line| line.contains(" yes yes yes "));
    assert_eq!(embedded.collect::<Vec<_>>(), vec![true; if font.is_some() { 3 } else { 2 }], "{fonts}");
    let text = dense(&told("pdftotext", &["-layout", file, "-"]));
    let mut at = 0;
    for line in letters(&sheet, language) {
        // In their order, but where two lines overlap in height.
        let found = text.find(&line).unwrap_or_else(|| panic!("{name}: {line} is missing"));
        at = at.max(found);
    }
    assert!(at > 0);
}

#[test]
fn a_pdf_is_whole_and_every_line_is_read_back() {
    let chinese = font(FONT);
    for (name, ..) in facts::sheets() {
        reads_back(name, Some(&chinese), false);
        reads_back(name, None, false);
    }
    reads_back("csr-bundle", Some(&chinese), true);
    match fs::read(OTHER_FONT) {
        Ok(bytes) => reads_back("cert-package", Some(&ChineseFont::new(bytes).unwrap()), false),
        Err(_) => eprintln!("{OTHER_FONT} is not installed: a font with outlines of the other kind was not tried"),
    }
}

#[test]
fn the_rows_of_a_pdf_stand_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sheet.pdf");
    fs::write(&path, pdf(&[named("csr-bundle", false)], None)).unwrap();
    let text = told("pdftotext", &["-layout", "-l", "1", path.to_str().unwrap(), "-"]);
    let rows = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(rows.contains("A 109 857 B 498 985 C 301 034 D 028 023 E 016 535 F 298 073 G 189 768 H 384 808"), "{rows}");
    assert!(rows.contains("I 620 836 J 626 147 K 424 418 L 431 563 M 064 378 N 158 216 O 040 819 P 384 280"), "{rows}");
}

#[test]
fn a_scanner_reads_the_code_off_either_picture() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let chinese = font(FONT);
    for (name, expected) in [("csr-bundle", PUBLISHED), ("cert-package-long", ":P:"), ("enrolment-ca", ":E:")] {
        let sheets = [named(name, false)];
        let leaves = Leaves::new(&sheets, Some(&chinese)).unwrap();
        fs::write(at("sheet.pdf"), leaves.pdf().unwrap()).unwrap();
        fs::write(at("sheet.svg"), &leaves.svg()[0]).unwrap();
        let (pdf, svg, drawn) = (at("sheet.pdf"), at("sheet.svg"), at("svg.png"));
        let stem = at("pdf");
        told("pdftoppm", &["-r", "150", "-png", "-singlefile", pdf.to_str().unwrap(), stem.to_str().unwrap()]);
        let sizes = ["-d", "150", "-p", "150", "-o", drawn.to_str().unwrap()];
        told("rsvg-convert", &[&sizes[..], &[svg.to_str().unwrap()]].concat());
        let (of_pdf, of_svg) = (scanned(&at("pdf.png")), scanned(&drawn));
        assert!(of_pdf.contains(expected), "{of_pdf}");
        assert_eq!(of_pdf, of_svg);
    }
}

#[test]
fn the_code_is_thirty_millimetres_wide() {
    let svg = String::from_utf8(Leaves::new(&[named("csr-bundle", false)], None).unwrap().svg().remove(0)).unwrap();
    let scale = svg.split("shape-rendering").next().unwrap().rsplit("scale(").next().unwrap();
    let module: f64 = scale.split(')').next().unwrap().parse().unwrap();
    assert!((30.0 - module * 37.0 * 25.4 / 72.0).abs() < 0.01, "{module}");
}

#[test]
fn the_same_sheet_is_the_same_file_and_asks_for_nothing() {
    let chinese = font(FONT);
    let sheets = || [named("cert-package", true), named("csr-bundle", false)];
    let once = pdf(&sheets(), Some(&chinese));
    assert!(once == pdf(&sheets(), Some(&chinese)));
    let svg = |sheets: &[Sheet]| Leaves::new(sheets, Some(&chinese)).unwrap().svg();
    assert!(svg(&sheets()) == svg(&sheets()));
    let text = String::from_utf8_lossy(&once).into_owned();
    for word in ["JavaScript", "/JS", "/AA", "OpenAction", "/URI", "CreationDate", "ModDate", "/Encrypt", "/Launch"] {
        assert!(!text.contains(word), "{word}");
    }
    for page in svg(&sheets()) {
        let page = String::from_utf8(page).unwrap();
        for word in ["<script", "<text", "<image", "font-family", "onload", "@import", "href=\"http"] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn without_a_font_for_all_of_its_characters_a_sheet_is_english() {
    let latin = ChineseFont::new(include_bytes!("../../assets/DejaVuSansMono.ttf").to_vec()).unwrap();
    let sheets = [named("csr-bundle", false)];
    let language = |font: Option<&ChineseFont>| Leaves::new(&sheets, font).unwrap().language();
    assert_eq!(language(None), Language::English);
    assert_eq!(language(Some(&latin)), Language::English);
    assert_eq!(language(Some(&font(FONT))), Language::Bilingual);
}

#[test]
fn texts_of_others_stay_text() {
    let hostile = hostile::sheets("</text><script>alert(1)</script>) Tj ET (\u{202e}\x1b&amp;");
    let svg = Leaves::new(&hostile, None).unwrap().svg().concat();
    let text = String::from_utf8(svg).unwrap();
    assert!(!text.contains("<script") && !text.contains('\x1b'));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sheet.pdf");
    fs::write(&path, pdf(&hostile, None)).unwrap();
    told("qpdf", &["--check", path.to_str().unwrap()]);
}
