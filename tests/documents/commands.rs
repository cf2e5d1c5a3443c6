//! Each command line of airlock that a document prints is one that the program reads.

use std::fs;
use std::path::Path;

use airlock::cli::args::Arguments;
use clap::{Command, CommandFactory as _, Parser as _};

const DOCUMENTS: &[&str] =
    &["docs/ceremony.md", "docs/rotation.md", "docs/SECURITY.md", "docs/compliance.md", "docs/threat-model.md"];
/// Options of other programs.
const OTHERS: &[&str] = &["help", "service-cluster-ip-range"];
/// What a document prints in place of a value, and a value.
const PLACES: &[(&str, &str)] = &[("TRACE", "20250722-7Q2K-9M4F-B"), ("ID", ID)];
const ID: &str = "2ae9c2ea75970af20675746f4a209650f283f496a5c9a89419253dcd0ff1961c";

/// The command lines of a document: in its blocks of code, and between backticks.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.lines().filter(|line| line.starts_with("    ")).map(block);
    let quoted =
        text.lines().filter(|line| !line.starts_with("    ")).flat_map(|line| line.split('`').skip(1).step_by(2));
    let all = blocks.flatten().chain(quoted.map(str::to_owned));
    all.filter(|command| command.starts_with("airlock ") && !command.contains('…')).collect()
}

/// The commands of a line of a block: behind the number of its step, up to a remark.
fn block(line: &str) -> Vec<String> {
    let Some(at) = line.find("airlock ").filter(|at| line[..*at].ends_with(' ')) else { return Vec::new() };
    let ends = ["  (", " and ", " > "].iter().filter_map(|end| line[at..].find(end)).min();
    vec![line[at..ends.map_or(line.len(), |end| at + end)].trim_end().to_owned()]
}

/// The words of a command line; what stands in quotes is one.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    let placed = |word: String| match PLACES.iter().find(|(place, _)| word == *place) {
        Some((_, value)) => (*value).to_owned(),
        None => word,
    };
    parts.map(placed).collect()
}

fn fault(command: &str) -> Option<String> {
    let error = Arguments::try_parse_from(words(command)).err()?;
    Some(format!("{command}\n{error}"))
}

#[test]
fn every_command_that_a_document_prints_is_read() {
    let mut faults = Vec::new();
    for name in DOCUMENTS {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let found = commands(&text);
        assert!(!found.is_empty() || *name != "docs/ceremony.md");
        faults.extend(found.iter().filter_map(|command| fault(command)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_command_that_is_none_is_seen() {
    assert_eq!(
        commands("    E2   airlock resume       (then go on)\n`airlock sing TRACE`"),
        ["airlock resume", "airlock sing TRACE"]
    );
    assert!(fault("airlock resume TRACE").is_none());
    assert!(fault("airlock sing TRACE").is_some());
    assert_eq!(words("airlock a --reject 'no, never' TRACE")[3..], ["no, never", PLACES[0].1]);
}

/// Every long option of a command and of those below it.
fn options(command: &Command) -> Vec<String> {
    let own = command.get_arguments().flat_map(|one| one.get_long_and_visible_aliases().unwrap_or_default());
    let own = own.map(str::to_owned);
    own.chain(command.get_subcommands().flat_map(options)).collect()
}

/// The long options that a text names.
fn named(text: &str) -> Vec<&str> {
    let ends = |c: char| !c.is_ascii_lowercase() && c != '-';
    text.split(ends)
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|word| !word.trim_matches('-').is_empty())
        .collect()
}

#[test]
fn every_option_that_a_code_tells_to_use_exists() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md")).unwrap();
    let options = options(&Arguments::command());
    let is_none = |option: &&str| !options.iter().any(|known| known == option) && !OTHERS.contains(option);
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let unknown: Vec<_> = rows.flat_map(named).filter(is_none).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(is_none(&"resume") && !is_none(&"again"));
    assert_eq!(named("with --only, or --pin-file; a--b | ---"), ["only", "pin-file"]);
}
