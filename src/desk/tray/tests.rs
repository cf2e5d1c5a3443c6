use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::audit::entry::Side;
use crate::desk::host::Senses;
use crate::devices::clock::SystemClock;
use crate::devices::entropy::SystemEntropy;
use crate::report::sheet::Encoding;

struct Room {
    base: TempDir,
    desk: Desk,
}

impl Room {
    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("medium/deeper")).unwrap();
        fs::create_dir(base.path().join("paper")).unwrap();
        let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
        let party = "ca:root-ca-01".parse().unwrap();
        let desk = Desk::make(&base.path().join("state"), Side::Offline, &party, senses).unwrap();
        Self { base, desk }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    fn tray(&self, place: &Place) -> Result<Tray, Refused> {
        self.desk.tray(place, &self.at("medium"))
    }

    fn code(&self, place: &Place) -> &'static str {
        self.tray(place).map_or_else(|e| e.reason().code, |_| "")
    }

    fn file(&self, name: &str) -> Place {
        Place::of(Output::File(self.at(name)))
    }
}

fn printer(name: &str) -> Place {
    Place::of(Output::Printer(name.parse().unwrap()))
}

#[test]
fn a_sheet_goes_to_a_free_place_beside_its_medium_alone() {
    let room = Room::new();
    fs::write(room.at("paper/old.txt"), "kept").unwrap();
    symlink(room.at("medium"), room.at("paper/link")).unwrap();
    for ends in ["txt", "pdf", "svg"] {
        let code = |file: &str| room.code(&room.file(&format!("{file}.{ends}")));
        assert_eq!(code("paper/sheet"), "");
        for on_it in ["medium/sheet", "medium/deeper/sheet", "paper/link/sheet"] {
            assert_eq!(code(on_it), "SHEET_ON_MEDIUM", "{on_it}.{ends}");
        }
    }
    assert_eq!(room.code(&room.file("paper/old.txt")), "OUTPUT_EXISTS");
    fs::write(room.at("paper/page-01.svg"), "kept").unwrap();
    assert_eq!(room.code(&room.file("paper/page.svg")), "OUTPUT_EXISTS");

    room.tray(&room.file("paper/sheet.txt")).unwrap().make(&[]).unwrap().out().unwrap();
    assert_eq!(room.code(&room.file("paper/sheet.txt")), "OUTPUT_EXISTS");
    assert_eq!(fs::read(room.at("paper/old.txt")).unwrap(), b"kept");
}

#[test]
fn pages_of_a_picture_are_all_written_or_none() {
    let room = Room::new();
    let outlet = |name: &str| {
        let folder = Directory::open(&room.at("paper")).unwrap();
        Outlet::Files { folder, name: name.to_owned(), form: Form::Svg }
    };
    let made = |name: &str| Made { outlet: outlet(name), parts: vec![b"one".to_vec(), b"two".to_vec()] };
    made("page.svg").out().unwrap();
    assert_eq!(fs::read(room.at("paper/page-02.svg")).unwrap(), b"two");

    fs::write(room.at("paper/leaf-02.svg"), "taken meanwhile").unwrap();
    assert_eq!(made("leaf.svg").out().unwrap_err().reason().code, "OUTPUT_EXISTS");
    assert!(!room.at("paper/leaf-01.svg").exists());
    assert_eq!(fs::read(room.at("paper/leaf-02.svg")).unwrap(), b"taken meanwhile");
}

#[test]
fn a_printer_is_asked_for_what_it_takes() {
    let room = Room::new();
    let device = || printer("/dev/null");
    assert_eq!(room.code(&device()), "");
    assert_eq!(room.code(&Place { encoding: Some(Encoding::Utf8), ..device() }), "SHEET_PRINTER_ENCODING");
    assert_eq!(room.code(&Place { encoding: Some(Encoding::Ascii), ..device() }), "");
    assert_eq!(room.code(&Place { form: Some(Form::Pdf), ..device() }), "SHEET_FORM");
    assert_eq!(room.code(&Place { form: Some(Form::Svg), ..printer("lp:ceremony") }), "SHEET_FORM");
    assert_eq!(room.code(&printer("lp:ceremony")), "");
    assert_eq!(room.code(&printer("/dev/nowhere")), "PRINTER_ABSENT");
    assert_eq!(room.code(&printer(room.base.path().to_str().unwrap())), "PRINTER_NOT_ONE");
}

#[test]
fn a_font_that_is_named_must_be_one() {
    let room = Room::new();
    fs::write(room.at("font.ttf"), "no font").unwrap();
    let with = |font: &str| Place { font: Some(room.at(font)), ..room.file("paper/sheet.pdf") };
    assert_eq!(room.code(&with("font.ttf")), "SHEET_FONT");
    assert_eq!(room.code(&with("none.ttf")), "STORAGE_MISSING");
    assert_eq!(room.code(&Place { encoding: Some(Encoding::Ascii), ..with("none.ttf") }), "");
    fs::write(room.at("font.ttf"), include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/DejaVuSansMono.ttf")))
        .unwrap();
    assert_eq!(room.code(&with("font.ttf")), "");
}

#[test]
fn what_a_person_types_is_a_printer_or_a_file() {
    let typed = |text: &str| Output::typed(Path::new(text)).map(|output| output.to_string());
    assert_eq!(typed("lp:ceremony").unwrap(), "lp:ceremony");
    assert_eq!(Output::typed(Path::new("lp:a b")).unwrap_err().reason().code, "PRINTER_NAME");
    assert!(matches!(Output::typed(Path::new("/dev/usb/lp0")).unwrap(), Output::Printer(_)));
    assert!(matches!(Output::typed(Path::new("/root/lp:x.pdf")).unwrap(), Output::File(_)));
}
