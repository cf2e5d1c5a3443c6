//! The local disk.

use airlock::devices::store::{Directory, StoreError};
use airlock::refusal::Refusal as _;

use crate::mounts::Mounted;

static BYTES: [u8; 40_000] = [7; 40_000];

/// After a refusal nothing is there; after success the whole file is. Returns whether it was success.
fn all_or_nothing(here: &Directory, done: Result<(), StoreError>, code: &str) -> bool {
    match done {
        Ok(()) => {
            assert_eq!(here.read("file", 1 << 20).unwrap().as_slice(), BYTES);
            true
        }
        Err(e) => {
            assert_eq!(e.reason().code, code, "{e}");
            assert_eq!(here.entries().unwrap(), [], "{e}");
            false
        }
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let mut outcomes = Vec::new();
    for pages in 1..=14 {
        let Some(disk) = Mounted::tmpfs(&format!("size={}k", pages * 4)) else { return };
        let here = Directory::open(&disk.path()).unwrap();
        outcomes.push(all_or_nothing(&here, here.create_new("file", &BYTES, 0o600), "STORAGE_FULL"));
    }
    assert!(outcomes.is_sorted() && !outcomes[0] && outcomes[13], "{outcomes:?}");
}

#[test]
fn a_disk_without_inodes_leaves_nothing_behind() {
    for (inodes, enough) in [(1, false), (2, true), (3, true)] {
        let Some(disk) = Mounted::tmpfs(&format!("nr_inodes={inodes}")) else { return };
        let here = Directory::open(&disk.path()).unwrap();
        let done = here.create_new("file", &BYTES, 0o600);
        assert_eq!(all_or_nothing(&here, done, "STORAGE_FULL"), enough);
    }
}

#[test]
fn no_private_directory_without_an_inode() {
    let Some(disk) = Mounted::tmpfs("nr_inodes=1") else { return };
    let refused = Directory::private(&disk.path().join("a/b")).unwrap_err();
    assert_eq!(refused.reason().code, "STORAGE_FULL");
}

#[test]
fn a_read_only_disk_is_named_as_such() {
    let Some(disk) = Mounted::tmpfs("mode=700") else { return };
    let here = Directory::private(&disk.path().join("state")).unwrap();
    here.create_new("old", b"old", 0o600).unwrap();
    assert!(disk.remount("ro"));
    assert_eq!(here.create_new("file", &BYTES, 0o600).unwrap_err().reason().code, "STORAGE_READ_ONLY");
    assert_eq!(here.private_within("more").unwrap_err().reason().code, "STORAGE_READ_ONLY");
    assert_eq!(here.create_or_same("old", b"new", 0o600).unwrap_err().reason().code, "OUTPUT_DIFFERS");
    here.create_or_same("old", b"old", 0o600).unwrap();
    Directory::private(&disk.path().join("state")).unwrap();
    assert!(disk.remount("rw"));
    here.create_new("file", &BYTES, 0o600).unwrap();
}

#[test]
fn a_disk_that_fails_is_named_as_such() {
    let Some(disk) = Mounted::ext4(16) else { return };
    let here = Directory::open(&disk.path()).unwrap();
    here.create_new("before", &BYTES, 0o600).unwrap();
    if !Mounted::shut_down(&disk.path()) {
        eprintln!("skipped: no xfs_io to shut a file system down");
        return;
    }
    assert_eq!(here.create_new("file", &BYTES, 0o600).unwrap_err().reason().code, "STORAGE_IO");
    drop(here);
    assert!(disk.unmount() && disk.mount_again());
    let here = Directory::open(&disk.path()).unwrap();
    assert_eq!(here.read("before", 1 << 20).unwrap().as_slice(), BYTES);
    assert!(!here.holds("file").unwrap());
}
