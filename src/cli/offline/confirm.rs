//! `airlock offline confirm`.

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::dialogue::type_rows;
use crate::cli::person::PersonOptions;
use crate::cli::terminal::Terminal;
use crate::exchange::draw::Sharing;
use crate::exchange::paper::channel::Channel;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::confirm::{is_complete, sheet};
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Type the rows of the bundle's sheet from paper; two officers do, eight rows each
#[derive(Debug, Args)]
pub(in crate::cli) struct Confirm {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// Type all sixteen rows, as a change of trust needs
    #[arg(long)]
    whole: bool,
    #[command(flatten)]
    person: PersonOptions,
}

impl Confirm {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let statement = sheet(&room, &self.trace, Channel::Typed)?;
        let mut terminal = Terminal::open()?;
        let persons = room.roster().persons().to_vec();
        let officer = self.person.identify(room.desk_mut(), &persons, &[PersonRole::Officer])?;
        let sharing = if self.whole { Sharing::Whole } else { Sharing::Halves };
        type_rows(room.desk_mut(), &mut terminal, &statement, &officer, sharing)?;
        let report = Report::new(ReportKind::Confirm).subject(&statement);
        Ok(match is_complete(&room, &statement)? {
            true => report.next(&format!("airlock offline verify {}", self.trace)),
            false => report.next(&format!("airlock offline confirm {} --officer ID --key FILE", self.trace)),
        }
        .into())
    }
}
