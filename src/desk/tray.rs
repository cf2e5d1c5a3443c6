//! Where a printed sheet goes: a new file, never on the medium of its transfer, or a printer.

pub mod place;

use std::path::Path;

use thiserror::Error;

use crate::audit::event::Event;
use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::desk::media;
use crate::desk::register::Way;
use crate::devices::media::Medium;
use crate::devices::printer::{PATIENCE, Printer};
use crate::devices::store::{Directory, StoreError};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::sheet::picture::Leaves;
use crate::report::sheet::{Sheet, escp};
use crate::wire::text;
use place::{Form, Output, Place, Press};

const PRIVATE: u32 = 0o600;

/// A free place for one sheet, apart from the medium of its transfer. [`Desk::print`] prints into nothing else, so no
/// face can put paper and medium together.
#[derive(Debug)]
pub struct Tray {
    output: String,
    outlet: Outlet,
    press: Press,
}

/// A sheet that is made, and only has to go out.
#[derive(Debug)]
pub(super) struct Made {
    outlet: Outlet,
    /// The job of a printer, or the files.
    parts: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Outlet {
    /// A new file, or several named after it.
    Files {
        folder: Directory,
        name: String,
        form: Form,
    },
    Printer(Printer),
}

/// Why a sheet does not go there.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TrayError {
    /// Paper and medium would travel together, and the rows would prove nothing.
    #[error("the sheet would lie on the medium of its transfer")]
    OnMedium,
    /// A printer's device takes lines, a queue takes lines or PDF.
    #[error("this printer takes no {0}")]
    Form(&'static str),
}

impl Desk {
    /// A place for a sheet whose transfer travels on `medium`; asked for before anything is done.
    ///
    /// # Errors
    /// [`TrayError`]; [`StoreError::Exists`], for nothing is overwritten; what the medium, the disk, the printer and the
    /// font say.
    pub fn tray(&self, place: &Place, medium: &Path) -> Result<Tray, Refused> {
        let admitted = self.admitted(medium, Way::Out)?;
        Tray::open(place, |folder| match &admitted.place {
            media::Place::Directory(medium) => Ok(medium.bears(folder, self.state())?),
            // A stick that is offered is mounted nowhere, so nothing lies on it that has a path.
            media::Place::Drive(_) => Ok(false),
        })
    }

    /// A place for another print of the sheet of `kept`, which travelled before: not where its files lie, in whatever
    /// folder above, and not on the medium it left on last, as far as that is still there.
    ///
    /// # Errors
    /// As [`Desk::tray`].
    pub fn tray_again(&self, place: &Place, kept: &Kept) -> Result<Tray, Refused> {
        let id = kept.statement.id();
        let left = self.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::ExportIntent(to) | Event::Exported(to) if to.statement == id => Some(to.medium.clone()),
            _ => None,
        });
        let medium = left.and_then(|medium| Medium::open(Path::new(medium.strip_prefix(media::DIRECTORY)?)).ok());
        Tray::open(place, |folder| {
            if let Some(medium) = &medium
                && medium.bears(folder, self.state())?
            {
                return Ok(true);
            }
            let mut names = kept.files.iter().map(|(name, _)| name);
            Ok(names.try_fold(false, |found, name| Ok::<_, StoreError>(found || lies_above(folder, name)?))?)
        })
    }
}

/// Whether `name` lies in `folder` or in a folder above.
fn lies_above(folder: &Directory, name: &str) -> Result<bool, StoreError> {
    let mut above = folder.above()?;
    let (mut here, mut found) = (folder.stat()?, folder.holds(name)?);
    loop {
        let next = above.stat()?;
        if found || (next.st_dev, next.st_ino) == (here.st_dev, here.st_ino) {
            return Ok(found);
        }
        (found, here, above) = (above.holds(name)?, next, above.above()?);
    }
}

impl Tray {
    fn open(place: &Place, bears: impl FnOnce(&Directory) -> Result<bool, Refused>) -> Result<Self, Refused> {
        let press = place.press()?;
        let file = match &place.output {
            Output::Printer(name) => {
                let outlet = Outlet::Printer(Printer::open(name)?);
                return Ok(Self { output: place.output.to_string(), outlet, press });
            }
            Output::File(file) => file,
        };
        let name = file.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| StoreError::Name(text::escape(&file.to_string_lossy())))?.to_owned();
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = Directory::open(folder.unwrap_or(Path::new(".")))?;
        if bears(&folder)? {
            return Err(TrayError::OnMedium.into());
        }
        let form = if matches!(press, Press::Svg(_)) { Form::Svg } else { Form::Text };
        let outlet = Outlet::Files { folder, name, form };
        outlet.must_be_free(1)?;
        Ok(Self { output: place.output.to_string(), outlet, press })
    }

    /// The file or the printer, as it is shown.
    pub(super) fn output(&self) -> &str {
        &self.output
    }

    /// Makes what goes out; nothing has gone out yet.
    pub(super) fn make(self, sheets: &[Sheet]) -> Result<Made, Refused> {
        let parts = match &self.press {
            Press::Lines(encoding) => {
                vec![sheets.iter().map(|sheet| sheet.encode(*encoding)).collect::<Vec<_>>().join(&b"\x0c"[..])]
            }
            Press::Printer(encoding) => vec![escp::job(sheets, *encoding)?],
            Press::Pdf(font) => vec![Leaves::new(sheets, font.as_ref())?.pdf()?],
            Press::Svg(font) => Leaves::new(sheets, font.as_ref())?.svg(),
        };
        self.outlet.must_be_free(parts.len())?;
        Ok(Made { outlet: self.outlet, parts })
    }
}

impl Made {
    /// Lets it go out.
    pub(super) fn out(self) -> Result<(), Refused> {
        match self.outlet {
            Outlet::Printer(printer) => Ok(printer.print(&self.parts.concat(), PATIENCE)?),
            Outlet::Files { ref folder, .. } => {
                let names = self.outlet.names(self.parts.len());
                for (at, (name, part)) in names.iter().zip(&self.parts).enumerate() {
                    // Left by a run that was killed here. What cannot be looked through keeps it.
                    drop(folder.sweep_of(name));
                    if let Err(error) = folder.create_new(name, part, PRIVATE) {
                        // All pages or none.
                        names.iter().take(at).for_each(|name| drop(folder.remove(name)));
                        return Err(error.into());
                    }
                }
                Ok(())
            }
        }
    }
}

impl Outlet {
    /// The names of so many files; pages of a picture are numbered, `sheet-01.svg`.
    fn names(&self, parts: usize) -> Vec<String> {
        match self {
            Self::Files { name, form: Form::Svg, .. } => {
                let stem = name.strip_suffix(".svg").unwrap_or(name);
                (1..=parts).map(|page| format!("{stem}-{page:02}.svg")).collect()
            }
            Self::Files { name, .. } => vec![name.clone()],
            Self::Printer(_) => Vec::new(),
        }
    }

    fn must_be_free(&self, parts: usize) -> Result<(), StoreError> {
        let Self::Files { folder, .. } = self else { return Ok(()) };
        for name in self.names(parts) {
            if folder.holds(&name)? {
                return Err(StoreError::Exists(text::escape(&folder.path().join(name).to_string_lossy())));
            }
        }
        Ok(())
    }
}

impl Refusal for TrayError {
    fn reason(&self) -> Reason {
        match self {
            Self::OnMedium => Reason::new(
                Class::Media,
                "SHEET_ON_MEDIUM",
                "name a file elsewhere; sheet and medium travel separately",
            ),
            Self::Form(_) => {
                Reason::new(Class::Usage, "SHEET_FORM", "leave --as out, or print a file that was written with --sheet")
            }
        }
    }
}

#[cfg(test)]
mod tests;
