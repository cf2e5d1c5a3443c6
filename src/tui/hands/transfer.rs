//! What both rooms tell of a transfer that came in, and how they print the sheet of one that leaves.

use std::path::Path;

use super::fault::EffectError;
use crate::audit::entry::{Actor, Side};
use crate::config::sheet::SheetConfig;
use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::desk::intake::Arrived;
use crate::desk::printing::Wish;
use crate::desk::second::has_second;
use crate::desk::tray::place::{Output, Place};
use crate::exchange::arrival::Content;
use crate::exchange::statement::Statement;
use crate::refusal::Refused;
use crate::report::checks::CheckList;
use crate::report::sheet::facts::Contents;
use crate::tui::told::{ArrivalFacts, CheckFacts, PaperFacts, Told};
use crate::wire::text;

/// It was copied in, and is closed.
pub(super) fn arrived<K: Content>(arrived: &Arrived<K>) -> Told {
    let lines = arrived.closed.statement().lines();
    Told::Arrived(Box::new(ArrivalFacts {
        trace: lines.trace.clone(),
        kind: lines.kind.as_str(),
        from: lines.from.to_string(),
        items: lines.items,
        ignored: arrived.listing.ignored.iter().map(|one| (text::escape(&one.name), one.why)).collect(),
        is_second: arrived.is_second,
        entry: arrived.entry,
    }))
}

/// Who has typed which rows of its sheet.
pub(super) fn paper(desk: &Desk, statement: &Statement, side: Side) -> Result<Told, Refused> {
    let papers = desk.papers()?;
    let sheet = papers.sheet(statement);
    let evidence = sheet.and_then(|sheet| sheet.evidence().ok());
    let typed = evidence.iter().flat_map(|evidence| evidence.people());
    let lines = statement.lines();
    Ok(Told::Paper(PaperFacts {
        trace: lines.trace.clone(),
        kind: lines.kind.as_str(),
        from: lines.from.to_string(),
        side,
        typed: typed.map(|one| (one.person.to_string(), one.rows)).collect(),
        complete: sheet.is_some_and(|sheet| sheet.is_complete()),
        is_second: has_second(desk.entries(), lines.trace.as_str()),
    }))
}

/// It was opened, and its checks ran.
pub(super) fn checked(statement: &Statement, checks: CheckList, entry: u64) -> Told {
    let lines = statement.lines();
    let (trace, from, items) = (lines.trace.clone(), lines.from.to_string(), lines.items);
    Told::Checked(Box::new(CheckFacts { trace, from, items, checks, entry }))
}

/// How many copies are printed: one travels, one stays in the file.
const COPIES: u32 = 2;

/// What is asked of a printer.
pub(super) const fn wish(medium: Option<String>) -> Wish {
    Wish { copies: COPIES, large: false, medium }
}

/// The file or the printer that a person typed, and what the config says of it.
pub(super) fn place(typed: &Path, config: &SheetConfig) -> Result<Place, Refused> {
    Ok(placed(Output::typed(typed)?, config))
}

fn placed(output: Output, config: &SheetConfig) -> Place {
    Place { output, form: None, encoding: config.encoding(), font: config.font().map(Path::to_owned) }
}

/// Prints the sheet of what was made here before.
pub(super) fn reprint(
    desk: &mut Desk,
    (kept, contents): &(Kept, Contents),
    config: &SheetConfig,
    to: Option<&Path>,
    large: bool,
) -> Result<(), Refused> {
    let place = match (to, config.printer()) {
        (Some(typed), _) => place(typed, config)?,
        (None, Some(printer)) => placed(Output::Printer(printer.clone()), config),
        (None, None) => return Err(EffectError::NoPrinter.into()),
    };
    let tray = desk.tray_again(&place, kept)?;
    desk.print(&Actor::system(), &kept.statement, contents, &Wish { large, ..wish(None) }, tray)
}
