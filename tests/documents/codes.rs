//! `docs/codes.md`: a row for every stable code in the sources, and a code for every row.
//!
//! With `UPDATE_DOCUMENTS=1` missing rows are written: what it means from the documentation of the variant, what to do
//! from the hint. A finding has no hint; a person writes what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use airlock::issuance::rule::violation::Code as Rule;
use airlock::report::checks::CheckId;
use airlock::report::meaning;

use crate::source::{Source, house};
use crate::told::{Code, FORMS, classes, codes};

const CHECKS: &str = "## Checks";
const RULES: &str = "## Rules";
const FINDINGS: &str = "## Findings";
/// Codes of two enums that mean the same to whoever reads them.
const SHARED: &[&str] = &["SIGNATURE_INVALID"];

/// A row of the document: its section, its code and its other cells.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    section: String,
    key: String,
    cells: Vec<String>,
}

fn document() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes.md"))
}

fn rows(text: &str) -> Vec<Row> {
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            section = line.to_owned();
        }
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        let key = cells[0].strip_prefix('`').and_then(|key| key.strip_suffix('`'));
        if let (Some(key), true) = (key, line.starts_with("| ")) {
            rows.push(Row { section: section.clone(), key: key.to_owned(), cells: cells[1..].to_vec() });
        }
    }
    rows
}

/// The heading that a code of `class` stands under.
fn heading<'t>(text: &'t str, class: Option<&str>, classes: &BTreeMap<String, u8>) -> &'t str {
    let start = class.map_or_else(|| FINDINGS.to_owned(), |class| format!("## Exit {}: ", classes[class]));
    text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no heading {start:?}"))
}

/// Every difference between the codes and the rows.
fn faults(text: &str, codes: &[Code], classes: &BTreeMap<String, u8>) -> Vec<String> {
    let rows: Vec<Row> =
        rows(text).into_iter().filter(|row| ![CHECKS, RULES].contains(&row.section.as_str())).collect();
    let known: BTreeSet<_> = rows.iter().map(|row| row.key.as_str()).collect();
    let used: BTreeSet<_> = codes.iter().map(|code| code.code.as_str()).collect();
    let mut faults = Vec::new();
    for code in codes.iter().filter(|code| !known.contains(code.code.as_str())) {
        faults.push(format!("{}: {} has no row", code.place, code.code));
    }
    for row in &rows {
        if !used.contains(row.key.as_str()) {
            faults.push(format!("{}: nothing has this code", row.key));
        }
        if row.cells.len() != 2 || row.cells.iter().any(|cell| cell.len() < 4) {
            faults.push(format!("{}: not a row of code, meaning and what to do", row.key));
        }
        for code in codes.iter().filter(|code| code.code == row.key && code.class.is_some()) {
            if heading(text, code.class.as_deref(), classes) != row.section {
                faults.push(format!("{}: {} stands under {:?}", code.place, code.code, row.section));
            }
        }
    }
    for pair in rows.windows(2).filter(|pair| pair[0].section == pair[1].section && pair[0].key >= pair[1].key) {
        faults.push(format!("{}: not sorted, or twice", pair[1].key));
    }
    faults
}

/// `text` with a row for each code that had none.
fn completed(text: &str, codes: &[Code], classes: &BTreeMap<String, u8>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let known: BTreeSet<_> = rows(text).into_iter().map(|row| row.key).collect();
    let (findings, refusals): (Vec<_>, Vec<_>) = codes.iter().partition(|code| code.class.is_none());
    let each: BTreeMap<_, _> = findings.into_iter().chain(refusals).map(|code| (code.code.clone(), code)).collect();
    for (key, code) in each.into_iter().filter(|(key, _)| !known.contains(key)) {
        let heading = heading(text, code.class.as_deref(), classes);
        let cell = |text: &Option<String>| {
            text.clone().unwrap_or_default().replace('|', "/").replace("[`", "`").replace("`]", "`")
        };
        let row = format!("| `{key}` | {} | {} |", cell(&code.meaning), cell(&code.hint));
        let section = lines.iter().position(|line| line == heading).unwrap();
        let head = lines[section..].iter().position(|line| line.starts_with("|---")).unwrap();
        let before = |line: &&String| line.strip_prefix("| `").is_some_and(|line| line.split('`').next() < Some(&key));
        let rows = lines[section + head + 1..].iter().take_while(before).count();
        lines.insert(section + head + 1 + rows, row);
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_code_has_a_row_and_every_row_a_code() {
    let sources = house();
    let (codes, classes) = (codes(&sources), classes(&sources));
    let mut text = fs::read_to_string(document()).unwrap();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        text = completed(&text, &codes, &classes);
        fs::write(document(), &text).unwrap();
    }
    let faults = faults(&text, &codes, &classes);
    assert!(faults.is_empty(), "\n{}\nUPDATE_DOCUMENTS=1 writes missing rows", faults.join("\n"));
}

#[test]
fn a_code_is_the_refusal_of_one_enum() {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for code in codes(&house()).into_iter().filter(|code| !SHARED.contains(&code.code.as_str())) {
        owners.entry(code.code).or_default().extend(code.owner);
    }
    owners.retain(|_, owners| owners.len() > 1);
    assert!(owners.is_empty(), "{owners:?}");
}

#[test]
fn the_exit_statuses_are_those_of_the_classes() {
    let classes = classes(&house());
    assert_eq!(classes.len(), 16);
    let text = fs::read_to_string(document()).unwrap();
    let table = text.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        cells.first()?.parse::<u8>().ok().map(|status| (cells[1].to_owned(), status))
    });
    let (named, others): (Vec<_>, Vec<_>) = table.partition(|(name, _)| !name.is_empty());
    assert_eq!(named.into_iter().collect::<BTreeMap<_, _>>(), classes);
    assert_eq!(others.into_iter().map(|(_, status)| status).collect::<Vec<_>>(), [0]);
}

#[test]
fn the_rules_are_those_of_the_program() {
    let text = fs::read_to_string(document()).unwrap();
    let listed: Vec<_> = rows(&text).into_iter().filter(|row| row.section == RULES).collect();
    let known: Vec<_> = Rule::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(listed.iter().map(|row| row.key.clone()).collect::<Vec<_>>(), known);
    assert!(listed.iter().all(|row| row.cells.len() == 2 && row.cells.iter().all(|cell| cell.len() > 4)), "{listed:?}");
}

#[test]
fn the_checks_are_those_of_the_program() {
    let text = fs::read_to_string(document()).unwrap();
    let listed = rows(&text).into_iter().filter(|row| row.section == CHECKS).map(|row| (row.key, row.cells.concat()));
    let known = CheckId::ALL.iter().map(|id| (id.to_string(), id.meaning().to_owned()));
    assert_eq!(listed.collect::<Vec<_>>(), known.collect::<Vec<_>>());
}

/// Every code with a row in the English document has one in the Chinese, under the same exit status and in the same order.
#[test]
fn the_chinese_document_has_a_row_of_every_code() {
    let path = document().with_file_name("codes.zh.md");
    let chinese = rows(&fs::read_to_string(path).unwrap());
    let english = rows(&fs::read_to_string(document()).unwrap());
    // What a screen says of a code is what the document says.
    for row in english.iter().filter(|row| row.section != FINDINGS || row.key.parse::<Rule>().is_err()) {
        let told = meaning::english(&row.key).unwrap();
        let cells = (row.cells[0].as_str(), row.cells.get(1).map_or("", String::as_str));
        assert_eq!((told.what, told.to_do), cells, "{}", row.key);
    }
    // One rule is a finding too; the Chinese document has it once.
    let is_once = |row: &Row| row.section == RULES || row.key.parse::<Rule>().is_err();
    let expected = english.into_iter().filter(is_once).map(|row| (row.section, row.key));
    let found = chinese.iter().map(|row| (row.section.clone(), row.key.clone()));
    let exit = |section: &str| section.chars().filter(char::is_ascii_digit).collect::<String>();
    let expected: Vec<_> = expected.map(|(section, key)| (exit(&section), key)).collect();
    let found: Vec<_> = found.map(|(section, key)| (exit(&section), key)).collect();
    assert_eq!(found, expected);
    for row in &chinese {
        let cells = if CheckId::ALL.iter().any(|id| id.as_str() == row.key) { 1 } else { 2 };
        assert_eq!(row.cells.len(), cells, "{}", row.key);
        let meaning = meaning::chinese(&row.key).unwrap();
        assert_eq!(meaning.what, row.cells[0], "{}", row.key);
        assert_eq!(meaning.to_do, row.cells.get(1).map_or("", String::as_str), "{}", row.key);
        // A cell that was left in English says nothing to who reads Chinese alone.
        assert!(row.cells.iter().all(|cell| cell.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))), "{row:?}");
    }
}

#[test]
fn a_code_without_a_row_and_a_row_without_a_code_are_seen_and_missing_rows_are_written_in_their_place() {
    let classes = BTreeMap::from([("Usage".to_owned(), 2), ("Media".to_owned(), 9), ("Storage".to_owned(), 13)]);
    let head = "\n| code | what it means | what to do |\n|---|---|---|\n";
    let headings = ["## Exit 2: usage", "## Exit 9: media", "## Exit 13: storage", FINDINGS];
    let empty: String = headings.iter().map(|heading| format!("{heading}\n{head}\n")).collect();
    let mut codes = codes(&[Source::new("form.rs", FORMS)]);
    codes.retain(|code| code.class.is_some());
    assert_eq!(faults(&empty, &codes, &classes).len(), 5);

    let full = completed(&empty, &codes, &classes);
    assert_eq!(faults(&full, &codes, &classes), Vec::<String>::new());
    assert_eq!(completed(&full, &codes, &classes), full);
    assert!(full.contains(
        "## Exit 9: media\n\n| code | what it means | what to do |\n|---|---|---|\n\
        | `FORM_BYTES` | Bad bytes | take another |\n| `FORM_LENGTH` | Too long, by far | try again |\n"
    ));

    let stale = codes.split_off(1);
    assert_eq!(faults(&full, &codes, &classes).len(), stale.len());
    let moved = full.replace("| `FULL` | Full | try again |\n", "") + "| `FULL` | Full | try again |\n";
    codes.extend(stale);
    assert_eq!(faults(&moved, &codes, &classes).len(), 1, "under another exit status");
}
