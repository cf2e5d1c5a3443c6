//! Where fuzzing begins: the fixtures, and the files of `fixtures/seeds`.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::wire::pem;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// One file of the fixtures.
pub(crate) fn file(path: &str) -> Vec<u8> {
    fs::read(fixtures().join(path)).unwrap()
}

/// The seeds of a target alone: what once broke it stays here.
pub(crate) fn own(target: &str) -> Vec<Vec<u8>> {
    tree(&format!("seeds/{target}"))
}

/// Every file below a directory of the fixtures, in order; none where there is no such directory.
pub(crate) fn tree(path: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    walk(&fixtures().join(path), &mut paths);
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Every file with one of these extensions below these directories, the same content once.
pub(crate) fn trees(directories: &[&str], extensions: &[&str]) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    directories.iter().for_each(|directory| walk(&fixtures().join(directory), &mut paths));
    paths.retain(|path| path.extension().is_some_and(|own| extensions.iter().any(|one| own == *one)));
    paths.sort();
    let mut files: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    files.sort();
    files.dedup();
    files
}

/// The content of every PEM block of these files.
pub(crate) fn blocks(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let all = |file: &Vec<u8>| pem::blocks(&String::from_utf8_lossy(file)).unwrap_or_default();
    files.iter().flat_map(all).map(|(_, der)| der).collect()
}

/// The files without all up to the first `end`, their header.
pub(crate) fn after(files: Vec<Vec<u8>>, end: &[u8]) -> Vec<Vec<u8>> {
    let body = |file: Vec<u8>| {
        let at = file.windows(end.len()).position(|window| window == end)?;
        Some(file[at + end.len()..].to_vec())
    };
    files.into_iter().filter_map(body).collect()
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
