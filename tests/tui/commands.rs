//! Each command that a screen or its help names is one that the program reads, with the options that stand there.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::cli::args::Arguments;
use airlock::tui::app::App;
use clap::Parser as _;

const TRACE: &str = "20250722-7Q2K-9M4F-B";
const ID: &str = "2ae9c2ea75970af20675746f4a209650f283f496a5c9a89419253dcd0ff1961c";
/// What a screen prints in place of a value, and a value.
const PLACES: &[(&str, &str)] = &[
    ("TRACE", TRACE),
    ("ID", "chen"),
    ("PARTY", "cluster:prod-1"),
    ("NAME", "TX-03"),
    ("LABEL", "XFER"),
    ("ROLE", "officer"),
    ("MINUTE", "2026-11-22T03:10Z"),
    ("SERIAL=REASON", "0a1b2c=key-compromise"),
    ("SHA256:...", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"),
    ("SHEET", "S-000001/1"),
    ("REQUESTS", "0001,0002"),
    ("PRINTER", "/dev/usb/lp0"),
    ("N", "7"),
    ("DIGITS", "3b1f90aa12cd77e0"),
    ("STATE", "trust"),
    ("DEV|DIR", "sdb1"),
    ("in|out", "in"),
];
/// Values that are other things behind some options.
const BEHIND: &[(&str, &str, &str)] = &[("--statement", "ID", ID), ("--generation", "NAME", "2029-1")];

/// The words of a command line, with values in place of what stands for them.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
        1 => vec![part],
        _ => part.split_whitespace().collect(),
    });
    let mut words: Vec<String> = Vec::new();
    for word in parts {
        let before = words.last().map_or("", String::as_str);
        let behind = BEHIND.iter().find(|(option, place, _)| before == *option && word == *place);
        let place = || PLACES.iter().find(|(place, _)| word == *place).map(|(_, value)| *value);
        let value = behind.map(|(_, _, value)| *value).or_else(place).unwrap_or(word);
        words.push(value.replace("=CODE", "=S3"));
    }
    words
}

fn is_read(command: &str) -> bool {
    use clap::error::ErrorKind;
    match Arguments::try_parse_from(words(command)) {
        Ok(_) => true,
        // Of a group of verbs its help is named.
        Err(error) => error.kind() == ErrorKind::DisplayHelp,
    }
}

/// What stands in brackets is left out, and each of it is put in.
fn without_brackets(command: &str) -> Vec<String> {
    let Some((before, rest)) = command.split_once('[') else { return vec![command.to_owned()] };
    let (within, after) = rest.split_once(']').unwrap();
    let each = std::iter::once("").chain(within.split(" | "));
    each.flat_map(|one| without_brackets(&format!("{before}{one}{after}"))).collect()
}

/// Every command of what a screen prints that is not read. `a | b` are verbs of one group, and what stands behind the last of
/// them may be meant for all.
pub(crate) fn faults(printed: &str) -> Vec<String> {
    let commands = printed.split("; ").flat_map(without_brackets);
    commands
        .flat_map(|command| alternatives(&command))
        .filter(|forms| !forms.iter().any(|form| is_read(form)))
        .map(|forms| forms[0].clone())
        .collect()
}

/// Of each alternative the forms in which it may be meant.
fn alternatives(command: &str) -> Vec<Vec<String>> {
    let parts: Vec<&str> = command.split(" | ").collect();
    let (Some((group, first)), [_, .., last]) = (parts[0].rsplit_once(' '), parts.as_slice()) else {
        return vec![vec![command.to_owned()]];
    };
    // The last may be of two words, as its group is of one.
    let behind: Vec<String> = (1..=2).map(|verb| last.split(' ').skip(verb).collect::<Vec<_>>().join(" ")).collect();
    let all = std::iter::once(first).chain(parts[1..].iter().copied());
    all.map(|one| {
        let alone = format!("{group} {one}");
        std::iter::once(alone.clone()).chain(behind.iter().map(|behind| format!("{alone} {behind}"))).collect()
    })
    .collect()
}

/// The command that the help of the screen names, which lies over it now.
pub(crate) fn named_by_help(app: &App) -> String {
    let rows = app.linear().body.into_iter().map(|row| row.text).collect::<Vec<_>>();
    let from = rows.iter().position(|row| row.contains("command line:") || row.contains("命令行：")).unwrap();
    let named = rows[from + 1..].iter().take_while(|row| !row.trim_start().starts_with("? F1"));
    named.map(|row| row.trim()).collect::<Vec<_>>().join(" ")
}

/// Command lines that stand whole in the sources of `folder`.
fn literals(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            literals(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for rest in source.split("\"airlock ").skip(1) {
            let command = format!("airlock {}", rest.split('"').next().unwrap());
            if !command.contains('{') {
                found.push((path.clone(), command));
            }
        }
    }
}

#[test]
fn every_command_of_the_pages_of_set_up_is_read() {
    let mut found = Vec::new();
    literals(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui"), &mut found);
    assert!(found.len() > 35 && found.iter().any(|(_, command)| command.starts_with("airlock clock attest --person")));
    let faults: Vec<_> = found
        .iter()
        .flat_map(|(path, command)| {
            faults(command).into_iter().map(move |fault| format!("{}: {fault}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_command_that_is_none_is_seen() {
    for good in [
        "airlock clock attest --person ID --key FILE --second ID --second-key FILE",
        "airlock policy show | check FILE | diff FILE",
        "airlock clock | officer | offline ca --help",
        "airlock sheet check STATEMENT [--rows | --scan]",
        "airlock host check; airlock resume",
    ] {
        assert!(faults(good).is_empty(), "{good}");
    }
    for (bad, fault) in [
        ("airlock clock attest --person ID --key FILE", "airlock clock attest --person ID --key FILE"),
        ("airlock policy show | chek FILE", "airlock policy chek FILE"),
        ("airlock sheet check STATEMENT [--rows | --scam]", "airlock sheet check STATEMENT --scam"),
        ("airlock host check; airlock resum", "airlock resum"),
        ("airlock clock set MINUT", "airlock clock set MINUT"),
    ] {
        assert_eq!(faults(bad), [fault]);
    }
}
