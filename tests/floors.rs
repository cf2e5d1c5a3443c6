//! The law of the house, read from the sources: lower floors only, third-party crates where they belong, small files
//! and small functions. It reads paths as text; forms it cannot read are refused rather than parsed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: &[(&str, u8)] = &[
    ("cores", 0),
    ("refusal", 0),
    ("wire", 0),
    ("pki", 1),
    ("audit", 2),
    ("cluster", 2),
    ("exchange", 3),
    ("issuance", 4),
    ("rotation", 4),
    ("devices", 5),
    ("report", 5),
    ("config", 6),
    ("desk", 6),
    ("online", 7),
    ("offline", 7),
    ("cli", 8),
    ("tui", 8),
];

/// Where a third-party crate, or a part of the standard library, may be named: path prefixes under `src/`.
const HOMES: &[(&str, &[&str])] = &[
    ("age::", &["exchange/"]),
    ("clap::", &["cli/", "main.rs"]),
    ("crc32fast::", &["exchange/"]),
    ("cryptoki::", &["devices/hsm/"]),
    ("ed25519_dalek::", &["audit/", "exchange/", "pki/", "devices/hsm/"]),
    ("encoding_rs::", &["report/", "devices/"]),
    ("fatfs::", &["devices/media/"]),
    ("getrandom::", &["devices/entropy"]),
    ("indicatif::", &["cli/"]),
    ("pdf_writer::", &["report/sheet/picture/"]),
    ("qrcodegen::", &["report/sheet/picture/"]),
    ("ratatui::", &["tui/"]),
    ("rcgen::", &["devices/", "online/"]),
    ("rustls::", &["devices/probe/"]),
    ("rustix::", &["devices/", "cli/", "tui/", "main.rs"]),
    ("serde_saphyr::", &["cluster/"]),
    ("ssh_key::", &["exchange/"]),
    ("std::fs", &["devices/"]),
    ("std::net::Tcp", &["devices/"]),
    ("std::net::Udp", &["devices/"]),
    ("mio::", &[]),
    ("signal_hook::", &["cli/", "tui/"]),
    ("subsetter::", &["report/sheet/picture/"]),
    ("SystemTime::now", &["devices/"]),
    ("toml::", &["issuance/policy", "config/"]),
    ("ttf_parser::", &["report/sheet/picture/"]),
    ("unsafe ", &["devices/hsm/"]),
    ("ureq_proto::", &["devices/probe/http"]),
    ("webpki::", &["pki/", "online/"]),
    ("zip::", &["exchange/"]),
];

const MAX_FILE: usize = 400;
const MAX_FUNCTION: usize = 60;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Each source file as its path under `src/` and its text.
fn house() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|p| (p.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&p).unwrap()))
        .collect()
}

fn module(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap()
}

/// The code of a line, without its comment; good enough where strings hold no `//`.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap()
}

fn floor_faults(path: &str, text: &str) -> Vec<String> {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let here = module(path);
    if here == "lib" || here == "main" {
        return Vec::new();
    }
    let Some(floor) = floors.get(here) else { return vec![format!("{path}: module {here} stands on no floor")] };
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = code(line);
        if line.contains("use crate::{") || line.contains("super::super") {
            faults.push(format!("{path}:{}: name each crate:: path in full", at + 1));
        }
        for used in line.split("crate::").skip(1) {
            let other = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let allowed = other == here || floors.get(other).is_some_and(|other| other < floor);
            if !allowed {
                faults.push(format!("{path}:{}: {here} (floor {floor}) may not use {other}", at + 1));
            }
        }
    }
    faults
}

fn home_faults(path: &str, text: &str) -> Vec<String> {
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    let outside_tests = if is_test { "" } else { text.split("#[cfg(test)]").next().unwrap() };
    let mut faults = Vec::new();
    for (at, line) in outside_tests.lines().enumerate() {
        for (name, homes) in HOMES {
            let named = code(line)
                .match_indices(name)
                .any(|(i, _)| !code(line)[..i].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !homes.iter().any(|home| path.starts_with(home)) {
                faults.push(format!("{path}:{}: {name} belongs to {homes:?}", at + 1));
            }
        }
    }
    faults
}

fn size_faults(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let mut faults = Vec::new();
    if lines.len() > MAX_FILE {
        faults.push(format!("{path}: {} lines, more than {MAX_FILE}", lines.len()));
    }
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let is_fn = trimmed.split(['(', '<']).next().unwrap().split(' ').any(|word| word == "fn");
        if !is_fn || trimmed.starts_with("//") || trimmed.starts_with('"') {
            continue;
        }
        let close = format!("{}}}", " ".repeat(line.len() - trimmed.len()));
        let length = lines[start..].iter().position(|l| *l == close).map_or(1, |end| end + 1);
        let declared_only = lines[start..].iter().take_while(|l| !l.ends_with('{')).any(|l| l.ends_with(';'));
        if length > MAX_FUNCTION && !declared_only {
            faults.push(format!("{path}:{}: function of {length} lines, more than {MAX_FUNCTION}", start + 1));
        }
    }
    faults
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn modules_use_lower_floors_only() {
    none(house().iter().flat_map(|(path, text)| floor_faults(path, text)).collect());
}

#[test]
fn crates_stay_in_their_homes() {
    none(house().iter().flat_map(|(path, text)| home_faults(path, text)).collect());
}

#[test]
fn files_and_functions_stay_small() {
    none(house().iter().flat_map(|(path, text)| size_faults(path, text)).collect());
}

#[test]
fn the_law_sees_a_breach() {
    assert_eq!(floor_faults("pki/csr.rs", "use crate::exchange::seal;\n").len(), 1);
    assert_eq!(floor_faults("audit/log.rs", "use crate::cluster::role;\n").len(), 1);
    assert_eq!(floor_faults("pki/csr.rs", "use crate::wire::pem;\nuse crate::pki::key;\n").len(), 0);
    assert_eq!(floor_faults("pki/csr.rs", "use crate::{wire::pem};\n").len(), 2);
    assert_eq!(floor_faults("cellar/wine.rs", "").len(), 1);
    assert_eq!(home_faults("pki/csr.rs", "let f = std::fs::read(p);\n").len(), 1);
    assert_eq!(home_faults("devices/store.rs", "let f = std::fs::read(p);\n").len(), 0);
    assert_eq!(home_faults("pki/csr.rs", "let x = manage::it();\n").len(), 0);
    let long = format!("    fn f() {{\n{}    }}\n", "        x();\n".repeat(MAX_FUNCTION));
    assert_eq!(size_faults("a.rs", &long).len(), 1);
    assert_eq!(size_faults("a.rs", &"\n".repeat(MAX_FILE + 1)).len(), 1);
}
