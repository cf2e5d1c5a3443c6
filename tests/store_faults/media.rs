//! Removable media.

use std::time::Duration;

use airlock::devices::media::Medium;
use airlock::devices::media::export::{Outgoing, OutgoingSet};
use airlock::devices::media::intake::Limits;
use airlock::devices::store::Directory;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;

use crate::mounts::Mounted;
use crate::transfer::{grammar, set};

fn names(here: &Directory) -> Vec<String> {
    here.entries().unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_medium_without_room_stays_empty() {
    let payload = [7; 20_000];
    for (size, expected) in [("32k", Some("MEDIA_ROOM")), ("64k", None)] {
        let Some(stick) = Mounted::tmpfs(&format!("size={size}")) else { return };
        let medium = Medium::open(&stick.path()).unwrap();
        let done = medium.export(&set(&payload), grammar);
        assert_eq!(done.as_ref().err().map(|e| e.reason().code), expected);
        assert_eq!(names(&Directory::open(&stick.path()).unwrap()).is_empty(), expected.is_some());
    }
}

#[test]
fn a_medium_that_runs_full_keeps_nothing() {
    for inodes in 1..=5 {
        let Some(stick) = Mounted::tmpfs(&format!("nr_inodes={inodes}")) else { return };
        let done = Medium::open(&stick.path()).unwrap().export(&set(b"payload"), grammar);
        let found = names(&Directory::open(&stick.path()).unwrap());
        match done {
            Ok(()) => assert_eq!((inodes >= 4, found.len()), (true, 3)),
            Err(e) => assert_eq!((inodes < 4, e.reason().code, found.len()), (true, "MEDIA_FULL", 0)),
        }
    }
}

#[test]
fn a_write_protected_medium_is_named_as_such() {
    let Some(stick) = Mounted::tmpfs("size=1m") else { return };
    let medium = Medium::open(&stick.path()).unwrap();
    assert!(stick.remount("ro"));
    assert_eq!(medium.export(&set(b"payload"), grammar).unwrap_err().reason().code, "MEDIA_READ_ONLY");
    assert!(stick.remount("rw"));
    medium.export(&set(b"payload"), grammar).unwrap();
    assert!(stick.remount("ro"));
    medium.list(grammar).unwrap().one_transfer().unwrap();
}

#[test]
fn a_medium_unmounted_while_open_has_not_been_written() {
    let Some(stick) = Mounted::tmpfs("size=1m") else { return };
    let medium = Medium::open(&stick.path()).unwrap();
    assert!(stick.unmount());
    // Nobody can look whether it was taken away again.
    assert_eq!(medium.export(&set(b"payload"), grammar).unwrap_err().reason().code, "MEDIA_LEFT");
    assert!(names(&Directory::open(&stick.path()).unwrap()).is_empty());
}

/// Pulls an ext4 out at several moments of an export. It is never called written unless it is, and a signature never
/// stands on it without the other two.
#[test]
fn a_medium_pulled_out_while_it_is_written() {
    let payload: Vec<u8> = (0..4_000_000_u32).map(|i| (i >> 3) as u8).collect();
    for wait in [0, 1, 2, 4, 8, 16, 32, 64, 2000] {
        let Some(stick) = Mounted::ext4(32) else { return };
        let at = stick.path();
        let medium = Medium::open(&at).unwrap();
        let (done, pulled) = std::thread::scope(|scope| {
            let export = scope.spawn(|| medium.export(&set(&payload), grammar));
            std::thread::sleep(Duration::from_millis(wait));
            let pulled = Mounted::shut_down(&at);
            (export.join().unwrap(), pulled)
        });
        if !pulled {
            eprintln!("skipped: no xfs_io to shut a file system down");
            return;
        }
        drop(medium);
        assert!(stick.unmount() && stick.mount_again());
        let here = Directory::open(&at).unwrap();
        let whole = here.read("T.ZIP", 1 << 30).is_ok_and(|found| Digest::of(&found) == Digest::of(&payload))
            && here.read("T.TXT", 99).is_ok_and(|found| found.as_slice() == b"statement");
        match &done {
            Ok(()) => assert!(whole && here.holds("T.SIG").unwrap()),
            // A file system that gives up says that it is read-only now: before the first write it may as well be that.
            Err(e) => assert!(matches!(e.reason().code, "MEDIA_GONE" | "MEDIA_READ_ONLY" | "MEDIA_LEFT"), "{e}"),
        }
        assert!(whole || !here.holds("T.SIG").unwrap(), "after {wait} ms: {done:?}");
        Medium::open(&at).unwrap().export(&set(&payload), grammar).unwrap();
    }
}

#[test]
fn fat_carries_a_transfer() {
    let Some(stick) = Mounted::fat() else { return };
    let payload = [7; 100_000];
    let medium = Medium::open(&stick.path()).unwrap();
    medium.export(&set(&payload), grammar).unwrap();
    let other = OutgoingSet { payload: Outgoing { name: "U.ZIP", bytes: b"" }, ..set(&payload) };
    assert_eq!(medium.export(&other, grammar).unwrap_err().reason().code, "MEDIA_OCCUPIED");
    assert_eq!(medium.export(&set(b"other"), grammar).unwrap_err().reason().code, "MEDIA_OCCUPIED");
    let local = tempfile::tempdir().unwrap();
    let limits = Limits { payload: 100_000, statement: 512, signature: 512 };
    let transfer = medium.list(grammar).unwrap().one_transfer().unwrap();
    let copied = medium.copy_in(&transfer, &limits, &Directory::open(local.path()).unwrap()).unwrap();
    assert_eq!(copied[0].digest, Digest::of(&payload));
}
