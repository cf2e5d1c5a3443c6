//! Files swapped on real disks: whole, full, read-only, owned by another, killed at each system call.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use airlock::devices::store::{Directory, StateLock, StoreError};
use airlock::devices::swap::{Done, Place, SwapError, Wanted, reclaim, restore, swap};
use airlock::refusal::Refusal as _;

use crate::mounts::Mounted;
use crate::sweep::{child, sweep_prepared, traced};

const OLD: [&str; 2] = ["old key", "old certificate"];
const NEW: [&str; 2] = ["new key, which is longer", "new certificate"];
const NAMES: [&str; 2] = ["server.key", "server.crt"];

struct Disk<'a> {
    path: &'a Path,
    lock: StateLock,
    _state: tempfile::TempDir,
}

impl<'a> Disk<'a> {
    /// A pair of the old generation at `path`; the lock is elsewhere.
    fn with_pair(path: &'a Path) -> Self {
        let disk = Self::at(path);
        for (name, text) in NAMES.iter().zip(OLD) {
            fs::write(path.join(name), text).unwrap();
            fs::set_permissions(path.join(name), Permissions::from_mode(0o640)).unwrap();
        }
        disk
    }

    fn at(path: &'a Path) -> Self {
        let state = tempfile::tempdir().unwrap();
        let lock = StateLock::acquire(&Directory::open(state.path()).unwrap()).unwrap();
        Self { path, lock, _state: state }
    }

    fn places(&self) -> [Place; 2] {
        NAMES.map(|name| Place::at(&self.path.join(name)).unwrap())
    }

    fn swap(&self, texts: [&str; 2]) -> Result<Done, SwapError> {
        let places = self.places();
        let wanted: Vec<_> = places
            .iter()
            .zip(texts)
            .map(|(place, text)| Wanted { place, bytes: text.as_bytes(), mode: 0o600 })
            .collect();
        swap(&wanted, &self.lock)
    }

    fn restore(&self, number: u32) -> Result<Done, SwapError> {
        let places = self.places();
        restore(&[&places[0], &places[1]], number, &self.lock)
    }

    fn reclaim(&self, number: u32) -> Result<(), SwapError> {
        self.places().iter().try_for_each(|place| reclaim(place, number, &self.lock))
    }

    fn live(&self) -> [String; 2] {
        NAMES.map(|name| fs::read_to_string(self.path.join(name)).unwrap())
    }

    fn names(&self) -> Vec<String> {
        let entries = Directory::open(self.path).unwrap().entries().unwrap();
        entries.into_iter().map(|entry| entry.name).filter(|name| name != "lost+found").collect()
    }
}

#[test]
fn a_pair_is_swapped_and_the_old_one_kept() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    let inode = |name: &str| fs::metadata(base.path().join(name)).unwrap().ino();
    let key = inode("server.key");
    assert_eq!(disk.swap(NEW).unwrap(), Done::Swapped(1));
    assert_eq!(disk.live(), NEW);
    assert_eq!(disk.names(), ["server.crt", "server.crt.g1", "server.key", "server.key.g1"]);
    // The old key is the old file itself, not a copy of it.
    assert_eq!(inode("server.key.g1"), key);
    assert_eq!(fs::metadata(base.path().join("server.key")).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(disk.swap(NEW).unwrap(), Done::Already);
    assert_eq!(disk.swap(["third", "generation"]).unwrap(), Done::Swapped(2));
    assert_eq!(disk.places()[0].generations().unwrap(), [1, 2]);
}

#[test]
fn the_way_back_and_forth_needs_no_third_generation() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    disk.swap(NEW).unwrap();
    for _ in 0..3 {
        assert_eq!(disk.restore(1).unwrap(), Done::Swapped(2));
        assert_eq!(disk.live(), OLD);
        assert_eq!(disk.restore(1).unwrap(), Done::Already);
        assert_eq!(disk.swap(NEW).unwrap(), Done::Swapped(1));
        assert_eq!(disk.live(), NEW);
    }
    assert_eq!(disk.places()[1].generations().unwrap(), [1, 2]);
    assert_eq!(disk.restore(7).unwrap_err().reason().code, "SWAP_NO_GENERATION");
    assert_eq!(disk.live(), NEW);
}

#[test]
fn what_is_reclaimed_is_overwritten_and_gone() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    disk.swap(NEW).unwrap();
    // Somebody who holds the old key open sees it turn to zeros.
    let mut held = fs::File::open(base.path().join("server.key.g1")).unwrap();
    disk.reclaim(1).unwrap();
    disk.reclaim(1).unwrap();
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut held, &mut seen).unwrap();
    assert_eq!(seen, "\0".repeat(OLD[0].len()));
    assert_eq!(disk.names(), ["server.crt", "server.key"]);
    assert_eq!(disk.live(), NEW);
}

#[test]
fn what_is_live_or_shared_is_not_reclaimed() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    fs::hard_link(base.path().join("server.key"), base.path().join("server.key.g1")).unwrap();
    assert_eq!(disk.reclaim(1).unwrap_err().reason().code, "SWAP_STILL_LIVE");
    fs::remove_file(base.path().join("server.key.g1")).unwrap();
    disk.swap(NEW).unwrap();
    fs::hard_link(base.path().join("server.key.g1"), base.path().join("backup")).unwrap();
    assert_eq!(disk.reclaim(1).unwrap_err().reason().code, "SWAP_SHARED");
    assert_eq!(fs::read_to_string(base.path().join("backup")).unwrap(), OLD[0]);
    fs::remove_file(base.path().join("backup")).unwrap();
    disk.reclaim(1).unwrap();
}

#[test]
fn a_file_that_is_new_gets_its_mode_and_leaves_no_generation() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::at(base.path());
    assert_eq!(disk.swap(NEW).unwrap(), Done::Swapped(1));
    assert_eq!(disk.names(), ["server.crt", "server.key"]);
    assert_eq!(fs::metadata(base.path().join("server.key")).unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn the_owner_stays_who_he_was() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    if chown(base.path().join("server.key"), Some(65_534), Some(65_534)).is_err() {
        eprintln!("skipped: only root gives files away");
        return;
    }
    disk.swap(NEW).unwrap();
    let told = fs::metadata(base.path().join("server.key")).unwrap();
    assert_eq!((told.uid(), told.gid(), told.mode() & 0o7777), (65_534, 65_534, 0o640));
    assert_eq!(fs::metadata(base.path().join("server.crt")).unwrap().uid(), 0);
}

#[test]
fn links_are_refused_and_generations_can_lie_elsewhere() {
    let base = tempfile::tempdir().unwrap();
    let disk = Disk::with_pair(base.path());
    symlink("server.crt", base.path().join("current.pem")).unwrap();
    let place = Place::at(&base.path().join("current.pem")).unwrap();
    let refused = swap(&[Wanted { place: &place, bytes: b"x", mode: 0o600 }], &disk.lock).unwrap_err();
    assert!(matches!(refused, SwapError::Store(StoreError::NotRegular(_))), "{refused}");
    fs::create_dir(base.path().join("kept")).unwrap();
    let place = Place::kept_in(&base.path().join("server.crt"), &base.path().join("kept")).unwrap();
    let wanted = [Wanted { place: &place, bytes: b"x", mode: 0o600 }];
    assert_eq!(swap(&wanted, &disk.lock).unwrap(), Done::Swapped(1));
    assert_eq!(fs::read_to_string(base.path().join("kept/server.crt.g1")).unwrap(), OLD[1]);
    assert!(!base.path().join("server.crt.g1").exists());
}

/// Sizes from too small to enough: all or nothing at each.
#[test]
fn a_full_disk_swaps_nothing() {
    let long = ["k".repeat(9_000), "c".repeat(9_000)];
    let new = [long[0].as_str(), long[1].as_str()];
    let mut outcomes = Vec::new();
    for pages in 3..=12 {
        let Some(mounted) = Mounted::tmpfs(&format!("size={}k", pages * 4)) else { return };
        let path = mounted.path();
        let disk = Disk::with_pair(&path);
        let done = disk.swap(new);
        outcomes.push(done.is_ok());
        match done {
            Ok(_) => assert_eq!(disk.live(), new),
            Err(error) => {
                assert_eq!(error.reason().code, "STORAGE_FULL");
                assert_eq!(disk.live(), OLD);
                assert_eq!(disk.names(), NAMES.iter().rev().copied().collect::<Vec<_>>());
            }
        }
    }
    assert!(outcomes.is_sorted() && !outcomes[0] && outcomes[9], "{outcomes:?}");
}

#[test]
fn a_disk_without_inodes_or_rights_swaps_nothing() {
    for inodes in 4..=7 {
        let Some(mounted) = Mounted::tmpfs(&format!("nr_inodes={inodes}")) else { return };
        let path = mounted.path();
        let disk = Disk::with_pair(&path);
        match disk.swap(NEW) {
            Ok(_) => assert_eq!(disk.live(), NEW),
            Err(error) => {
                assert_eq!((error.reason().code, disk.live()), ("STORAGE_FULL", OLD.map(str::to_owned)));
            }
        }
    }
    let Some(mounted) = Mounted::tmpfs("size=1m") else { return };
    let path = mounted.path();
    let disk = Disk::with_pair(&path);
    assert!(mounted.remount("ro"));
    assert_eq!(disk.swap(NEW).unwrap_err().reason().code, "STORAGE_READ_ONLY");
    assert_eq!((disk.live(), disk.names().len()), (OLD.map(str::to_owned), 2));
    assert!(mounted.remount("rw"));
    disk.swap(NEW).unwrap();
}

#[test]
fn child_swaps() {
    child(|path| {
        Disk::at(path).swap(NEW).unwrap();
    });
}

/// Swapped and put back: the old generation lies there in a file of its own.
fn there_and_back(path: &Path) {
    let disk = Disk::with_pair(path);
    disk.swap(NEW).unwrap();
    disk.restore(1).unwrap();
}

#[test]
fn a_generation_is_durable_before_its_spare_is_overwritten() {
    let Some(calls) = traced("swaps::child_swaps", there_and_back) else { return };
    let is_named = |call: &&String| call.starts_with("renameat") && call.contains(".link.airlock-tmp");
    assert_eq!(calls.iter().filter(is_named).count(), NAMES.len(), "{calls:?}");
    let mut open = None;
    for call in &calls {
        // A power cut may keep what is written behind and lose the new name before it.
        let writes = ["write(", "pwrite64("].iter().any(|name| call.starts_with(name));
        assert!(!writes || open.is_none(), "{call} before {open:?} is durable");
        open = if is_named(&call) { Some(call) } else { open.filter(|_| !call.starts_with("fsync(")) };
    }
}

#[test]
fn child_goes_back() {
    child(|path| {
        Disk::at(path).restore(1).unwrap();
    });
}

#[test]
fn child_reclaims() {
    child(|path| Disk::at(path).reclaim(1).unwrap());
}

/// Writes down with which code it was refused.
#[test]
fn child_is_refused() {
    child(|path| {
        let disk = Disk::at(path);
        let refused = disk.swap(NEW).unwrap_err();
        fs::write(path.join("code"), refused.reason().code).unwrap();
    });
}

/// Runs `child_is_refused` at `path` with some of its renames failing; the code it was refused with.
fn refused(path: &Path, renames: &str) -> Option<String> {
    let inject = format!("inject=renameat:error=ENOSPC:when={renames}");
    Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat", "-e", &inject])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "swaps::child_is_refused", "--test-threads=1"])
        .env("AIRLOCK_TEST_DIRECTORY", path)
        .output()
        .ok()?;
    fs::read_to_string(path.join("code")).ok()
}

#[test]
fn a_rename_that_fails_takes_those_before_it_back() {
    for (renames, code, live) in
        [("1", "STORAGE_FULL", OLD), ("2", "STORAGE_FULL", OLD), ("2+", "SWAP_HALF", [NEW[0], OLD[1]])]
    {
        let base = tempfile::tempdir().unwrap();
        let disk = Disk::with_pair(base.path());
        let Some(told) = refused(base.path(), renames) else {
            eprintln!("skipped: strace cannot trace here");
            return;
        };
        assert_eq!((told.as_str(), disk.live()), (code, live.map(str::to_owned)), "{renames}");
        disk.swap(NEW).unwrap();
        assert_eq!(disk.live(), NEW);
    }
}

fn counts(call: &str, line: &str) -> bool {
    crate::sweep::changes(call, line) || matches!(call, "linkat" | "fchown")
}

/// Each live file is the old one or the new one, whole; the old bytes are never lost; running again finishes.
fn judge_swap(path: &Path, from: [&str; 2], to: [&str; 2], again: impl Fn(&Disk<'_>) -> Done) {
    let disk = Disk::at(path);
    for at in 0..2 {
        let live = &disk.live()[at];
        assert!(*live == from[at] || *live == to[at], "{live}");
        let kept = disk.places()[at].generations().unwrap();
        let holds =
            |number: &u32| fs::read_to_string(path.join(format!("{}.g{number}", NAMES[at]))).unwrap() == from[at];
        assert!(*live == from[at] || kept.iter().any(holds), "{:?}", disk.names());
    }
    again(&disk);
    assert_eq!(disk.live(), to);
    assert!(disk.names().iter().all(|name| !name.ends_with("tmp")), "{:?}", disk.names());
    assert_eq!(again(&disk), Done::Already);
}

#[test]
fn a_killed_swap_is_finished_by_the_next_run() {
    let prepare = |path: &Path| drop(Disk::with_pair(path));
    sweep_prepared("swaps::child_swaps", prepare, counts, |path| {
        judge_swap(path, OLD, NEW, |disk| disk.swap(NEW).unwrap());
        assert_eq!(Disk::at(path).places()[0].generations().unwrap(), [1]);
    });
}

#[test]
fn a_killed_way_back_is_finished_by_the_next_run() {
    // Back and forth once, so that generations exist as files of their own.
    let prepare = |path: &Path| {
        let disk = Disk::with_pair(path);
        disk.swap(NEW).unwrap();
        disk.restore(1).unwrap();
        disk.swap(NEW).unwrap();
    };
    sweep_prepared("swaps::child_goes_back", prepare, counts, |path| {
        judge_swap(path, NEW, OLD, |disk| disk.restore(1).unwrap());
        assert_eq!(Disk::at(path).places()[0].generations().unwrap(), [1, 2]);
    });
}

#[test]
fn a_killed_reclaim_is_finished_by_the_next_run() {
    let prepare = |path: &Path| {
        Disk::with_pair(path).swap(NEW).unwrap();
    };
    sweep_prepared("swaps::child_reclaims", prepare, counts, |path| {
        let disk = Disk::at(path);
        assert_eq!(disk.live(), NEW);
        disk.reclaim(1).unwrap();
        assert_eq!(disk.names(), ["server.crt", "server.key"]);
    });
}
