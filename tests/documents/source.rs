//! Rust sources, read as far as needed to find the string literals in them and what surrounds each.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file up to its tests.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with every byte of comments and literals replaced by a blank; quotes stay.
    pub(crate) bare: String,
    pub(crate) literals: Vec<Literal>,
}

/// A string literal: where its content begins and what it is, as written.
pub(crate) struct Literal {
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// Every file of `src/` that is not all tests.
pub(crate) fn house() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let named = paths.iter().map(|path| (path.strip_prefix(&root).unwrap().to_str().unwrap(), path));
    let named = named.filter(|(name, _)| !name.split('/').any(|part| part == "tests" || part == "tests.rs"));
    named.map(|(name, path)| Source::new(name, &fs::read_to_string(path).unwrap())).collect()
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let text = text.split("#[cfg(test)]").next().unwrap();
        let (bare, literals) = bare(text);
        Self { path: path.to_owned(), text: text.to_owned(), bare, literals }
    }

    /// `path:line` of a position.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, self.text[..at].matches('\n').count() + 1)
    }

    /// From each `start` to the end of the first block, or list of arguments, that opens after it.
    pub(crate) fn blocks(&self, start: &str, open: char) -> Vec<(usize, usize)> {
        let begins = self.bare.match_indices(start).map(|(at, _)| at);
        begins.filter_map(|at| Some((at, self.close(at + self.bare[at..].find(open)?)?))).collect()
    }

    fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for (at, byte) in self.bare.bytes().enumerate().skip(open) {
            match byte {
                b'{' | b'(' => depth += 1,
                b'}' | b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }
}

fn bare(text: &str) -> (String, Vec<Literal>) {
    let bytes = text.as_bytes();
    let mut bare = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = if rest.starts_with("//") {
            at + rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_hashes(rest) {
            let content = at + hashes + 2;
            let close = format!("\"{}", "#".repeat(hashes));
            let length = text[content..].find(&close).unwrap();
            literals.push(Literal { at: content, text: text[content..content + length].to_owned() });
            content + length + close.len()
        } else if rest.starts_with('"') {
            let length = quoted(&bytes[at + 1..], b'"');
            literals.push(Literal { at: at + 1, text: text[at + 1..at + 1 + length].to_owned() });
            at + length + 2
        } else if is_char(rest) {
            at + 2 + quoted(&bytes[at + 1..], b'\'')
        } else {
            at += rest.chars().next().unwrap().len_utf8();
            continue;
        };
        for byte in &mut bare[at..end] {
            if !matches!(byte, b'\n' | b'"') {
                *byte = b' ';
            }
        }
        at = end;
    }
    (String::from_utf8(bare).unwrap(), literals)
}

/// How many `#` a raw string opens with, if one begins here.
fn raw_hashes(rest: &str) -> Option<usize> {
    let tail = rest.strip_prefix('r')?;
    let hashes = tail.bytes().take_while(|byte| *byte == b'#').count();
    tail[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a character begins here, and not a lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\''))
}

/// How many bytes stand before the closing quote.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

#[test]
fn literals_are_found_where_they_are() {
    let source = Source::new(
        "a.rs",
        "fn f<'a>() { g(\"A_B\", '\"', r#\"C\"D\"#, \"e\\\"f\"); } // \"NOT_THIS\"\n#[cfg(test)]\nconst X: &str = \"NOR_THIS\";",
    );
    let texts: Vec<_> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(texts, ["A_B", "C\"D", "e\\\"f"]);
    assert!(source.literals.iter().all(|literal| source.text[literal.at..].starts_with(&literal.text)));
    assert_eq!(source.bare.len(), source.text.len());
    assert_eq!(source.blocks("fn f", '{'), [(0, 46)]);
}
