//! What the QR code of a sheet says: `AIRLOCK1:B:20250722-7Q2K-9M4F-B:<64 HEX>`.
//!
//! The letter is that of the kind ([`Kind::sheet_letter`]), the digits are the SHA-256 of the statement in capitals. So
//! the whole is of the alphanumeric set of ISO/IEC 18004, 96 characters, which version 5-M holds.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

const START: &str = "AIRLOCK1";

/// The content of a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    kind: Kind,
    trace: Trace,
    digest: Digest,
}

/// Why what was scanned is not the code of a sheet, or not of this one.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ScanError {
    /// Not of the form.
    #[error("what was scanned is not the QR code of a sheet")]
    Form,
    /// The sheet of another transfer.
    #[error("what was scanned is the sheet of the {0} {1}")]
    Other(Kind, Trace),
    /// The sheet says this transfer, and its code is not that of the statement.
    #[error("what was scanned is not the code of this statement")]
    Mismatch,
}

impl Scan {
    /// What is printed for `statement`.
    pub fn of(statement: &Statement) -> Self {
        let lines = statement.lines();
        Self { kind: lines.kind, trace: lines.trace.clone(), digest: statement.digest() }
    }

    /// Refuses where this is not what is printed for `statement`.
    ///
    /// # Errors
    /// [`ScanError::Other`], [`ScanError::Mismatch`].
    pub fn must_be_of(&self, statement: &Statement) -> Result<(), ScanError> {
        let printed = Self::of(statement);
        if (self.kind, &self.trace) != (printed.kind, &printed.trace) {
            return Err(ScanError::Other(self.kind, self.trace.clone()));
        }
        if self.digest == printed.digest { Ok(()) } else { Err(ScanError::Mismatch) }
    }
}

impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digest.to_string().to_ascii_uppercase();
        write!(f, "{START}:{}:{}:{digits}", self.kind.sheet_letter(), self.trace.as_str())
    }
}

impl FromStr for Scan {
    type Err = ScanError;

    fn from_str(text: &str) -> Result<Self, ScanError> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(ScanError::Form);
        let (start, letter, trace, digits) = (part()?, part()?, part()?, part()?);
        let kind = Kind::ALL.into_iter().find(|kind| kind.sheet_letter().to_string() == letter);
        let scan = Self {
            kind: kind.ok_or(ScanError::Form)?,
            trace: trace.parse().map_err(|_| ScanError::Form)?,
            digest: digits.to_ascii_lowercase().parse().map_err(|_| ScanError::Form)?,
        };
        if start == START && scan.to_string() == text { Ok(scan) } else { Err(ScanError::Form) }
    }
}

impl Refusal for ScanError {
    fn reason(&self) -> Reason {
        match self {
            Self::Form => Reason::new(Class::Usage, "SCAN_FORM", "scan the QR code of the sheet, one line and no more"),
            Self::Other(..) => {
                Reason::new(Class::Sheet, "SCAN_OTHER", "take the sheet of this transfer; compare the trace")
            }
            Self::Mismatch => Reason::new(
                Class::Sheet,
                "SCAN_MISMATCH",
                "stop: sheet and statement differ; keep both, print the sheet again and find out why",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PUBLISHED: &str =
        "AIRLOCK1:B:20250722-7Q2K-9M4F-B:2AE9C2EA75970AF20675746F4A209650F283F496A5C9A89419253DCD0FF1961C";
    const STATEMENT: &str = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\n\
                             from: cluster:prod-bj1\nto: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\n\
                             file-sha256: 9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";

    fn statement() -> Statement {
        Statement::parse(STATEMENT.as_bytes()).unwrap()
    }

    #[test]
    fn the_published_statement_gives_the_published_code() {
        assert_eq!(Scan::of(&statement()).to_string(), PUBLISHED);
        assert_eq!(PUBLISHED.len(), 96);
        let scan: Scan = PUBLISHED.parse().unwrap();
        assert_eq!(scan.must_be_of(&statement()), Ok(()));
    }

    #[test]
    fn every_kind_has_a_letter_of_its_own() {
        let letters: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.sheet_letter()).collect();
        assert_eq!(letters.len(), Kind::ALL.len());
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let lower = PUBLISHED.to_ascii_lowercase();
        let long = format!("{PUBLISHED}0");
        for bad in ["", "AIRLOCK1", &PUBLISHED[1..], &PUBLISHED[..95], &lower, &long, &PUBLISHED.replace(":B:", ":X:")]
        {
            assert_eq!(bad.parse::<Scan>(), Err(ScanError::Form), "{bad}");
        }
        assert_eq!(format!("{PUBLISHED}:").parse::<Scan>(), Err(ScanError::Form));
        assert_eq!(ScanError::Form.reason().code, "SCAN_FORM");
    }

    #[test]
    fn another_sheet_and_another_code_are_told_apart() {
        let package: Scan = PUBLISHED.replace(":B:", ":P:").parse().unwrap();
        let refused = package.must_be_of(&statement()).unwrap_err();
        assert_eq!(refused.reason().code, "SCAN_OTHER");
        let forged: Scan = PUBLISHED.replace("2AE9", "2AE8").parse().unwrap();
        let refused = forged.must_be_of(&statement()).unwrap_err();
        assert_eq!((refused.reason().code, refused.reason().class), ("SCAN_MISMATCH", Class::Sheet));
    }
}
