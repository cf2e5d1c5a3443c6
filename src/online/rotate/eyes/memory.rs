//! What a process has loaded, by when it started: what is read at the start alone is what lay there then. A generation that
//! was replaced after the start was live at it, or before it, and where those that could be meant say different things,
//! nothing is known. Where one followed the other without a gap, one that was written after the start is not meant.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::holdings::renewed;
use super::own::Own;
use crate::cluster::embed::Place as Embedding;
use crate::cluster::embed::{Kind, Roots};
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Domain, Role};
use crate::devices::process::{DOUBT, Loaded, Process};
use crate::devices::swap::{Kept, Place};
use crate::online::rotate::observe::Issuers;
use crate::online::rotate::site::Site;
use crate::pki::certificate::Certificate;
use crate::rotation::store::{Reload, Source, Store};
use crate::rotation::trust::{Leaf, Trust};

/// The longest between a file that is written and the one in its place that is kept, with others of the same swap between.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What `store` of this node holds in memory, so far as files and times tell.
pub fn trust(site: &Site, own: &Own, store: Store, now: SystemTime) -> Option<Trust> {
    let disk = own.facts.disk.get(&store).copied().flatten();
    match store.reload() {
        Reload::EachRun => disk,
        // Where no probe tells: whoever looks again by himself has done so after this long.
        Reload::Hot(seconds) => {
            let Source::File(path) = store.source() else { return None };
            let since = Place::at(&site.live(path)).ok()?.since().ok()??;
            let looked = now.duration_since(since).is_ok_and(|age| age.as_secs() > u64::from(seconds.most));
            let loaded = |process: Process| process.loaded(&site.live(path)).is_ok_and(|loaded| loaded == Loaded::Yes);
            disk.filter(|_| looked || own.process(store.component()).is_some_and(loaded))
        }
        Reload::Restart => {
            let process = own.process(store.component())?;
            let (path, domain) = match store.source() {
                Source::File(path) => (path, store.domain()),
                Source::Kubeconfig(role) => (role.certificate_path(), Domain::Kubernetes),
                Source::Object(_) => return None,
            };
            let live = site.live(path);
            if process.loaded(&live).ok()? == Loaded::Yes {
                return disk;
            }
            let is_kubeconfig = matches!(store.source(), Source::Kubeconfig(_));
            let read = |bytes: &[u8]| trusted(bytes, is_kubeconfig, domain, &own.looked.roots);
            unanimous(&live, process.started(), read)
        }
    }
}

/// Which leaf of `role` its process shows, where it reads it at its start alone.
pub fn leaf(site: &Site, own: &Own, role: Role, process: &Process) -> Option<Leaf> {
    let file = own.facts.files.get(&role).copied().flatten()?;
    let renewed = role.identity().self_renewed.filter(|path| own.tree().is_some_and(|tree| tree.file(path).is_some()));
    let live = site.live(renewed.unwrap_or(role.certificate_path()));
    if process.loaded(&live).ok()? == Loaded::Yes {
        return Some(file);
    }
    let read = |bytes: &[u8]| shown(bytes, role, &own.issuers);
    Some(unanimous(&live, process.started(), read).unwrap_or_else(|| match may_be_other(site, role, file, read) {
        // What cannot be told is not what lies there: else a restart would be left out.
        true if file.is_new() => Leaf::Old,
        true => Leaf::New,
        false => file,
    }))
}

/// Whether a leaf of the other root than that of `file` was ever put in place for `role`, by what is kept: where none was, no
/// process can have read one. A kubelet renews itself while it runs, and shows a leaf of the same root then.
fn may_be_other(site: &Site, role: Role, file: Leaf, read: impl Fn(&[u8]) -> Option<Leaf>) -> bool {
    let Ok(kept) = Place::at(&site.live(role.certificate_path())).and_then(|place| place.history()) else {
        return true;
    };
    let renewed = renewed(site, role);
    let all = kept.iter().map(|kept| kept.bytes.as_slice()).chain(renewed.iter().map(|(_, text)| text.as_bytes()));
    // A kubeconfig that only names its certificate tells of none, and the file that it names is among the others.
    all.filter_map(read).any(|leaf| leaf.is_new() != file.is_new())
}

/// What all generations say that may have been live at `start`; nothing where they differ, or where there is none.
fn unanimous<T: Ord>(live: &Path, start: SystemTime, read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let kept = Place::at(live).ok()?.history().ok()?;
    let unbroken = is_unbroken(&kept, Place::at(live).ok()?.since().ok()??);
    let is_meant = |kept: &&Kept| kept.until + DOUBT > start && (!unbroken || kept.written <= start + DOUBT);
    let meant = kept.iter().filter(is_meant);
    let said: Option<BTreeSet<_>> = meant.map(|kept| read(&kept.bytes)).collect();
    let mut said = said?.into_iter();
    match (said.next(), said.next()) {
        (only, None) => only,
        _ => None,
    }
}

/// Whether each file was replaced by the next as soon as that was written, up to the one that lies there `since` then. Who
/// went back in between, touched a file, wrote one by other means or set the clock leaves a gap.
fn is_unbroken(kept: &[Kept], since: SystemTime) -> bool {
    let apart = |one: SystemTime, other: SystemTime| one.duration_since(other).or_else(|_| other.duration_since(one));
    let next = kept.iter().skip(1).map(|kept| kept.written).chain([since]);
    let follow = kept.iter().zip(next).all(|(kept, next)| apart(kept.until, next).is_ok_and(|apart| apart <= AT_ONCE));
    follow && kept.is_sorted_by(|one, next| one.written < next.written && one.until < next.until)
}

/// What a CA file or a kubeconfig makes one trust.
pub fn trusted(bytes: &[u8], is_kubeconfig: bool, domain: Domain, roots: &Roots) -> Option<Trust> {
    let text = std::str::from_utf8(bytes).ok()?;
    let pem =
        if is_kubeconfig { embedded(Kubeconfig::parse(text).ok()?.ca())? } else { Zeroizing::new(text.to_owned()) };
    Trust::of(Embedding::of(Kind::CaFile, "", Some(domain), &pem, roots).holding)
}

/// Whose leaf stands first in a file or a kubeconfig of `role`.
pub fn shown(bytes: &[u8], role: Role, issuers: &Issuers) -> Option<Leaf> {
    issuers.leaf(role.domain(), &chain(bytes, role)?)
}

/// The certificates in a file or a kubeconfig of `role`, in their order.
pub fn chain(bytes: &[u8], role: Role) -> Option<Vec<Certificate>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_kubeconfig = role.certificate_path().ends_with(".conf") && !text.trim_start().starts_with("-----");
    let pem = match is_kubeconfig {
        true => embedded(Kubeconfig::parse(text).ok()?.certificate())?,
        false => Zeroizing::new(text.to_owned()),
    };
    Certificate::parse_foreign_all(&pem).ok()
}

fn embedded(material: Option<&Material>) -> Option<Zeroizing<String>> {
    match material {
        Some(Material::Embedded(pem)) => Some(pem.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::devices::store::{Directory, StateLock};
    use crate::devices::swap::{Wanted, swap};

    #[test]
    fn what_was_written_after_a_start_was_not_live_at_it() {
        let base = tempfile::tempdir().unwrap();
        let live = base.path().join("ca.crt");
        let lock = StateLock::acquire(&Directory::open(base.path()).unwrap()).unwrap();
        let later = || {
            thread::sleep(DOUBT * 3);
            let now = SystemTime::now();
            thread::sleep(DOUBT * 3);
            now
        };
        let put = |bytes: &[u8]| {
            let place = Place::at(&live).unwrap();
            swap(&[Wanted { place: &place, bytes, mode: 0o600 }], &lock).unwrap();
        };
        let read = |bytes: &[u8]| Some(bytes.to_vec());
        let seen = |start| unanimous(&live, start, read).map(|bytes| String::from_utf8(bytes).unwrap());
        let before = later();
        put(b"old");
        let with_old = later();
        put(b"both");
        let with_both = later();
        put(b"new");
        assert_eq!((seen(before), seen(with_old).as_deref()), (None, Some("old")));
        assert_eq!(seen(with_both).as_deref(), Some("both"));
        assert_eq!(seen(later()), None, "what lies there is not among what was replaced");
        // Whoever touches what is kept leaves nothing but what all of it says.
        let touched = |name: &str| std::fs::File::options().append(true).open(base.path().join(name)).unwrap();
        let file = touched("ca.crt.g2");
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written + AT_ONCE * 2).unwrap();
        assert_eq!((seen(with_old), seen(with_both).as_deref()), (None, Some("both")));
        file.set_modified(written).unwrap();
        assert_eq!(seen(with_old).as_deref(), Some("old"));
        // Back and forth: what is kept under one number was live twice, and who read it the first time is not known.
        put(b"both");
        put(b"new");
        assert_eq!((seen(with_both), seen(with_old)), (None, None));
    }
}
