//! Killed at each system call.

use airlock::devices::media::Medium;
use airlock::devices::store::{Directory, StateLock};

use crate::sweep::{child, sweep};
use crate::transfer::{grammar, set};

const PAYLOAD: [u8; 10_000] = [7; 10_000];

#[test]
fn child_creates() {
    child(|path| Directory::open(path).unwrap().create_new("file", &PAYLOAD, 0o600).unwrap());
}

#[test]
fn child_exports() {
    child(|path| Medium::open(path).unwrap().export(&set(&PAYLOAD), grammar).unwrap());
}

#[test]
fn a_killed_create_is_whole_or_not_at_all() {
    sweep("kills::child_creates", |path| {
        let here = Directory::open(path).unwrap();
        if here.holds("file").unwrap() {
            assert_eq!(here.read("file", 1 << 20).unwrap().as_slice(), PAYLOAD);
        }
        let _lock = StateLock::acquire(&here).unwrap();
        here.create_or_same("file", &PAYLOAD, 0o600).unwrap();
        let names: Vec<_> = here.entries().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["file", "lock"]);
    });
}

#[test]
fn a_killed_export_is_signed_only_when_whole() {
    sweep("kills::child_exports", |path| {
        let here = Directory::open(path).unwrap();
        let whole = |name: &str, bytes: &[u8]| {
            !here.holds(name).unwrap() || here.read(name, 1 << 20).unwrap().as_slice() == bytes
        };
        assert!(whole("T.ZIP", &PAYLOAD) && whole("T.TXT", b"statement") && whole("T.SIG", b"signature"));
        assert!(!here.holds("T.SIG").unwrap() || (here.holds("T.ZIP").unwrap() && here.holds("T.TXT").unwrap()));
        Medium::open(path).unwrap().export(&set(&PAYLOAD), grammar).unwrap();
        let names: Vec<_> = here.entries().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["T.SIG", "T.TXT", "T.ZIP"]);
    });
}
