//! Numbers of sheets: one for each statement of a host; its copies and reprints bear the same.

use crate::audit::detail::SheetPrinted;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::tray::Tray;
use crate::exchange::statement::Statement;
use crate::refusal::Refused;
use crate::report::sheet::facts::Contents;
use crate::report::sheet::print::{Print, SheetNumber};
use crate::report::sheet::{Encoding, Sheet};
use crate::wire::digest::Digest;

/// How a sheet is wished.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What the printer takes.
    pub encoding: Encoding,
    /// How many copies are printed.
    pub copies: u32,
    /// The label of the medium that the transfer travels on.
    pub medium: Option<String>,
}

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

    /// Prints all copies of the sheet of `statement` into `tray`, one after the other with a form feed between, once it is
    /// written down that they are printed.
    ///
    /// # Errors
    /// Any [`SheetError`](crate::report::sheet::SheetError); what the log and the disk say.
    pub fn print(
        &mut self,
        actor: &Actor,
        statement: &Statement,
        contents: &Contents,
        wish: &Wish,
        tray: Tray,
    ) -> Result<(), Refused> {
        let id = statement.id();
        let next = self.next_print(&id);
        let (time, version) = (self.now()?, env!("CARGO_PKG_VERSION").to_owned());
        let mut copies = Vec::new();
        for copy in 1..=wish.copies {
            let print = Print {
                number: next.number,
                copy,
                copies: wish.copies,
                reprint: next.printed,
                time,
                version: version.clone(),
                host: self.party().to_string(),
                medium: wish.medium.clone(),
            };
            copies.push(Sheet::new(statement.clone(), contents.clone(), print)?.encode(wish.encoding));
        }
        let event = self.printed(&id, &next);
        self.note(actor, Some(statement.lines().trace.as_str()), event)?;
        Ok(tray.take(&copies.join(&b"\x0c"[..]))?)
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
