//! `airlock sheet`: the paper of what this host sends.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use super::sheet_options::SheetOptions;
use super::sheet_typing::compare;
use crate::audit::entry::Actor;
use crate::config::host::Config;
use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::desk::print_check::{Print, rows};
use crate::desk::tray::Tray;
use crate::exchange::code::scan::ScanError;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::report::sheet::facts::Contents;

/// Longer than what a QR code says, in bytes.
const MAX: u64 = 4096;

/// Print the sheet of what this host sends again, show its rows, or compare a print on another workstation
#[derive(Debug, Subcommand)]
pub(super) enum Sheet {
    Print(Again),
    /// Show statement and rows of a transfer that was made here
    Show(Show),
    /// Compute the rows of a statement, or compare them with a printed sheet before it leaves; never on the receiving side
    Check(Check),
}

/// Print the sheet of a transfer that was made here once more; it says that it is a reprint, and so does the log
#[derive(Debug, Args)]
pub(super) struct Again {
    /// The trace, as printed on the sheet
    trace: Trace,
    #[command(flatten)]
    sheet: SheetOptions,
    /// The mounted medium of the transfer, where it is still here: the sheet never lies on it
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
}

/// Options of `sheet show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The trace, as printed on the sheet
    trace: Trace,
}

/// Options of `sheet check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The statement, a file that ends in .txt
    statement: PathBuf,
    /// Type the sixteen rows from the print; they are compared here and not shown
    #[arg(long)]
    rows: bool,
    /// Read what the QR code of the print says from standard input, one line as a scanner types it
    #[arg(long, conflicts_with = "rows")]
    scan: bool,
}

impl Sheet {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Print(print) => print.run(call),
            Self::Show(show) => Ok(rows(&call.desk()?.made_here(&show.trace)?.statement).into()),
            Self::Check(check) => check.run(call),
        }
    }
}

impl Again {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let config = call.host()?;
        let place = self.sheet.place(config.sheet())?;
        let tray = |desk: &Desk, kept: &Kept| match &self.media {
            Some(medium) => desk.tray(&place, medium),
            None => desk.tray_again(&place, kept),
        };
        match config {
            #[cfg(feature = "online")]
            Config::Online(config) => {
                let mut room = crate::online::room::Room::open(*config, call.senses())?;
                let (kept, contents) = crate::online::sheet::again(&room, &self.trace)?;
                let tray = tray(room.desk(), &kept)?;
                self.print(room.desk_mut(), &kept, &contents, tray)
            }
            #[cfg(feature = "offline")]
            Config::Offline(config) => {
                let mut room = crate::offline::room::Room::open(*config, call.senses())?;
                let (kept, contents) = crate::offline::sheet::again(&room, &self.trace)?;
                let tray = tray(room.desk(), &kept)?;
                self.print(room.desk_mut(), &kept, &contents, tray)
            }
        }
    }

    fn print(&self, desk: &mut Desk, kept: &Kept, contents: &Contents, tray: Tray) -> Result<Answer, Refused> {
        let label = self.media.as_ref().and_then(|medium| medium.file_name());
        let wish = self.sheet.wish(label.map(|name| name.to_string_lossy().into_owned()));
        let next = desk.next_print(&kept.statement.id());
        desk.print(&Actor::system(), &kept.statement, contents, &wish, tray)?;
        let report = Report::new(ReportKind::Sheet).subject(&kept.statement);
        let report = report.fact("number", "Number", next.number.to_string()).fact(
            "reprint",
            "Reprint",
            u64::from(next.printed),
        );
        Ok(report.fact("sheet", "Sheet", self.sheet.shown()).into())
    }
}

impl Check {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let print = Print::read(&self.statement, call.desk_if_host()?.as_ref())?;
        if self.scan {
            print.must_bear(&scanned()?)?;
        } else if self.rows {
            compare(&print)?;
        } else {
            return Ok(print.rows().into());
        }
        let how = if self.scan { "scanned" } else { "typed" };
        Ok(Report::new(ReportKind::Sheet).subject(print.statement()).fact("equal", "Equal", how).into())
    }
}

/// One line of standard input.
fn scanned() -> Result<String, ScanError> {
    let mut line = String::new();
    std::io::stdin().lock().take(MAX).read_to_string(&mut line).map_err(|_| ScanError::Form)?;
    Ok(line.strip_suffix('\n').unwrap_or(&line).to_owned())
}
