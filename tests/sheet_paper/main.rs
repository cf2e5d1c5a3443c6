//! Sheets as they are printed: the golden files of `fixtures/sheet`, and what every sheet keeps to.
//!
//! `UPDATE_DOCUMENTS=1 cargo test --test sheet_paper` writes the golden files anew.

mod facts;
mod hostile;
mod large;
mod line_printer;
mod long;
mod picture;
mod service;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use airlock::exchange::statement::kind::Kind;
use airlock::refusal::Refusal as _;
use airlock::report::columns;
use airlock::report::sheet::facts::Contents;
use airlock::report::sheet::{Encoding, Language, Sheet, SheetError};
use facts::{BUNDLE, PACKAGE, print, statement};

fn all() -> Vec<(&'static str, Sheet)> {
    let sheets = facts::sheets().into_iter();
    sheets.map(|(name, statement, contents)| (name, Sheet::new(statement, contents, print()).unwrap())).collect()
}

/// What every page of every sheet keeps to.
pub(crate) fn keeps_to_the_paper(sheet: &Sheet) {
    for language in [Language::Bilingual, Language::English] {
        let text = sheet.text(language);
        let pages: Vec<&str> = text.split('\x0c').collect();
        for (at, page) in pages.iter().enumerate() {
            assert!(page.ends_with(&format!("page {} of {}\n", at + 1, pages.len())), "{page}");
            assert!(page.lines().count() <= 66, "{page}");
            for line in page.lines() {
                assert!(columns::width(line) <= 80 && line.trim_end() == line, "{line:?}");
                assert!(!line.chars().any(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn the_golden_files_are_what_is_printed() {
    for (name, sheet) in all() {
        for encoding in Encoding::ALL {
            let path = |extra| format!("{}/fixtures/sheet/{name}.{encoding}{extra}.txt", env!("CARGO_MANIFEST_DIR"));
            let printed = sheet.encode(encoding);
            if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
                fs::write(path(""), &printed).unwrap();
            }
            if fs::read(path("")).unwrap() != printed {
                fs::write(path(".actual"), &printed).unwrap();
                panic!("{} is not what is printed; see the file beside it", path(""));
            }
        }
    }
}

#[test]
fn every_line_fits_and_every_page_is_numbered() {
    for (_, sheet) in all() {
        keeps_to_the_paper(&sheet);
    }
}

#[test]
fn the_published_statement_gives_the_published_rows() {
    let golden =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sheet/csr-bundle.ascii.txt")).unwrap();
    assert!(golden.contains(
        "
      A  109 857       B  498 985       C  301 034       D  028 023
      E  016 535       F  298 073       G  189 768       H  384 808
      I  620 836       J  626 147       K  424 418       L  431 563
      M  064 378       N  158 216       O  040 819       P  384 280

- below this line: information, not covered by the code -"
    ));
    for line in statement(BUNDLE).text().lines().skip(1) {
        let (_, value) = line.split_once(": ").unwrap();
        assert!(golden.replace("\n                   ", "").contains(value), "{value}");
    }
}

/// The judge is iconv: GB 2312 has no form for a character outside of it, and inside of it the bytes are GB 18030's.
#[test]
fn gb18030_holds_only_characters_of_gb2312() {
    for (name, sheet) in all() {
        let mut iconv = Command::new("iconv")
            .args(["-f", "utf-8", "-t", "gb2312"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        iconv.stdin.take().unwrap().write_all(&sheet.encode(Encoding::Utf8)).unwrap();
        let judged = iconv.wait_with_output().unwrap();
        assert!(judged.status.success(), "{name}");
        assert_eq!(judged.stdout, sheet.encode(Encoding::Gb18030), "{name}");
    }
}

/// A printer gives each double-byte character two columns, and so must whoever measures.
#[test]
fn every_chinese_character_is_two_columns_wide() {
    for (_, sheet) in all() {
        let text = sheet.text(Language::Bilingual);
        assert!(text.chars().filter(|c| !c.is_ascii()).all(|c| columns::width(&c.to_string()) == 2));
    }
}

#[test]
fn the_ascii_sheet_lacks_the_chinese_and_nothing_else() {
    for (name, sheet) in all() {
        let words = |language| {
            let text = sheet.text(language);
            text.split_whitespace().filter(|word| *word != "/" && word.is_ascii()).map(str::to_owned).collect()
        };
        let (both, english): (BTreeSet<String>, BTreeSet<String>) =
            (words(Language::Bilingual), words(Language::English));
        let rules = |word: &&String| !word.trim_matches('-').is_empty();
        assert_eq!(both.iter().filter(rules).collect::<Vec<_>>(), english.iter().filter(rules).collect::<Vec<_>>());
        assert!(sheet.encode(Encoding::Ascii).is_ascii(), "{name}");
    }
}

#[test]
fn the_receiving_side_can_compute_the_information_it_compares() {
    for (name, sheet) in all().into_iter().filter(|(name, _)| *name != "cert-package-long") {
        for language in [Language::Bilingual, Language::English] {
            let first: Vec<String> = sheet.pages(language).swap_remove(0).lines;
            let information = sheet.information(language);
            assert!(first.windows(information.len()).any(|lines| lines == information), "{name}");
        }
    }
}

#[test]
fn information_that_finds_no_room_goes_on_on_the_second_page() {
    let (_, sheet) = all().into_iter().find(|(name, _)| *name == "cert-package-long").unwrap();
    let pages = sheet.pages(Language::English);
    assert_eq!(pages[0].lines.len(), 66, "the first page is full");
    assert!(pages[0].lines.contains(&" more on page 2".to_owned()));
    assert!(pages[1].lines.contains(&" INFORMATION, continued".to_owned()));
    let told: Vec<String> = pages.into_iter().flat_map(|page| page.lines).collect();
    assert!(sheet.information(Language::English).iter().all(|line| told.contains(line)));
}

#[test]
fn copies_and_reprints_say_so_on_every_page() {
    let mut again = print();
    (again.copy, again.reprint, again.medium) = (2, 2, None);
    let sheet = Sheet::new(statement(BUNDLE), Contents::Bundle(facts::bundle().into()), again).unwrap();
    for page in sheet.pages(Language::Bilingual) {
        assert!(page.lines[1].ends_with("sheet S-000318  copy 2/2"), "{}", page.lines[1]);
        assert_eq!(page.lines[2], " REPRINT 2 (print 3 of this sheet) / 重印2（本单第3次打印）");
    }
    for page in sheet.pages(Language::English) {
        assert_eq!(page.lines[2], " REPRINT 2 (print 3 of this sheet)");
    }
    // A first print says nothing of it.
    let first = Sheet::new(statement(BUNDLE), Contents::Bundle(facts::bundle().into()), print()).unwrap();
    assert!(!first.text(Language::Bilingual).contains("REPRINT") && !first.text(Language::Bilingual).contains("重印"));
    assert!(sheet.text(Language::English).contains(" Media                  ________________  tamper bag ___"));
}

#[test]
fn a_sheet_that_does_not_fit_its_statement_is_not_printed() {
    let bundle = || Contents::Bundle(facts::bundle().into());
    assert!(Sheet::new(statement(BUNDLE), bundle(), print()).is_ok());

    let refused = Sheet::new(statement(PACKAGE), bundle(), print()).unwrap_err();
    assert_eq!(refused, SheetError::Kind { statement: Kind::CertPackage, contents: Kind::CsrBundle });
    assert_eq!(refused.reason().code, "SHEET_KIND");

    let refused = Sheet::new(facts::changed(|lines| lines.items = 43), bundle(), print()).unwrap_err();
    assert_eq!(refused, SheetError::Items { statement: 43, contents: 42 });
    assert_eq!(refused.reason().code, "SHEET_ITEMS");

    for copy in [0, 3] {
        let mut third = print();
        third.copy = copy;
        let refused = Sheet::new(statement(BUNDLE), bundle(), third).unwrap_err();
        assert_eq!((refused.reason().code, refused), ("SHEET_COPY", SheetError::Copy(copy, 2)));
    }
}
