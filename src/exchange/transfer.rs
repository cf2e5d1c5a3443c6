//! The three files of one transfer: the payload, its statement, and the signature on the statement.
//!
//! ```text
//! 20250722-7Q2K-9M4F-B.csr-bundle.zip
//! 20250722-7Q2K-9M4F-B.csr-bundle.txt
//! 20250722-7Q2K-9M4F-B.csr-bundle.txt.sig
//! ```
//!
//! A medium holds exactly one such set. Names that only look like ours, in another case or with more around them, are
//! refused and not ignored: on FAT they may shadow a true one. Other names are never read.

use std::fmt;

use thiserror::Error;

use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// What the payload is, by its extension and its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// A canonical ZIP.
    Zip,
    /// An age file, never armored.
    Age,
    /// Canonical JSON.
    Json,
    /// A C2SP signed note.
    Note,
}

/// The names of the three files of one transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSet {
    trace: Trace,
    kind: Kind,
    payload: Payload,
}

/// Why the files on a medium are not one transfer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum TransferError {
    /// No name is ours.
    #[error("the medium holds no transfer")]
    None,
    /// A name looks like ours and is not.
    #[error("the file name \"{0}\" is almost that of a transfer")]
    Name(String),
    /// More than one set.
    #[error("the medium holds more than one transfer: \"{0}\" is one file too many")]
    Several(String),
    /// A file of the set is missing.
    #[error("the medium holds no file {0:?} beside the others")]
    Incomplete(String),
    /// The statement speaks of another transfer than its file name.
    #[error("the statement is not that of the transfer {0}")]
    Statement(String),
    /// The payload is not of the type its extension says.
    #[error("the payload is not {0}")]
    Payload(Payload),
}

impl Payload {
    /// The extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Age => "age",
            Self::Json => "json",
            Self::Note => "note",
        }
    }

    /// What every file of this type begins with.
    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Zip => b"PK\x03\x04",
            Self::Age => b"age-encryption.org/v1\n",
            Self::Json => b"{",
            Self::Note => b"",
        }
    }

    /// The types in which a kind travels: bundles may be encrypted to the CA, packages and backups always are.
    pub const fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::CsrBundle => &[Self::Zip, Self::Age],
            Kind::CertPackage | Kind::StateBackup => &[Self::Age],
            Kind::Enrolment => &[Self::Json],
            Kind::Checkpoint => &[Self::Note],
        }
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a ZIP",
            Self::Age => "an age file without armor",
            Self::Json => "a JSON object",
            Self::Note => "a signed note",
        })
    }
}

/// Which of the three files a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Payload(Payload),
    Statement,
    Signature,
}

impl Part {
    fn of(kind: Kind, extension: &str) -> Option<Self> {
        match extension {
            "txt" => Some(Self::Statement),
            "txt.sig" => Some(Self::Signature),
            _ => {
                let payload = Payload::of(kind).iter().find(|payload| payload.extension() == extension)?;
                Some(Self::Payload(*payload))
            }
        }
    }
}

impl TransferSet {
    /// The set of `kind` for `trace` with a payload of this type.
    ///
    /// # Errors
    /// [`TransferError::Payload`] where the kind does not travel so.
    pub fn new(kind: Kind, trace: Trace, payload: Payload) -> Result<Self, TransferError> {
        if Payload::of(kind).contains(&payload) {
            Ok(Self { trace, kind, payload })
        } else {
            Err(TransferError::Payload(payload))
        }
    }

    /// Finds the one set among the names of a medium.
    ///
    /// # Errors
    /// [`TransferError`] unless the names hold exactly the three files of one set, beside names that do not look like
    /// ours.
    pub fn find<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, TransferError> {
        let mut ours = Vec::new();
        for name in names.into_iter().filter(|name| looks_like_ours(name)) {
            ours.push((name, parts(name).ok_or_else(|| TransferError::Name(text::clip(name, 80)))?));
        }
        let (_, (trace, kind, _)) = ours.first().ok_or(TransferError::None)?;
        let set = ours.iter().find_map(|(_, parts)| match parts {
            (trace, kind, Part::Payload(payload)) => {
                Some(Self { trace: trace.clone(), kind: *kind, payload: *payload })
            }
            _ => None,
        });
        let set = set.ok_or_else(|| TransferError::Incomplete(format!("{trace}.{kind}")))?;
        let expected = set.names();
        let foreign = ours.iter().find(|(name, _)| !expected.iter().any(|ours| ours == name));
        let missing = expected.iter().find(|name| !ours.iter().any(|(ours, _)| ours == name));
        match (foreign.or_else(|| ours.get(expected.len())), missing) {
            (Some((name, _)), _) => Err(TransferError::Several((*name).to_owned())),
            (None, Some(name)) => Err(TransferError::Incomplete(name.clone())),
            (None, None) => Ok(set),
        }
    }

    /// Whether `name` is one of a transfer's files, in exactly our form.
    pub fn is_name(name: &str) -> bool {
        parts(name).is_some()
    }

    /// The trace in the names.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The kind in the names.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The type of the payload by its extension.
    pub const fn payload(&self) -> Payload {
        self.payload
    }

    /// The name of the payload.
    pub fn payload_name(&self) -> String {
        format!("{}.{}.{}", self.trace, self.kind, self.payload.extension())
    }

    /// The name of the statement.
    pub fn statement_name(&self) -> String {
        format!("{}.{}.txt", self.trace, self.kind)
    }

    /// The name of the signature on the statement.
    pub fn signature_name(&self) -> String {
        format!("{}.{}.txt.sig", self.trace, self.kind)
    }

    /// All three, in the order in which they are written.
    pub fn names(&self) -> [String; 3] {
        [self.payload_name(), self.statement_name(), self.signature_name()]
    }

    /// Demands that `statement` speaks of this trace and this kind.
    ///
    /// # Errors
    /// [`TransferError::Statement`].
    pub fn admits_statement(&self, statement: &Statement) -> Result<(), TransferError> {
        let lines = statement.lines();
        if lines.trace == self.trace && lines.kind == self.kind {
            Ok(())
        } else {
            Err(TransferError::Statement(format!("{}.{}", self.trace, self.kind)))
        }
    }

    /// Demands that a payload begins as its extension says; its digest is checked first.
    ///
    /// # Errors
    /// [`TransferError::Payload`].
    pub fn admits_payload(&self, bytes: &[u8]) -> Result<(), TransferError> {
        if bytes.starts_with(self.payload.magic()) { Ok(()) } else { Err(TransferError::Payload(self.payload)) }
    }
}

/// Whether a name could be taken for one of ours by a person or a file system that folds case.
fn looks_like_ours(name: &str) -> bool {
    let folded = name.to_lowercase();
    Kind::ALL.iter().any(|kind| folded.contains(&format!(".{kind}")))
}

/// What a name of exactly our form says.
fn parts(name: &str) -> Option<(Trace, Kind, Part)> {
    let (trace, rest) = name.split_once('.')?;
    let (kind, extension) = rest.split_once('.')?;
    let kind = kind.parse().ok()?;
    Some((trace.parse().ok()?, kind, Part::of(kind, extension)?))
}

impl Refusal for TransferError {
    fn reason(&self) -> Reason {
        let (class, code, hint) = match self {
            Self::None => (Class::Media, "TRANSFER_NONE", "insert the medium of the transfer"),
            Self::Name(_) => {
                (Class::Media, "TRANSFER_NAME", "keep the medium and call the sender on a number you already have")
            }
            Self::Several(_) => (Class::Media, "TRANSFER_SEVERAL", "have each transfer written on a medium of its own"),
            Self::Incomplete(_) => (Class::Media, "TRANSFER_INCOMPLETE", "have the sender write the medium again"),
            Self::Statement(_) => (Class::Verification, "TRANSFER_STATEMENT", "keep the medium and call the sender"),
            Self::Payload(_) => (Class::Verification, "TRANSFER_PAYLOAD", "keep the medium and call the sender"),
        };
        Reason::new(class, code, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: [&str; 3] = [
        "20250722-7Q2K-9M4F-B.cert-package.age",
        "20250722-7Q2K-9M4F-B.cert-package.txt",
        "20250722-7Q2K-9M4F-B.cert-package.txt.sig",
    ];

    fn with(more: &[&'static str]) -> Result<TransferSet, TransferError> {
        TransferSet::find(SET.iter().chain(more).copied())
    }

    #[test]
    fn one_set_is_found_among_foreign_files() {
        let set = with(&["System Volume Information", "readme.txt", "20250722-7Q2K-9M4F-B.txt"]).unwrap();
        assert_eq!(set.names(), SET);
        assert_eq!(TransferSet::new(Kind::CertPackage, set.trace().clone(), Payload::Age), Ok(set));
    }

    #[test]
    fn a_set_is_written_with_the_payload_types_of_its_kind() {
        let trace: Trace = "20250722-7Q2K-9M4F-B".parse().unwrap();
        for kind in Kind::ALL {
            let extensions: Vec<_> = Payload::of(kind).iter().map(|payload| payload.extension()).collect();
            for payload in [Payload::Zip, Payload::Age, Payload::Json, Payload::Note] {
                let set = TransferSet::new(kind, trace.clone(), payload);
                assert_eq!(set.is_ok(), extensions.contains(&payload.extension()), "{kind} {payload}");
                if let Ok(set) = set {
                    let names = set.names();
                    assert_eq!(TransferSet::find(names.iter().map(String::as_str)), Ok(set));
                }
            }
        }
    }

    #[test]
    fn names_that_are_almost_ours_are_refused() {
        for name in [
            "20250722-7Q2K-9M4F-B.CERT-PACKAGE.AGE",
            "20250722-7q2k-9m4f-b.cert-package.age",
            "20250722-7Q2K-9M4F-B.cert-package.age.part",
            "20250722-7Q2K-9M4F-B.cert-package (1).age",
            "20250722-7Q2K-9M4F-C.cert-package.age",
            "._20250722-7Q2K-9M4F-B.cert-package.age",
            "20250722-7Q2K-9M4F-B.cert-package.zip",
            "20250722-7Q2K-9M4F-B.cert-package",
            "\u{202e}20250722-7Q2K-9M4F-B.cert-package.txt",
        ] {
            assert_eq!(with(&[name]), Err(TransferError::Name(text::escape(name))), "{name}");
        }
    }

    #[test]
    fn a_second_set_or_a_second_payload_is_refused() {
        for name in ["20250715-K3JD-88XA-B.cert-package.age", "20250722-7Q2K-9M4F-B.csr-bundle.zip"] {
            assert!(matches!(with(&[name]), Err(TransferError::Several(_))), "{name}");
        }
        let bundle = ["age", "zip", "txt", "txt.sig"].map(|e| format!("20250722-7Q2K-9M4F-B.csr-bundle.{e}"));
        let found = TransferSet::find(bundle.iter().map(String::as_str));
        assert_eq!(found, Err(TransferError::Several(bundle[1].clone())));
        assert_eq!(with(&[SET[1]]), Err(TransferError::Several(SET[1].to_owned())));
        assert!(TransferSet::find(bundle[1..].iter().map(String::as_str)).is_ok());
    }

    #[test]
    fn a_set_is_complete_or_refused() {
        for missing in 0..3 {
            let names = SET.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, name)| *name);
            assert!(matches!(TransferSet::find(names), Err(TransferError::Incomplete(_))));
        }
        assert_eq!(TransferSet::find(["notes.txt"]), Err(TransferError::None));
    }

    #[test]
    fn payload_and_statement_must_be_those_of_the_names() {
        let set = with(&[]).unwrap();
        assert_eq!(set.admits_payload(b"age-encryption.org/v1\n-> "), Ok(()));
        for other in [&b"PK\x03\x04"[..], b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/v2\n", b""] {
            assert_eq!(set.admits_payload(other), Err(TransferError::Payload(Payload::Age)));
        }
        let text = "airlock-statement-v1\nkind: cert-package\ntrace: 20250722-7Q2K-9M4F-B\nfrom: ca:root-ca-01\n\
                    to: cluster:prod-bj1\nitems: 41\nexpires: 2025-08-05T03:21:00Z\nfile-sha256: \
                    da135e308fbfa1ecedae457aacbd03d102be998a71f43c638a86aa251c0d46e8\n";
        let statement = Statement::parse(text.as_bytes()).unwrap();
        assert_eq!(set.admits_statement(&statement), Ok(()));
        let other = TransferSet::new(Kind::Checkpoint, set.trace().clone(), Payload::Note).unwrap();
        assert!(matches!(other.admits_statement(&statement), Err(TransferError::Statement(_))));
    }
}
