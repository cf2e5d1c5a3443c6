//! Where transfers of this host are kept, each in a folder of its own, by the identifier of its statement.
//!
//! There is one way in: a transfer is kept and then written down, and it counts by its entry alone. A run that dies between
//! leaves one that no entry names. Nobody is offered it, for it is entries that are asked what was made; and before the
//! next transfer is kept it is taken away, which is written down: where the log was cut back, it is all that is known of it.

use std::collections::BTreeSet;

use crate::audit::detail::medium::OutboxSwept;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::cores::both;
use crate::desk::host::Desk;
use crate::devices::store::listing::Kind;
use crate::devices::store::{Directory, NewFile, StoreError};
use crate::exchange::dispatch::{Cover, Dispatch};
use crate::refusal::Refused;
use crate::wire::digest::Digest;

const OUTBOX: &str = "outbox";
const PRIVATE: u32 = 0o600;

/// The directory of the state in which transfers are kept.
#[derive(Debug)]
pub(super) struct Outbox(Directory);

impl Desk {
    /// Keeps a transfer in the state, so that it can be written out, and printed, again and again, and writes down by
    /// `write_down` what names it.
    ///
    /// # Errors
    /// As [`keep`].
    pub fn keep<T>(
        &mut self,
        dispatch: &Dispatch,
        write_down: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let make = |_: &mut Self, payload: &mut NewFile<'_>| {
            payload.write_all(dispatch.payload())?;
            Ok(dispatch.cover().clone())
        };
        keep(self, make, |desk, _| write_down(desk))
    }

    /// Where transfers are kept.
    pub(super) fn outbox(&self) -> Result<Outbox, Refused> {
        Ok(Outbox(self.state().private_within(OUTBOX)?))
    }
}

/// Keeps the transfer whose payload `make` writes, and whose statement it signs then, and writes down by `write_down` what
/// names it. What is written goes to disk meanwhile, under a name that the next run sweeps away, and gets its own when
/// the statement over it is there.
///
/// # Errors
/// What `make` and `write_down` say; what the disk says. Nothing is left then that certainly no entry names: on a full disk
/// each try would leave another.
pub fn keep<H: AsRef<Desk> + AsMut<Desk>, T>(
    host: &mut H,
    make: impl FnOnce(&mut H, &mut NewFile<'_>) -> Result<Cover, Refused>,
    write_down: impl FnOnce(&mut H, &Cover) -> Result<T, Refused>,
) -> Result<T, Refused> {
    host.as_ref().log().journal().must_be_whole()?;
    let outbox = host.as_ref().outbox()?;
    sweep(host.as_mut(), &outbox)?;
    let kept = outbox.keep(|payload| make(host, payload)).and_then(|cover| write_down(host, &cover));
    if kept.is_err() {
        outbox.forget(&outbox.unnamed(host.as_ref()));
    }
    kept
}

/// Takes away what a run left that was killed before it wrote its own down.
fn sweep(desk: &mut Desk, outbox: &Outbox) -> Result<(), Refused> {
    let left = outbox.unnamed(desk);
    if !left.is_empty() {
        let swept = OutboxSwept { statements: left.iter().copied().collect() };
        desk.note(&Actor::system(), None, Event::OutboxSwept(swept))?;
        outbox.forget(&left);
    }
    Ok(())
}

impl AsRef<Desk> for Desk {
    fn as_ref(&self) -> &Desk {
        self
    }
}

impl AsMut<Desk> for Desk {
    fn as_mut(&mut self) -> &mut Desk {
        self
    }
}

impl Outbox {
    /// The folder of the transfer whose statement has this identifier.
    pub(super) fn folder(&self, id: &Digest) -> Result<Directory, StoreError> {
        self.0.within(&id.to_string())
    }

    fn keep(&self, make: impl FnOnce(&mut NewFile<'_>) -> Result<Cover, Refused>) -> Result<Cover, Refused> {
        let mut file = NewFile::create(&self.0, "payload", PRIVATE)?;
        file.set_mode(PRIVATE)?;
        let cover = make(&mut file)?;
        self.settle(file, &cover)?;
        Ok(cover)
    }

    /// Every transfer here that certainly no entry names.
    fn unnamed(&self, desk: &Desk) -> BTreeSet<Digest> {
        let entries = self.0.entries().unwrap_or_default();
        let folders = entries.iter().filter(|entry| entry.kind == Kind::Directory);
        desk.unnamed(folders.filter_map(|folder| folder.name.parse().ok()).collect())
    }

    /// Removes transfers, as far as the disk lets it.
    fn forget(&self, ids: &BTreeSet<Digest>) {
        ids.iter().for_each(|id| drop(self.0.remove_with_files(&id.to_string())));
    }

    fn settle(&self, file: NewFile<'_>, cover: &Cover) -> Result<(), StoreError> {
        let (statement, signature) = (cover.statement(), cover.signature());
        let folder = self.0.private_within(&statement.id().to_string())?;
        let [payload, of_statement, of_signature] = cover.set().names();
        // In whatever order they come to lie there, they mean nothing before an entry names the statement.
        let keep = |name: &str, text: &str| folder.create_or_same(name, text.as_bytes(), PRIVATE);
        let (payload, letter) = both(
            || file.commit_or_same(&folder, &payload, &statement.lines().file_sha256),
            || keep(&of_statement, &statement.text()).and_then(|()| keep(&of_signature, signature)),
        );
        payload.and(letter)
    }
}

#[cfg(test)]
mod tests;
