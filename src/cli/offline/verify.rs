//! `airlock offline verify`.

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::exchange::trace::Trace;
use crate::offline::room::Room;
use crate::offline::verify::verify;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Open a confirmed bundle and run the checks V01 to V12
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// A denied request is a failure of this command
    #[arg(long)]
    strict: bool,
}

impl Verify {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let checked = verify(&mut room, &self.trace)?;
        let report = Report::new(ReportKind::Verify).subject(&checked.statement).checks(checked.checks);
        let report = report.requests(checked.requests).entry(checked.entry);
        let report = if self.strict { report.strict() } else { report };
        Ok(report.next(&format!("airlock offline review {}", self.trace)).into())
    }
}
