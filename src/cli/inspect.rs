//! `airlock inspect FILE`.

use std::path::PathBuf;

use clap::Args;
use thiserror::Error;

use super::answer::Answer;
use crate::devices::store::{Links, read_file};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::specimen::Specimen;
use crate::wire::text;

/// The largest file that is read, in bytes.
const MAX: u64 = 128 << 20;

/// Show what a file holds: a certificate, a request, a CRL, a statement or a closed transfer
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The file
    file: PathBuf,
}

/// The file is nothing that airlock knows.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0} is no certificate, request, revocation list, statement or transfer that airlock reads")]
struct Unknown(String);

impl Inspect {
    pub(super) fn run(&self) -> Result<Answer, Refused> {
        let bytes = read_file(&self.file, MAX, Links::Follow)?;
        let found = Specimen::of(&bytes).ok_or_else(|| Unknown(text::escape(&self.file.to_string_lossy())))?;
        Ok(found.report().into())
    }
}

impl Refusal for Unknown {
    fn reason(&self) -> Reason {
        Reason::new(Class::Verification, "INSPECT_UNKNOWN", "look at it with openssl, unzip or age")
    }
}
