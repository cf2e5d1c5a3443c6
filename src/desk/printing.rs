//! Numbers of sheets: one for each statement of a host; its copies and reprints bear the same. And which statement of a
//! trace a host made.

use std::path::Path;

use thiserror::Error;

use crate::audit::detail::SheetPrinted;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::dispatch::{DispatchError, Kept};
use crate::desk::host::Desk;
use crate::desk::tray::Tray;
use crate::desk::tray::place::Output;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::sheet::Sheet;
use crate::report::sheet::facts::Contents;
use crate::report::sheet::print::{Print, SheetNumber};
use crate::wire::digest::Digest;

/// How a sheet is wished.
#[derive(Debug, Clone)]
pub struct Wish {
    /// How many copies are printed.
    pub copies: u32,
    /// Whether a page in large print goes before each.
    pub large: bool,
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

/// Nothing of the trace was made here.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("nothing of the trace {0} was made on this host")]
pub struct NotOurs(Trace);

impl Kept {
    /// What the sheet of an enrolment record tells.
    ///
    /// # Errors
    /// [`DispatchError::Damaged`] where the kept file is no record.
    pub fn introduction(&self) -> Result<Contents, DispatchError> {
        let [(_, record), ..] = &self.files;
        EnrolmentRecord::parse(record).map(|record| Contents::from(&record)).map_err(|_| DispatchError::Damaged)
    }
}

impl Desk {
    /// The newest transfer of `trace` that this host made.
    ///
    /// # Errors
    /// [`NotOurs`]; what the state says.
    pub fn made_here(&self, trace: &Trace) -> Result<Kept, Refused> {
        let of_trace = self.entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
        let mut statements = of_trace.filter_map(|entry| match &entry.event {
            Event::Exported(exported) => Some(exported.statement),
            Event::SheetPrinted(printed) => Some(printed.statement),
            Event::Sealed(sealed) => Some(sealed.statement),
            Event::Requested(requested) => Some(requested.statement),
            Event::Introduced(introduced) => Some(introduced.statement),
            _ => None,
        });
        self.kept(&statements.next().ok_or_else(|| NotOurs(trace.clone()))?)
    }

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

    /// Where the sheet of the statement `id` was printed last, a file or a printer; none where it was not.
    pub fn printed_to(&self, id: &Digest) -> Option<Output> {
        let prints = self.entries().iter().rev().filter_map(|entry| match &entry.event {
            Event::SheetPrinted(printed) if printed.statement == *id => printed.output.as_deref(),
            _ => None,
        });
        prints.into_iter().next().and_then(|output| Output::typed(Path::new(output)).ok())
    }

    /// Prints all copies of the sheet of `statement` into `tray`, one after the other, once it is written down that they
    /// are printed: what fails half-way counts as printed, and the next print says that it is one more.
    ///
    /// # Errors
    /// Any [`SheetError`](crate::report::sheet::SheetError); what the log, the disk and the printer say.
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
                large: wish.large,
                medium: wish.medium.clone(),
            };
            copies.push(Sheet::new(statement.clone(), contents.clone(), print)?);
        }
        let output = tray.output().to_owned();
        let made = tray.make(&copies)?;
        let event = Event::SheetPrinted(SheetPrinted {
            copy: u64::from(next.printed) + 1,
            output: Some(output),
            sheet: next.number.to_string(),
            statement: id,
        });
        self.note(actor, Some(statement.lines().trace.as_str()), event)?;
        made.out()
    }
}

impl Refusal for NotOurs {
    fn reason(&self) -> Reason {
        Reason::new(Class::Replay, "SHEET_NOT_OURS", "ask the host that sent it; the receiving side shows no rows")
    }
}
