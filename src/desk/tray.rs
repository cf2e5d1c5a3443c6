//! Where a printed sheet goes: a new file, never on the medium of its transfer.

use std::path::Path;

use thiserror::Error;

use crate::desk::host::Desk;
use crate::desk::media::Place;
use crate::desk::register::Way;
use crate::devices::store::{Directory, StoreError};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::text;

const PRIVATE: u32 = 0o600;

/// A free place for one sheet, apart from the medium of its transfer. [`Desk::print`] prints into nothing else, so no
/// face can put paper and medium together.
#[derive(Debug)]
pub struct Tray {
    folder: Directory,
    name: String,
}

/// Paper and medium would travel together, and the rows would prove nothing.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the sheet would lie on the medium of its transfer")]
pub struct SheetOnMedium;

impl Desk {
    /// A place for a sheet in the new file `file`; asked for before anything is done.
    ///
    /// # Errors
    /// [`SheetOnMedium`]; [`StoreError::Exists`], for nothing is overwritten; what the medium and the disk say.
    pub fn tray(&self, file: &Path, medium: &Path) -> Result<Tray, Refused> {
        let name = file.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| StoreError::Name(text::escape(&file.to_string_lossy())))?;
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = Directory::open(folder.unwrap_or(Path::new(".")))?;
        match self.admitted(medium, Way::Out)?.place {
            Place::Directory(medium) if medium.bears(&folder, self.state())? => return Err(SheetOnMedium.into()),
            // A stick that is offered is mounted nowhere, so nothing lies on it that has a path.
            Place::Directory(_) | Place::Drive(_) => {}
        }
        if folder.holds(name)? {
            return Err(StoreError::Exists(text::escape(&file.to_string_lossy())).into());
        }
        Ok(Tray { folder, name: name.to_owned() })
    }
}

impl Tray {
    pub(super) fn take(self, sheet: &[u8]) -> Result<(), StoreError> {
        self.folder.create_new(&self.name, sheet, PRIVATE)
    }
}

impl Refusal for SheetOnMedium {
    fn reason(&self) -> Reason {
        Reason::new(Class::Media, "SHEET_ON_MEDIUM", "name a file elsewhere; sheet and medium travel separately")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::audit::entry::Side;
    use crate::desk::host::Senses;
    use crate::devices::clock::SystemClock;
    use crate::devices::entropy::SystemEntropy;

    #[test]
    fn a_sheet_goes_to_a_free_place_beside_its_medium_alone() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir_all(at("medium/deeper")).unwrap();
        fs::create_dir(at("paper")).unwrap();
        fs::write(at("paper/old.txt"), "kept").unwrap();
        symlink(at("medium"), at("paper/link")).unwrap();
        let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
        let party = "ca:root-ca-01".parse().unwrap();
        let desk = Desk::make(&at("state"), Side::Offline, &party, senses).unwrap();
        let code = |file: &str| desk.tray(&at(file), &at("medium")).map_or_else(|e| e.reason().code, |_| "");
        assert_eq!(code("paper/sheet.txt"), "");
        for on_it in ["medium/sheet.txt", "medium/deeper/sheet.txt", "paper/link/sheet.txt"] {
            assert_eq!(code(on_it), "SHEET_ON_MEDIUM", "{on_it}");
        }
        assert_eq!(code("paper/old.txt"), "OUTPUT_EXISTS");
        desk.tray(&at("paper/sheet.txt"), &at("medium")).unwrap().take(b"sheet").unwrap();
        assert_eq!(code("paper/sheet.txt"), "OUTPUT_EXISTS");
        assert_eq!(fs::read(at("paper/old.txt")).unwrap(), b"kept");
    }
}
