//! `airlock online receive`.

use std::path::PathBuf;

use clap::Args;

use crate::audit::entry::Side;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::desk::second::second;
use crate::online::receive;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Copy a certificate package in from its medium; it stays closed
#[derive(Debug, Args)]
pub(in crate::cli) struct Receive {
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR")]
    media: PathBuf,
}

impl Receive {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let arrived = receive::receive(&mut room, &self.media)?;
        let statement = arrived.closed.statement();
        let trace = &statement.lines().trace;
        let report = Report::new(ReportKind::Receive).subject(statement).entry(arrived.entry);
        let report = match arrived.is_second {
            true => report.fact("alarm", "Alarm", second(Side::Online, statement.lines().kind.as_str())),
            false => report,
        };
        Ok(report.next(&format!("airlock online confirm {trace} --person ID --key FILE")).into())
    }
}
