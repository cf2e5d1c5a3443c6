//! The tests and files that the documents name exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// In these, whatever looks like the name of a test is one.
const WITH_TESTS: &[&str] = &["docs/threat-model.md", "docs/assurance.md", "docs/compliance.md"];
/// In these, whatever looks like a path of the repository is one.
const WITH_PATHS: &[&str] = &[
    "docs/threat-model.md",
    "docs/assurance.md",
    "docs/compliance.md",
    "docs/design.md",
    "docs/ceremony.md",
    "docs/SECURITY.md",
    "docs/CONTRIBUTING.md",
    "CHANGELOG.md",
];
/// Folders of the repository, by which a path is known.
const FOLDERS: &[&str] = &["docs/", "fixtures/", "scripts/", "src/", "tests/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands between backticks in a line of running text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    lines.flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn is_test_name(word: &str) -> bool {
    let snake = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    snake && word.contains('_') && word != "compile_fail"
}

/// The targets of links to other files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The name of each function that stands under `#[test]`.
fn tests_of(source: &str) -> impl Iterator<Item = &str> {
    source.split("#[test]").skip(1).filter_map(|rest| {
        let name = rest.split("fn ").nth(1)?;
        name.split('(').next()
    })
}

fn tests() -> BTreeSet<String> {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    sources(&root().join("tests"), &mut paths);
    let texts: Vec<_> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    texts.iter().flat_map(|text| tests_of(text)).map(str::to_owned).collect()
}

/// What a document names and nothing has.
fn missing_tests(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    quoted(text).filter(|word| is_test_name(word) && !tests.contains(*word)).map(str::to_owned).collect()
}

fn missing_paths(text: &str) -> Vec<String> {
    let words = text.lines().flat_map(|line| line.split(['`', ' ', '(', ')', ',', ';', '"', '<', '>']));
    let paths = words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)));
    let paths = paths.map(|word| word.trim_end_matches(['.', ':', '/']));
    paths.filter(|path| !path.contains(['*', '{', '…']) && !root().join(path).exists()).map(str::to_owned).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let tests = tests();
    for name in WITH_TESTS {
        assert_eq!(missing_tests(&document(name), &tests), [""; 0], "{name}");
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    for name in WITH_PATHS {
        let text = document(name);
        assert_eq!(missing_paths(&text), [""; 0], "{name}");
        let folder = root().join(name).parent().unwrap().to_owned();
        let broken: Vec<_> = links(&text).filter(|target| !folder.join(target).exists()).collect();
        assert_eq!(broken, [""; 0], "{name}");
    }
}

#[test]
fn what_is_missing_is_seen() {
    let tests = tests();
    assert!(tests.contains("what_is_missing_is_seen"));
    assert_eq!(missing_tests("`what_is_missing_is_seen`, `what_nobody_wrote`, `RFC`", &tests), ["what_nobody_wrote"]);
    assert_eq!(missing_paths("`scripts/audit`, see tests/nowhere.rs."), ["tests/nowhere.rs"]);
    assert_eq!(links("[a](b.md#c) [d](https://e)").collect::<Vec<_>>(), ["b.md"]);
}
