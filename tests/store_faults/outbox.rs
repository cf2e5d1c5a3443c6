//! Where transfers are kept, on a disk that fills up meanwhile.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use airlock::audit::entry::Side;
use airlock::desk::dispatch::Outbox;
use airlock::desk::host::{Desk, Senses};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::dispatch::{Address, Cover};
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::trace::Trace;
use airlock::exchange::transfer::Payload;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;

use crate::mounts::Mounted;

const PAGE: u64 = 4096;
/// Five pages.
static PAYLOAD: [u8; 20_000] = [7; 20_000];

fn desk(disk: &Path) -> Desk {
    let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
    Desk::make(&disk.join("state"), Side::Offline, &"ca:root-ca-01".parse().unwrap(), senses).unwrap()
}

fn cover() -> Cover {
    let now: Timestamp = "2025-07-22T03:20:00Z".parse().unwrap();
    let address = Address {
        trace: Trace::new(now, [1, 2, 3, 4, 5]),
        from: "cluster:prod-1".parse().unwrap(),
        to: "ca:root-ca-01".parse().unwrap(),
        items: 1,
        expires: now.plus(3600),
    };
    let key = SoftwareKey::from_seed(&zeroize::Zeroizing::new([9; 32])).unwrap();
    Cover::sign::<CsrBundle>(address, Digest::of(&PAYLOAD), Payload::Zip, &key).unwrap()
}

/// Keeps the payload while `meanwhile` happens after its last byte.
fn keep(outbox: &Outbox, meanwhile: impl FnOnce()) -> Result<Cover, Refused> {
    outbox.keep(|payload| {
        payload.write_all(&PAYLOAD)?;
        meanwhile();
        Ok(cover())
    })
}

/// Fills the disk up to so many free pages.
fn fill(disk: &Path, free: u64) {
    let mut ballast = File::create(disk.join("ballast")).unwrap();
    while ballast.write_all(&[0; PAGE as usize]).is_ok() {}
    let full = ballast.metadata().unwrap().len() / PAGE;
    ballast.set_len((full - free) * PAGE).unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_transfer_is_kept_whole_or_not_at_all_wherever_the_disk_is_full() {
    let mut outcomes = Vec::new();
    for free in 0..9 {
        let Some(disk) = Mounted::tmpfs("size=256k,mode=700") else { return };
        let desk = desk(&disk.path());
        let outbox = desk.outbox().unwrap();
        let there = disk.path().join("state/outbox");
        fill(&disk.path(), free);
        match keep(&outbox, || {}) {
            Ok(cover) => assert_eq!(names(&there.join(cover.statement().id().to_string())).len(), 3),
            Err(refused) => {
                assert_eq!(refused.reason().code, "STORAGE_FULL", "{refused}");
                assert!(names(&there).is_empty(), "{free} free: {:?}", names(&there));
            }
        }
        outcomes.push(!names(&there).is_empty());
    }
    assert!(outcomes.is_sorted() && !outcomes[0] && outcomes[8], "{outcomes:?}");
}

#[test]
fn what_was_kept_before_stays_where_it_cannot_be_kept_again() {
    let Some(disk) = Mounted::tmpfs("size=256k,mode=700") else { return };
    let desk = desk(&disk.path());
    let outbox = desk.outbox().unwrap();
    let id = keep(&outbox, || {}).unwrap().statement().id();
    let there = disk.path().join("state/outbox").join(id.to_string());
    fs::remove_file(there.join(cover().set().statement_name())).unwrap();
    let refused = keep(&outbox, || fill(&disk.path(), 0)).unwrap_err();
    assert_eq!(refused.reason().code, "STORAGE_FULL", "{refused}");
    assert_eq!(names(&there).len(), 2);
    fs::remove_file(disk.path().join("ballast")).unwrap();
    keep(&outbox, || {}).unwrap();
    assert_eq!(desk.kept(&id).unwrap().files[0].1, PAYLOAD);
}

#[test]
fn whoever_asks_for_what_was_never_made_leaves_nothing_behind() {
    let base = tempfile::tempdir().unwrap();
    let desk = desk(base.path());
    let refused = desk.kept(&Digest::of(b"never")).unwrap_err();
    assert_eq!(refused.reason().code, "DISPATCH_UNKNOWN");
    assert!(names(&base.path().join("state/outbox")).is_empty());
    let id = keep(&desk.outbox().unwrap(), || {}).unwrap().statement().id();
    assert_eq!(desk.kept(&id).unwrap().statement, *cover().statement());
}
