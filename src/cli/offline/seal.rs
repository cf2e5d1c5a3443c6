//! `airlock offline seal`.

use std::path::PathBuf;

use clap::Args;

use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::reinsert::ReinsertOption;
use crate::cli::secrets::PinOptions;
use crate::cli::sheet_options::SheetOptions;
use crate::exchange::trace::Trace;
use crate::offline::room::Room;
use crate::offline::seal::sheet::sheet;
use crate::offline::seal::{is_sealed, seal};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Seal the package that answers a bundle, write it to a medium and print its sheet
///
/// What was sealed before is written and printed again; no PIN is asked for then.
#[derive(Debug, Args)]
pub(in crate::cli) struct Seal {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR")]
    media: PathBuf,
    #[command(flatten)]
    reinsert: ReinsertOption,
    /// Make the package once more, for an importer whose time ran out or who must have another one than came
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    sheet: SheetOptions,
    #[command(flatten)]
    pin: PinOptions,
}

impl Seal {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let tray = self.sheet.tray(room.desk(), room.config().sheet(), &self.media)?;
        let stick = self.reinsert.before(room.desk(), &self.media)?;
        if self.again || !is_sealed(&room, &self.trace)? {
            let token = room.login(self.pin.pin()?)?;
            let sealed = seal(&mut room, &token, &self.trace, self.again);
            let closed = room.logout(token);
            sealed.and(closed)?;
        }
        let label = room.desk().label_of_stick(&self.media);
        let (kept, contents) = sheet(&room, &self.trace)?;
        room.desk_mut().print(&Actor::system(), &kept.statement, &contents, &self.sheet.wish(label), tray)?;
        let entry = room.desk_mut().export(&Actor::system(), &kept, &self.media)?;
        stick.read_again(room.desk(), &kept)?;
        let names: Vec<_> = kept.files.iter().map(|(name, bytes)| format!("{name}  {} B", bytes.len())).collect();
        let report = Report::new(ReportKind::Seal).subject(&kept.statement).entry(entry);
        let report = report.fact("files", "Files", &names[..]);
        let (trace, kind) = (&self.trace, kept.statement.lines().kind);
        let check = format!("outside the room, a second person: airlock sheet check {trace}.{kind}.txt --rows");
        let report = report.fact("sheet", "Sheet", self.sheet.shown()).next(&check);
        Ok(report.next("carry sheet and stick by different people; the second person carries neither").into())
    }
}
