//! Nothing is missing: every screen has its snapshot, and every snapshot all its variants.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every screen of both rooms.
const SCREENS: [&str; 29] = [
    "S00", "S01", "S10", "S15", "S16", "S20", "S21", "N10", "N20", "N30", "N40", "F10", "F20", "F21", "F30", "F40",
    "F41", "F50", "F60", "F61", "F70", "F80", "I10", "I20", "I30", "I40", "I41", "I50", "A10",
];
const VARIANTS: [&str; 8] = [
    "== en 80x24\n",
    "== en 132x43\n",
    "== zh 80x24\n",
    "== zh 132x43\n",
    "== en 79x24\n",
    "== zh 79x24\n",
    "== with colour\n",
    "== without colour\n",
];

#[test]
#[cfg(all(feature = "online", feature = "offline"))]
fn every_screen_is_drawn_in_every_variant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tui/snapshots");
    let mut seen = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let code = name.rsplit("__").next().unwrap().to_owned();
        assert_eq!(path.extension().unwrap(), "snap", "{name} was not accepted");
        let text = fs::read_to_string(&path).unwrap();
        for variant in VARIANTS {
            assert!(text.contains(variant), "{name} lacks {variant}");
        }
        // The code is drawn, in both languages and both sizes.
        let drawn = format!("[{}]", &code[..3]);
        let titles = text.lines().filter(|line| line.starts_with(" airlock | ") && line.ends_with(&drawn));
        assert_eq!(titles.count(), 4, "{name} does not show {drawn}");
        seen.insert(code[..3].to_owned());
    }
    let missing: Vec<_> = SCREENS.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(missing.is_empty(), "no snapshot of {missing:?}");
    assert_eq!(seen.len(), SCREENS.len(), "{seen:?}");
}

/// What is counted on screens is never one of many: whoever reads `1 nodes` asks himself what else is not meant so.
#[test]
fn no_screen_tells_one_of_many() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tui/snapshots");
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines() {
            assert!(!tells_one_of_many(line), "{line}");
        }
    }
    for (line, is_wrong) in [
        (" 1 nodes, 2 keys", true),
        ("1 entries", true),
        ("1 node", false),
        ("11 nodes", false),
        ("S-000002/1 days", false),
    ] {
        assert_eq!(tells_one_of_many(line), is_wrong, "{line}");
    }
    // And no template of a screen counts many whatever their number; 16 rows are always 16.
    let mut templates = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui"), &mut templates);
    let faults: Vec<_> =
        templates.iter().filter(|line| COUNTED.iter().any(|many| line.contains(&format!("{{}} {many}")))).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What screens count.
const COUNTED: [&str; 16] = [
    "nodes",
    "certificates",
    "private keys",
    "entries",
    "requests",
    "files",
    "signatures",
    "items",
    "days",
    "copies",
    "hosts",
    "people",
    "more lines",
    "more files",
    "rows done",
    "rows confirmed",
];

fn tells_one_of_many(line: &str) -> bool {
    let mut words =
        line.split(|c: char| c.is_whitespace() || c == '(').map(|word| word.trim_end_matches([',', '.', ':', ';']));
    let mut before = "";
    words.any(|word| {
        let is_wrong = before == "1" && COUNTED.contains(&word);
        before = word;
        is_wrong
    })
}

/// Lines of the sources of `folder`.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.extend(fs::read_to_string(&path).unwrap().lines().map(str::to_owned)),
        }
    }
}
