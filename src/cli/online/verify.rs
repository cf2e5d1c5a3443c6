//! `airlock online verify`.

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::secrets::ImportPassphraseOptions;
use crate::exchange::cert_package::manifest::Outcome;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::verify;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Decrypt a confirmed package and run every check, W01 to W13
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// Exit with 4 where a request was denied
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    import: ImportPassphraseOptions,
}

impl Verify {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let ready = verify::ready(&room, &self.trace)?;
        let identity = room.unlock_identity(&self.import.read()?)?;
        let done = verify::verify(&mut room, ready, &identity)?;
        let denied: Vec<_> = done.denied.iter().map(denial).collect();
        let mut report = Report::new(ReportKind::Verify)
            .subject(&done.statement)
            .checks(done.checks)
            .fact("issued", "Issued", done.issued)
            .fact("denied", "Denied", &denied[..])
            .entry(done.entry);
        if self.strict {
            report = report.strict();
        }
        if done.accepted.is_some() {
            report = report.next(&format!("airlock online stage {} --dry-run", self.trace));
        }
        Ok(report.into())
    }
}

fn denial(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Denied { codes, id, note } => {
            format!("{id} {} {}", codes.join(" "), note.as_deref().unwrap_or_default())
        }
        Outcome::Issued { id, .. } => id.to_string(),
    }
}
