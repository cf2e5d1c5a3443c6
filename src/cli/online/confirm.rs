//! `airlock online confirm`.

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::dialogue::type_rows;
use crate::cli::person::PersonOptions;
use crate::cli::terminal::Terminal;
use crate::exchange::draw::Sharing;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::online::receive;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Type the rows of the paper sheet of a received package
#[derive(Debug, Args)]
pub(in crate::cli) struct Confirm {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// Type half of the rows; a second person types the others
    #[arg(long)]
    half: bool,
    #[command(flatten)]
    person: PersonOptions,
}

impl Confirm {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let statement = receive::statement(&room, &self.trace)?;
        let (desk, people) = room.desk_and_people();
        let person = self.person.identify(desk, people, &[PersonRole::Requester])?;
        let sharing = if self.half { Sharing::Halves } else { Sharing::Whole };
        type_rows(desk, &mut Terminal::open()?, &statement, &person, sharing)?;
        let is_complete = desk.papers()?.sheet(&statement).is_some_and(|sheet| sheet.is_complete());
        let report = Report::new(ReportKind::Confirm).subject(&statement);
        let trace = &self.trace;
        Ok(match is_complete {
            true => report.fact("rows", "Rows", "16 of 16").next(&format!("airlock online verify {trace}")),
            false => report.next(&format!("airlock online confirm {trace} --half, by a second person")),
        }
        .into())
    }
}
