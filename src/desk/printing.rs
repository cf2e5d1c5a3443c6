//! Numbers of sheets: one for each statement of a host; its copies and reprints bear the same.

use crate::audit::detail::SheetPrinted;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::report::sheet::print::SheetNumber;
use crate::wire::digest::Digest;

/// Which paper is printed next for a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPrint {
    /// The sheet.
    pub number: SheetNumber,
    /// How often it was printed before.
    pub printed: u32,
}

impl Desk {
    /// The number that the sheet of the statement `id` has or gets, and how often it was printed.
    pub fn next_print(&self, id: &Digest) -> NextPrint {
        let prints = self.entries().iter().filter_map(|entry| match &entry.event {
            Event::SheetPrinted(printed) => Some(printed),
            _ => None,
        });
        let mut sheets: Vec<Digest> = Vec::new();
        let mut printed = 0;
        for print in prints {
            if !sheets.contains(&print.statement) {
                sheets.push(print.statement);
            }
            printed += u32::from(print.statement == *id);
        }
        let place = sheets.iter().position(|sheet| sheet == id).unwrap_or(sheets.len());
        NextPrint { number: SheetNumber(u32::try_from(place + 1).unwrap_or(u32::MAX)), printed }
    }

    /// The event that a sheet was printed.
    pub fn printed(&self, id: &Digest, next: &NextPrint) -> Event {
        Event::SheetPrinted(SheetPrinted {
            copy: u64::from(next.printed) + 1,
            sheet: next.number.to_string(),
            statement: *id,
        })
    }
}
