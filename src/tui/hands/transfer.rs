//! What both rooms tell of a transfer that came in.

use crate::audit::entry::Side;
use crate::desk::host::Desk;
use crate::desk::intake::Arrived;
use crate::exchange::arrival::Content;
use crate::exchange::statement::Statement;
use crate::refusal::Refused;
use crate::report::checks::CheckList;
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
    }))
}

/// It was opened, and its checks ran.
pub(super) fn checked(statement: &Statement, checks: CheckList, entry: u64) -> Told {
    let lines = statement.lines();
    let (trace, from, items) = (lines.trace.clone(), lines.from.to_string(), lines.items);
    Told::Checked(Box::new(CheckFacts { trace, from, items, checks, entry }))
}
