//! What one file holds, for whoever wants to see it. Needs no host.

use std::path::Path;

use thiserror::Error;

use crate::devices::store::{Links, read_file};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::specimen::Specimen;
use crate::wire::text;

/// The largest file that is read, in bytes.
const MAX: u64 = 128 << 20;

/// The file is nothing that airlock knows.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0} is no certificate, request, revocation list, statement or transfer that airlock reads")]
struct Unknown(String);

/// What `file` holds: a certificate, a request, a CRL, a statement or a closed transfer. Nothing that is closed is opened, and
/// of a statement the digest of its file is not told.
///
/// # Errors
/// `INSPECT_UNKNOWN`; what the disk says.
pub fn inspect(file: &Path) -> Result<Report, Refused> {
    let bytes = read_file(file, MAX, Links::Follow)?;
    let found = Specimen::of(&bytes).ok_or_else(|| Unknown(text::escape(&file.to_string_lossy())))?;
    Ok(found.report())
}

impl Refusal for Unknown {
    fn reason(&self) -> Reason {
        Reason::new(Class::Verification, "INSPECT_UNKNOWN", "look at it with openssl, unzip or age")
    }
}
