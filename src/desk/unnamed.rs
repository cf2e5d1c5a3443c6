//! What is kept in the state before an entry of the log names it, and what goes again where none ever will.
//!
//! A blob or a transfer must lie there before the entry that counts on it. Where the log then takes no entry, as on a disk
//! that is full by now, it would stay, and each try would leave another.

use std::collections::BTreeSet;

use crate::cores::both;
use crate::desk::host::Desk;
use crate::devices::objects::{ObjectError, Objects};
use crate::refusal::Refused;
use crate::wire::digest::Digest;

impl Desk {
    /// Keeps `blobs` and writes down, by `write_down`, what names them. Where that fails, those go again that no entry names.
    ///
    /// # Errors
    /// What the disk and `write_down` say.
    pub fn hold<T>(
        &mut self,
        blobs: &[&[u8]],
        write_down: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        // What is there already is another entry's, whether the log names it or not.
        let new: BTreeSet<_> = blobs.iter().map(|blob| Digest::of(blob)).collect();
        let new = new.into_iter().filter(|digest| !self.objects().holds(digest)).collect();
        self.log().journal().must_be_whole()?;
        let held = put_all(self.objects(), blobs).map_err(Refused::from).and_then(|()| write_down(self));
        if held.is_err() {
            self.unnamed(new).iter().for_each(|digest| self.objects().forget(digest));
        }
        held
    }

    /// Those of `kept` that certainly no entry names, nor one that may be found when the log is read again. A digest counts
    /// as named wherever it stands in a line: whoever adds an event has no list to add it to.
    pub(super) fn unnamed(&self, mut kept: BTreeSet<Digest>) -> BTreeSet<Digest> {
        let (log, tree) = (self.log().journal(), self.log().tree());
        if log.must_be_whole().is_err() {
            return BTreeSet::new();
        }
        // What was kept last is named last.
        for line in (0..tree.size()).rev().filter_map(|at| tree.line(at)) {
            if kept.is_empty() {
                break;
            }
            for digest in digests(line) {
                kept.remove(&digest);
            }
        }
        kept
    }
}

/// All of them at the same time: each waits for the disk.
fn put_all(objects: &Objects, blobs: &[&[u8]]) -> Result<(), ObjectError> {
    match blobs {
        [] => Ok(()),
        [last] => objects.put(last).map(drop),
        [first, rest @ ..] => {
            let (first, rest) = both(|| objects.put(first), || put_all(objects, rest));
            first.and(rest)
        }
    }
}

/// Every digest in a line of the log.
fn digests(line: &[u8]) -> impl Iterator<Item = Digest> {
    let digits = line.split(|byte| !byte.is_ascii_hexdigit()).filter(|digits| digits.len() == 64);
    digits.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
}
