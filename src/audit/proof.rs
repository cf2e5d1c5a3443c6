//! Proofs about a log as text files, as they travel in a certificate package.
//!
//! An inclusion proof is a C2SP tlog-proof: the index, the path, and the signed checkpoint it leads to. A consistency
//! proof has no standard text; ours has the same shape, with the two sizes in place of the index.

use std::fmt::Write as _;

use thiserror::Error;

use super::tree::ProofError;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::json::MAX_INTEGER;

const INCLUSION: &str = "c2sp.org/tlog-proof@v1";
const CONSISTENCY: &str = "airlock-consistency-v1";
/// A path in a tree of 2^53 leaves is never longer.
const MAX_PATH: usize = 108;

/// Why a proof file was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ProofFileError {
    /// Not of the expected text form.
    #[error("not a log proof")]
    Malformed,
    /// Of the right form, and wrong.
    #[error(transparent)]
    Wrong(#[from] ProofError),
}

/// That a line stands at `index` of the log whose checkpoint is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionFile {
    /// Index of the line.
    pub index: u64,
    /// Hashes from the line to the root.
    pub path: Vec<Digest>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// That the log of `new_size` lines begins with its first `old_size` lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyFile {
    /// Size of the older head.
    pub old_size: u64,
    /// Size of the newer head.
    pub new_size: u64,
    /// The hashes of the proof.
    pub path: Vec<Digest>,
}

impl InclusionFile {
    /// Prints the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("{INCLUSION}\nindex {}\n", self.index);
        print_path(&mut text, &self.path);
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a file; what would not print the same is refused.
    ///
    /// # Errors
    /// [`ProofFileError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ProofFileError::Malformed)?;
        let parsed = Self::parts(text).ok_or(ProofFileError::Malformed)?;
        if parsed.to_text() == text { Ok(parsed) } else { Err(ProofFileError::Malformed) }
    }

    fn parts(text: &str) -> Option<Self> {
        let (proof, checkpoint) = text.split_once("\n\n")?;
        let mut lines = proof.split('\n');
        (lines.next()? == INCLUSION).then_some(())?;
        let index = size(lines.next()?.strip_prefix("index ")?)?;
        Some(Self { index, path: parse_path(lines)?, checkpoint: checkpoint.to_owned() })
    }
}

impl ConsistencyFile {
    /// Prints the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("{CONSISTENCY}\nfrom {}\nto {}\n", self.old_size, self.new_size);
        print_path(&mut text, &self.path);
        text
    }

    /// Reads a file; what would not print the same is refused.
    ///
    /// # Errors
    /// [`ProofFileError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ProofFileError::Malformed)?;
        let parsed = Self::parts(text).ok_or(ProofFileError::Malformed)?;
        if parsed.to_text() == text { Ok(parsed) } else { Err(ProofFileError::Malformed) }
    }

    fn parts(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        (lines.next()? == CONSISTENCY).then_some(())?;
        let old_size = size(lines.next()?.strip_prefix("from ")?)?;
        let new_size = size(lines.next()?.strip_prefix("to ")?)?;
        Some(Self { old_size, new_size, path: parse_path(lines)? })
    }
}

fn print_path(text: &mut String, path: &[Digest]) {
    for hash in path {
        let _ = writeln!(text, "{}", Base64(hash.as_bytes().to_vec()));
    }
}

fn parse_path<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Digest>> {
    let path: Vec<_> = lines
        .take(MAX_PATH + 1)
        .map(|line| line.parse::<Base64>().ok()?.0.try_into().ok().map(Digest::from_bytes))
        .collect::<Option<_>>()?;
    (path.len() <= MAX_PATH).then_some(path)
}

fn size(text: &str) -> Option<u64> {
    text.parse().ok().filter(|size| *size <= MAX_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inclusion() -> InclusionFile {
        let path = vec![Digest::of(b"a"), Digest::of(b"b")];
        InclusionFile { index: 5, path, checkpoint: "log\n9\nAAA=\n\n\u{2014} log AAAA\n".to_owned() }
    }

    #[test]
    fn an_inclusion_proof_reads_back() {
        let text = inclusion().to_text();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 5\nypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=\n"));
        assert_eq!(InclusionFile::parse(text.as_bytes()), Ok(inclusion()));
    }

    #[test]
    fn a_consistency_proof_reads_back() {
        let file = ConsistencyFile { old_size: 0, new_size: 9, path: vec![Digest::of(b"a")] };
        assert_eq!(ConsistencyFile::parse(file.to_text().as_bytes()), Ok(file));
    }

    #[test]
    fn other_texts_are_refused() {
        let good = inclusion().to_text();
        for bad in [
            good.replace("index 5", "index 05"),
            good.replace("index 5", "index 9007199254740992"),
            good.replace("@v1", "@v2"),
            good.replace("index 5\n", "index 5\nextra AAAA\n"),
            good.replacen("\n\n", "\n", 1),
            String::new(),
        ] {
            assert_eq!(InclusionFile::parse(bad.as_bytes()), Err(ProofFileError::Malformed), "{bad}");
        }
        let long = ConsistencyFile { old_size: 1, new_size: 9, path: vec![Digest::of(b"a"); MAX_PATH + 1] };
        assert_eq!(ConsistencyFile::parse(long.to_text().as_bytes()), Err(ProofFileError::Malformed));
    }
}
