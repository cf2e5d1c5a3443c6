//! Old generations overwritten and removed.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use rustix::fs::{Stat, fsync};

use super::fault::SwapError;
use super::place::{Place, open_to_overwrite, same_file};
use crate::devices::store::{Directory, StateLock, StoreError};

/// Overwrites generation `number` of `place` and removes it; that there is none is fine, so a killed run is finished by
/// running it again. On a journalling file system and on flash the old bytes may survive where no program reaches them:
/// keys that matter are dead because the root that vouched for them is no longer trusted, not because of this.
///
/// # Errors
/// [`SwapError::StillLive`] while the generation is the live file, [`SwapError::OnlyCopy`] where there is no live file,
/// [`SwapError::Shared`] where another name leads to it;
/// any error of the disk.
pub fn reclaim(place: &Place, number: u32, _lock: &StateLock) -> Result<(), SwapError> {
    let name = place.generation_name(number);
    let Some((file, stat)) = open_to_overwrite(place.kept(), &name)? else { return Ok(place.flush()?) };
    match place.live()? {
        None => return Err(SwapError::OnlyCopy(place.shown(), number)),
        Some(live) if same_file(&live.stat, &stat) => return Err(SwapError::StillLive(place.shown(), number)),
        Some(_) => {}
    }
    if stat.st_nlink > 1 {
        return Err(SwapError::Shared(place.shown(), number));
    }
    overwrite(file, &stat, place.kept(), &name)?;
    place.kept().remove(&name)?;
    Ok(place.flush()?)
}

/// Overwrites the file at `path` and removes it; that there is none is fine. As with [`reclaim`], old bytes may survive where
/// no program reaches them.
///
/// # Errors
/// [`SwapError::Shared`] where another name leads to it; any error of the disk.
pub fn shred(path: &Path, _lock: &StateLock) -> Result<(), SwapError> {
    let place = Place::at(path)?;
    let Some((file, stat)) = open_to_overwrite(place.directory(), place.name())? else { return Ok(place.flush()?) };
    if stat.st_nlink > 1 {
        return Err(SwapError::Shared(place.shown(), 0));
    }
    overwrite(file, &stat, place.directory(), place.name())?;
    place.directory().remove(place.name())?;
    Ok(place.flush()?)
}

/// Overwrites the whole of `file` with zeros, in place, and waits until the disk has them.
pub(super) fn overwrite(mut file: File, stat: &Stat, directory: &Directory, name: &str) -> Result<(), StoreError> {
    let zeros = vec![0; usize::try_from(stat.st_size).unwrap_or_default()];
    let path = directory.path().join(name);
    file.write_all(&zeros).map_err(|e| StoreError::of_io(&path, e))?;
    fsync(&file).map_err(|e| StoreError::of(&path, e))
}
