//! The swap, and the way back.

use rustix::fs::{self, AtFlags};
use rustix::io::Errno;

use super::fault::SwapError;
use super::place::{Found, Place, open_to_overwrite, same_file};
use super::reclaim::overwrite;
use crate::devices::store::new_file::NewFile;
use crate::devices::store::{Directory, StateLock, StoreError};

/// What a place shall hold.
pub struct Wanted<'a> {
    /// Where.
    pub place: &'a Place,
    /// The bytes.
    pub bytes: &'a [u8],
    /// The mode of a file that is not there yet, as 0o600; one that is keeps its mode, user and group.
    pub mode: u32,
}

/// What a swap did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Every place held its bytes already.
    Already,
    /// Files were swapped; the old ones are kept as this generation.
    Swapped(u32),
}

/// A file that is written and waits for its turn.
struct Ready<'a> {
    place: &'a Place,
    file: NewFile<'a>,
    old: Option<Found>,
}

/// The highest number of a generation. Nobody rotates so often.
const MAX_GENERATION: u32 = 9_999;

/// Makes each place hold its bytes, all of them or none: written first, then renamed in the order given, which for a pair
/// is the key and then its certificate, with no other system call between.
///
/// # Errors
/// Any [`SwapError`]. Only after [`SwapError::Half`] are some files new and others old.
pub fn swap(wanted: &[Wanted<'_>], _lock: &StateLock) -> Result<Done, SwapError> {
    let mut changes = Vec::new();
    for one in wanted {
        one.place.directory().sweep_here()?;
        one.place.kept().sweep_here()?;
        let old = one.place.live()?;
        if old.as_ref().is_none_or(|old| old.bytes.as_slice() != one.bytes) {
            changes.push((one, old));
        }
    }
    if changes.is_empty() {
        // A killed run may have left the last names not yet durable.
        wanted.iter().try_for_each(|one| one.place.flush())?;
        return Ok(Done::Already);
    }
    let generation = free_generation(&changes)?;
    let mut ready = Vec::with_capacity(changes.len());
    for (one, old) in changes {
        ready.push(prepare(one, old)?);
    }
    for one in &ready {
        keep(one, generation)?;
    }
    for one in &ready {
        must_be_untouched(one)?;
    }
    rename_all(ready, generation)?;
    wanted.iter().try_for_each(|one| one.place.flush())?;
    Ok(Done::Swapped(generation))
}

/// Makes each place hold what it held in generation `number`; what it holds now is kept as a generation too. A place that
/// holds it already is left alone.
///
/// # Errors
/// [`SwapError::NoGeneration`]; as [`swap`].
pub fn restore(places: &[&Place], number: u32, lock: &StateLock) -> Result<Done, SwapError> {
    let mut kept = Vec::with_capacity(places.len());
    for place in places {
        let found = place.generation(number)?;
        kept.push(found.ok_or_else(|| SwapError::NoGeneration(place.shown(), number))?);
    }
    let wanted: Vec<_> = places
        .iter()
        .zip(&kept)
        .map(|(place, kept)| Wanted { place, bytes: &kept.bytes, mode: kept.stat.st_mode & 0o7777 })
        .collect();
    swap(&wanted, lock)
}

/// The first number under which every old file is kept already or can be kept.
fn free_generation(changes: &[(&Wanted<'_>, Option<Found>)]) -> Result<u32, SwapError> {
    for number in 1..=MAX_GENERATION {
        let mut free = true;
        for (one, old) in changes {
            free &= match (one.place.generation(number)?, old) {
                (None, _) => true,
                (Some(kept), Some(old)) => kept.bytes == old.bytes,
                (Some(_), None) => false,
            };
        }
        if free {
            return Ok(number);
        }
    }
    let place = changes.first().map(|(one, _)| one.place.shown()).unwrap_or_default();
    Err(SwapError::NoGeneration(place, MAX_GENERATION + 1))
}

/// Writes the new file under a temporary name, durable, with the owner and the mode of the old one.
fn prepare<'a>(one: &Wanted<'a>, old: Option<Found>) -> Result<Ready<'a>, StoreError> {
    let mut file = NewFile::begin(one.place.directory(), one.place.name(), 0o600)?;
    file.write_all(one.bytes)?;
    match &old {
        Some(old) => file.set_owner_and_mode(&old.stat)?,
        None => file.set_mode(one.mode)?,
    }
    file.flush()?;
    Ok(Ready { place: one.place, file, old })
}

/// Gives the old file its second name, durable before the first one is taken from it.
fn keep(one: &Ready<'_>, generation: u32) -> Result<(), StoreError> {
    let Some(old) = &one.old else { return Ok(()) };
    let (place, name) = (one.place, one.place.generation_name(generation));
    match place.generation(generation)? {
        Some(kept) if same_file(&kept.stat, &old.stat) => {}
        Some(_) => keep_anew(place, &name)?,
        None => link(place, place.name(), &name)?,
    }
    place.kept().flush()
}

/// After the way back the same bytes are kept in a file of its own. The live one takes its name, and that one, which
/// nobody reads any more, is overwritten: else it would be the live one that vanishes without.
fn keep_anew(place: &Place, name: &str) -> Result<(), StoreError> {
    let Some((spare, stat)) = open_to_overwrite(place.kept(), name)? else { return Ok(()) };
    let between = format!(".{name}.link.airlock-tmp");
    let here = place.kept();
    link(place, place.name(), &between)?;
    fs::renameat(here.fd(), between.as_str(), here.fd(), name)
        .map_err(|e| StoreError::of(&here.path().join(name), e))?;
    // Durable before the spare is overwritten, or the generation may be zeros after a power cut.
    here.flush()?;
    if stat.st_nlink == 1 { overwrite(spare, &stat, here, name) } else { Ok(()) }
}

fn link(place: &Place, from: &str, to: &str) -> Result<(), StoreError> {
    fs::linkat(place.directory().fd(), from, place.kept().fd(), to, AtFlags::empty())
        .map_err(|e| StoreError::of(&place.kept().path().join(to), e))
}

fn must_be_untouched(one: &Ready<'_>) -> Result<(), SwapError> {
    let untouched = match (one.place.live()?, &one.old) {
        (Some(now), Some(old)) => same_file(&now.stat, &old.stat) && now.bytes == old.bytes,
        (None, None) => true,
        _ => false,
    };
    if untouched { Ok(()) } else { Err(SwapError::Touched(one.place.shown())) }
}

/// Nothing but renames. Where one fails, those before it are taken back.
fn rename_all(ready: Vec<Ready<'_>>, generation: u32) -> Result<(), SwapError> {
    let mut done: Vec<(&Place, bool)> = Vec::with_capacity(ready.len());
    for one in ready {
        let existed = one.old.is_some();
        match one.file.rename_over() {
            Ok(()) => done.push((one.place, existed)),
            Err(error) => {
                take_back(&done, generation)?;
                return Err(error.into());
            }
        }
    }
    Ok(())
}

fn take_back(done: &[(&Place, bool)], generation: u32) -> Result<(), SwapError> {
    for (place, existed) in done.iter().rev() {
        let back = if *existed { put_back(place, generation) } else { place.directory().remove(place.name()) };
        back.and_then(|()| place.flush()).map_err(|error| SwapError::Half(place.shown(), error))?;
    }
    Ok(())
}

fn put_back(place: &Place, generation: u32) -> Result<(), StoreError> {
    let kept: &Directory = place.kept();
    let between = format!(".{}.back.airlock-tmp", place.name());
    let (live, name) = (place.directory(), place.generation_name(generation));
    let fault = |e: Errno| StoreError::of(&place.path(), e);
    fs::linkat(kept.fd(), name.as_str(), live.fd(), between.as_str(), AtFlags::empty()).map_err(fault)?;
    fs::renameat(live.fd(), between.as_str(), live.fd(), place.name()).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal as _;

    #[test]
    fn a_file_that_somebody_else_writes_meanwhile_is_not_swapped() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        let place = Place::at(&path).unwrap();
        let ready = |place| {
            let wanted = Wanted { place, bytes: b"new", mode: 0o600 };
            prepare(&wanted, place.live().unwrap()).unwrap()
        };
        let touched = |one: &Ready<'_>| must_be_untouched(one).map_err(|error| error.reason().code);
        let before = ready(&place);
        assert_eq!(touched(&before), Ok(()));
        std::fs::write(&path, b"theirs").unwrap();
        assert_eq!(touched(&before), Err("SWAP_TOUCHED"));
        let before = ready(&place);
        assert_eq!(touched(&before), Ok(()));
        std::fs::write(&path, b"again!").unwrap();
        assert_eq!(touched(&before), Err("SWAP_TOUCHED"));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(touched(&before), Err("SWAP_TOUCHED"));
    }
}
