//! The paper: the published vectors, recomputed here and by `scripts/rows.sh`, and every file of `fixtures/statement/`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::exchange::code::Code;
use airlock::exchange::statement::kind::Kind;
use airlock::exchange::statement::party::Party;
use airlock::exchange::statement::{Lines, MAX_BYTES, MAX_ITEMS, Statement};
use airlock::exchange::trace::Trace;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use proptest::prelude::*;

const BUNDLE_ROWS: [&str; 16] = [
    "A 109 857",
    "B 498 985",
    "C 301 034",
    "D 028 023",
    "E 016 535",
    "F 298 073",
    "G 189 768",
    "H 384 808",
    "I 620 836",
    "J 626 147",
    "K 424 418",
    "L 431 563",
    "M 064 378",
    "N 158 216",
    "O 040 819",
    "P 384 280",
];
const PACKAGE_ROWS: [&str; 16] = [
    "A 198 205",
    "B 025 556",
    "C 264 916",
    "D 415 343",
    "E 058 634",
    "F 247 243",
    "G 460 562",
    "H 413 115",
    "I 343 470",
    "J 091 524",
    "K 501 340",
    "L 196 847",
    "M 448 454",
    "N 483 186",
    "O 398 347",
    "P 004 541",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fixture's expected code and its bytes.
fn fixture(path: &Path) -> (String, Vec<u8>) {
    let file = fs::read(path).unwrap();
    let line = file.iter().position(|byte| *byte == b'\n').unwrap();
    let expected = std::str::from_utf8(&file[..line]).unwrap().strip_prefix("expect: ").unwrap();
    (expected.to_owned(), file[line + 1..].to_vec())
}

fn good(name: &str) -> Vec<u8> {
    let (expected, bytes) = fixture(&root().join("fixtures/statement").join(name));
    assert_eq!(expected, "OK");
    bytes
}

/// What `scripts/rows.sh` prints, row by row.
fn rows_of_script(kind: Kind, statement: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(statement).unwrap();
    let output = Command::new("bash")
        .arg(root().join("scripts/rows.sh"))
        .arg(kind.sheet_digit().to_string())
        .arg(file.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split(['\t', '\n']).map(str::to_owned).take(16).collect()
}

#[test]
fn the_published_rows_come_out_here_and_from_the_script() {
    for (name, digest, rows) in [
        ("good-csr-bundle", "2ae9c2ea75970af20675746f4a209650f283f496a5c9a89419253dcd0ff1961c", BUNDLE_ROWS),
        ("good-cert-package", "4d6c09fb677ba23e16e76094b3e8a15f862b23c0c3d64ce4af2dbcbe9b9a01c6", PACKAGE_ROWS),
    ] {
        let statement = Statement::parse(&good(name)).unwrap();
        assert_eq!(statement.digest().to_string(), digest, "{name}");
        assert_eq!(Code::of(&statement).sheet_rows(), rows, "{name}");
        assert_eq!(rows_of_script(statement.lines().kind, &good(name)), rows, "{name}");
    }
}

#[test]
fn the_script_agrees_on_other_statements() {
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        let statement = statement(kind, at as u32, [at as u8; 5]);
        assert_eq!(rows_of_script(kind, statement.text().as_bytes()), Code::of(&statement).sheet_rows());
    }
}

#[test]
fn the_script_refuses_what_it_is_not_made_for() {
    for arguments in [&["0", "x"][..], &["6", "x"], &["1"], &["1", "/nonexistent"], &["1", "x", "y"]] {
        let output = Command::new("bash").arg(root().join("scripts/rows.sh")).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
    }
}

#[test]
fn every_fixture_is_judged_as_it_says() {
    let mut seen = BTreeSet::new();
    let files: Vec<PathBuf> =
        fs::read_dir(root().join("fixtures/statement")).unwrap().map(|e| e.unwrap().path()).collect();
    for path in files.iter().filter(|path| path.extension().is_none() && !path.ends_with(".gitattributes")) {
        let (expected, bytes) = fixture(path);
        let found = match Statement::parse(&bytes) {
            Ok(statement) => {
                assert_eq!(statement.text().as_bytes(), bytes, "{path:?}");
                "OK"
            }
            Err(error) => error.reason().code,
        };
        assert_eq!(found, expected, "{path:?}");
        seen.insert(expected);
    }
    let codes = ["CHARACTERS", "LENGTH", "LINE", "SENDER", "TRACE", "VALUE", "VERSION"];
    let all = codes.map(|code| format!("STATEMENT_{code}")).into_iter().chain(["OK".to_owned()]);
    assert_eq!(seen, all.collect());
}

#[test]
fn a_statement_cut_anywhere_is_refused() {
    let bytes = good("good-csr-bundle");
    for length in 0..bytes.len() {
        assert!(Statement::parse(&bytes[..length]).is_err(), "{length} bytes");
    }
}

/// A change may make another true statement, but then it has other rows, and prints as what was read.
#[test]
fn no_byte_can_change_under_the_same_rows() {
    let bytes = good("good-csr-bundle");
    let rows = Code::of(&Statement::parse(&bytes).unwrap()).sheet_rows();
    let mut accepted = 0;
    for at in 0..bytes.len() {
        for other in (0..=u8::MAX).filter(|other| *other != bytes[at]) {
            let mut changed = bytes.clone();
            changed[at] = other;
            if let Ok(statement) = Statement::parse(&changed) {
                assert_eq!(statement.text().as_bytes(), changed);
                assert_ne!(Code::of(&statement).sheet_rows(), rows);
                accepted += 1;
            }
        }
    }
    assert!(accepted > 0, "names, counts, times and digests may take other values");
}

fn statement(kind: Kind, items: u32, random: [u8; 5]) -> Statement {
    let expires = Timestamp::from_unix(1_753_758_000 + i64::from(items)).unwrap();
    let (cluster, ca): (Party, Party) = ("cluster:prod-bj1".parse().unwrap(), "ca:root-ca-01".parse().unwrap());
    let (from, to) = if kind == Kind::CsrBundle { (cluster, ca) } else { (ca, cluster) };
    let trace = Trace::new(expires, random);
    let file_sha256 = Digest::of(&random);
    Statement::new(Lines { kind, trace, from, to, items, expires, file_sha256 }).unwrap()
}

#[test]
fn what_could_not_be_read_is_not_made() {
    let lines = statement(Kind::CsrBundle, 1, [0; 5]).lines().clone();
    assert!(Statement::new(Lines { items: MAX_ITEMS, ..lines.clone() }).is_ok());
    assert!(Statement::new(Lines { items: MAX_ITEMS + 1, ..lines.clone() }).is_err());
    assert!(Statement::new(Lines { kind: Kind::CertPackage, ..lines }).is_err());
}

proptest! {
    #[test]
    fn statements_read_back(
        kind in 0..5_usize,
        items in 0..=MAX_ITEMS,
        random: [u8; 5],
        name in "[a-z0-9][a-z0-9.-]{0,62}",
        seconds in 0..253_402_300_799_i64,
    ) {
        let lines = statement(Kind::ALL[kind], items, random).lines().clone();
        let to = format!("host:{name}").parse().unwrap();
        let expires = Timestamp::from_unix(seconds).unwrap();
        let made = Statement::new(Lines { to, expires, ..lines }).unwrap();
        prop_assert!(made.text().len() <= MAX_BYTES);
        prop_assert_eq!(Statement::parse(made.text().as_bytes()), Ok(made));
    }

    #[test]
    fn what_reads_prints_the_same(at in 0..300_usize, cut in 0..4_usize, insert in "[ -~\n]{0,4}") {
        let mut bytes = good("good-csr-bundle");
        let at = at.min(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, insert.bytes());
        if let Ok(statement) = Statement::parse(&bytes) {
            prop_assert_eq!(statement.text().into_bytes(), bytes);
        }
    }

    #[test]
    fn rows_follow_every_line(items in 0..MAX_ITEMS, random: [u8; 5]) {
        let one = Code::of(&statement(Kind::CsrBundle, items, random)).sheet_rows();
        let other = Code::of(&statement(Kind::CsrBundle, items + 1, random)).sheet_rows();
        prop_assert!(one.iter().zip(&other).filter(|(one, other)| one != other).count() > 8);
    }
}
