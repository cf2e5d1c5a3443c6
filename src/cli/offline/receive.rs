//! `airlock offline receive`.

use std::path::PathBuf;

use clap::Args;

use crate::audit::entry::Side;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::desk::second::second;
use crate::offline::receive::receive;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Copy a CSR bundle in; nothing inside it is read
#[derive(Debug, Args)]
pub(in crate::cli) struct Receive {
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR")]
    media: PathBuf,
}

impl Receive {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let arrived = receive(&mut room, &self.media)?;
        let statement = arrived.closed.statement();
        let report = Report::new(ReportKind::Receive).subject(statement).entry(arrived.entry);
        let report = match arrived.is_second {
            // Whoever is told to stop is told of no next step.
            true => report.fact("alarm", "Alarm", second(Side::Offline, statement.lines().kind.as_str())),
            false => {
                report.next(&format!("airlock offline confirm {} --officer ID --key FILE", statement.lines().trace))
            }
        };
        Ok(report.into())
    }
}
