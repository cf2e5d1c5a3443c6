//! What lies on a medium, and the one set of three files to take from it.

use super::fault::MediaError;
use super::medium::Medium;
use crate::devices::store::listing::{Entry, Kind};
use crate::wire::text;

/// The three parts of a transfer, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The bundle or the package.
    Payload,
    /// The statement about it.
    Statement,
    /// The signature of the statement.
    Signature,
}

/// What a file name says, where it is the name of a transfer file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// What the three names of one transfer have in common.
    pub stem: String,
    /// Which of the three it is.
    pub part: Part,
}

/// The top level of a medium.
#[derive(Debug)]
pub struct Listing {
    /// Regular files whose names belong to a transfer.
    recognised: Vec<(Recognised, Entry)>,
    /// Everything else; it was not opened.
    pub ignored: Vec<Ignored>,
}

/// Something on a medium that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its name, escaped for showing.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

/// Exactly one transfer on a medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSet {
    /// What its three names have in common.
    pub stem: String,
    /// The name of the bundle or package.
    pub payload: String,
    /// The name of the statement.
    pub statement: String,
    /// The name of the signature.
    pub signature: String,
}

impl Part {
    /// All three, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Payload, Self::Statement, Self::Signature];

    fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Statement => "statement",
            Self::Signature => "signature",
        }
    }
}

impl Medium {
    /// Lists the top level; `grammar` tells which names belong to a transfer. Nothing is opened.
    ///
    /// # Errors
    /// What the medium says.
    pub fn list(&self, grammar: impl Fn(&str) -> Option<Recognised>) -> Result<Listing, MediaError> {
        let mut listing = Listing { recognised: Vec::new(), ignored: Vec::new() };
        for entry in self.top.entries()? {
            let recognised = grammar(&entry.name).filter(|_| entry.nameable);
            match (entry.kind, recognised) {
                (Kind::File, Some(recognised)) => listing.recognised.push((recognised, entry)),
                (Kind::File, None) => listing.ignore(&entry, "not a transfer file"),
                (Kind::Directory, _) => listing.ignore(&entry, "a directory"),
                (Kind::Link, _) => listing.ignore(&entry, "a link"),
                (Kind::Other, _) => listing.ignore(&entry, "neither a file nor a directory"),
            }
        }
        Ok(listing)
    }
}

impl Listing {
    /// Whether no transfer file lies there.
    pub fn is_empty(&self) -> bool {
        self.recognised.is_empty()
    }

    /// The stems of the transfers that lie there, each once, in order.
    pub fn stems(&self) -> Vec<&str> {
        let mut stems: Vec<_> = self.recognised.iter().map(|(name, _)| name.stem.as_str()).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    /// The one transfer that lies there.
    ///
    /// # Errors
    /// [`MediaError::Empty`], [`MediaError::Incomplete`], [`MediaError::Ambiguous`] for anything but exactly three
    /// files of one transfer; [`MediaError::CaseTwins`] where something else bears one of their names in another case.
    pub fn one_transfer(&self) -> Result<TransferSet, MediaError> {
        let stem = match self.stems().as_slice() {
            [] => return Err(MediaError::Empty),
            [stem] => (*stem).to_owned(),
            [first, second, ..] => return Err(MediaError::Ambiguous(text::escape(first), text::escape(second))),
        };
        let [payload, statement, signature] =
            [self.only(Part::Payload, &stem)?, self.only(Part::Statement, &stem)?, self.only(Part::Signature, &stem)?];
        for name in [&payload, &statement, &signature] {
            let twin = self.ignored.iter().find(|other| other.name.eq_ignore_ascii_case(name));
            if let Some(twin) = twin {
                return Err(MediaError::CaseTwins(text::escape(name), twin.name.clone()));
            }
        }
        Ok(TransferSet { stem, payload, statement, signature })
    }

    fn only(&self, part: Part, stem: &str) -> Result<String, MediaError> {
        let mut found = self.recognised.iter().filter(|(name, _)| name.part == part).map(|(_, entry)| &entry.name);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only.clone()),
            (Some(first), Some(second)) => Err(MediaError::Ambiguous(text::escape(first), text::escape(second))),
            (None, _) => Err(MediaError::Incomplete(part.name(), text::escape(stem))),
        }
    }

    fn ignore(&mut self, entry: &Entry, why: &'static str) {
        self.ignored.push(Ignored { name: text::clip(&entry.name, 120), why });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    /// `STEM.zip`, `STEM.age`, `STEM.txt`, `STEM.txt.sig`, with an upper-case stem.
    pub(in crate::devices::media) fn grammar(name: &str) -> Option<Recognised> {
        let (stem, end) = name.split_once('.')?;
        let part = match end {
            "zip" | "age" => Part::Payload,
            "txt" => Part::Statement,
            "txt.sig" => Part::Signature,
            _ => return None,
        };
        stem.bytes().all(|b| b.is_ascii_uppercase()).then(|| Recognised { stem: stem.to_owned(), part })
    }

    fn listing(path: &Path, files: &[&str]) -> Listing {
        for name in files {
            std::fs::write(path.join(name), b"x").unwrap();
        }
        Medium::open(path).unwrap().list(grammar).unwrap()
    }

    fn judged(files: &[&str]) -> Result<TransferSet, MediaError> {
        let base = tempfile::tempdir().unwrap();
        listing(base.path(), files).one_transfer()
    }

    #[test]
    fn one_transfer_of_three_files_is_taken() {
        let set = judged(&["A.zip", "A.txt", "A.txt.sig", "notes.pdf"]).unwrap();
        assert_eq!((set.stem.as_str(), set.payload.as_str()), ("A", "A.zip"));
        assert_eq!((set.statement.as_str(), set.signature.as_str()), ("A.txt", "A.txt.sig"));
    }

    #[test]
    fn anything_but_one_whole_transfer_is_refused() {
        assert!(matches!(judged(&["notes.pdf"]), Err(MediaError::Empty)));
        assert!(matches!(judged(&["A.txt", "A.txt.sig"]), Err(MediaError::Incomplete("payload", _))));
        assert!(matches!(judged(&["A.zip", "A.txt.sig"]), Err(MediaError::Incomplete("statement", _))));
        assert!(matches!(judged(&["A.zip", "A.txt"]), Err(MediaError::Incomplete("signature", _))));
        assert!(matches!(judged(&["A.zip", "A.txt", "A.txt.sig", "B.txt"]), Err(MediaError::Ambiguous(..))));
        assert!(matches!(judged(&["A.zip", "A.age", "A.txt", "A.txt.sig"]), Err(MediaError::Ambiguous(..))));
        assert!(matches!(judged(&["A.zip", "A.txt", "A.txt.sig", "a.TXT"]), Err(MediaError::CaseTwins(..))));
    }

    #[test]
    fn what_is_no_regular_file_is_listed_and_left_alone() {
        let base = tempfile::tempdir().unwrap();
        symlink("/etc/passwd", base.path().join("A.zip")).unwrap();
        std::fs::create_dir(base.path().join("A.txt")).unwrap();
        let found = listing(base.path(), &["A.txt.sig", "evil\u{202e}gpj"]);
        let ignored: Vec<_> = found.ignored.iter().map(|i| (i.name.as_str(), i.why)).collect();
        assert_eq!(
            ignored,
            [("A.txt", "a directory"), ("A.zip", "a link"), (r"evil\u{202e}gpj", "not a transfer file")]
        );
        assert!(matches!(found.one_transfer(), Err(MediaError::Incomplete("payload", _))));
    }

    #[test]
    fn a_missing_medium_is_said_so() {
        assert!(matches!(Medium::open(Path::new("/nowhere")), Err(MediaError::Missing(_))));
        assert!(matches!(Medium::open(Path::new("/etc/passwd")), Err(MediaError::Missing(_))));
    }
}
