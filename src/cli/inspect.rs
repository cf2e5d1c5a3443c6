//! `airlock inspect FILE`.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use crate::desk::inspect::inspect;
use crate::refusal::Refused;

/// Show what a file holds: a certificate, a request, a CRL, a statement or a closed transfer
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The file
    file: PathBuf,
}

impl Inspect {
    pub(super) fn run(&self) -> Result<Answer, Refused> {
        Ok(inspect(&self.file)?.into())
    }
}
