//! Where transfers are kept, on a disk that fills up meanwhile.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use airlock::audit::detail::{Exported, Verb};
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::desk::host::{Desk, Senses};
use airlock::desk::outbox;
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::devices::store::NewFile;
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

/// Keeps the payload while `meanwhile` happens after its last byte, and writes it down.
fn keep(desk: &mut Desk, meanwhile: impl FnOnce()) -> Result<Cover, Refused> {
    let make = |_: &mut Desk, payload: &mut NewFile<'_>| {
        payload.write_all(&PAYLOAD)?;
        meanwhile();
        Ok(cover())
    };
    outbox::keep(desk, make, |desk, cover| {
        let named = Exported { medium: "stick".to_owned(), statement: cover.statement().id() };
        desk.note(&Actor::system(), None, Event::ExportIntent(named))?;
        Ok(cover.clone())
    })
}

/// Writes so much into the log that its next entry needs another page.
fn fill_page(desk: &mut Desk, disk: &Path) {
    let lines = disk.join("state/log/entries.jsonl");
    let verb = |length| Event::LogViewed(Verb { verb: "v".repeat(length) });
    desk.note(&Actor::system(), None, verb(0)).unwrap();
    let of_entry = fs::metadata(&lines).unwrap().len();
    let more = PAGE - (2 * of_entry) % PAGE - 1;
    desk.note(&Actor::system(), None, verb(more as usize)).unwrap();
    let free = PAGE - fs::metadata(&lines).unwrap().len() % PAGE;
    assert!(free < of_entry, "{free} bytes are free, and an entry has {of_entry}");
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
fn a_transfer_is_kept_whole_and_named_or_not_at_all_wherever_the_disk_is_full() {
    let (mut outcomes, mut of_log) = (Vec::new(), 0);
    for free in 0..10 {
        let Some(disk) = Mounted::tmpfs("size=256k,mode=700") else { return };
        let mut desk = desk(&disk.path());
        fill_page(&mut desk, &disk.path());
        let there = disk.path().join("state/outbox");
        fs::create_dir(&there).unwrap();
        fs::set_permissions(&there, Permissions::from_mode(0o700)).unwrap();
        let entries = desk.entries().len();
        fill(&disk.path(), free);
        match keep(&mut desk, || {}) {
            Ok(cover) => {
                assert_eq!(names(&there.join(cover.statement().id().to_string())).len(), 3);
                assert_eq!(desk.entries().len(), entries + 1);
            }
            Err(refused) => {
                assert_eq!(refused.reason().code, "STORAGE_FULL", "{refused}");
                assert!(names(&there).is_empty(), "{free} free: {:?}", names(&there));
                assert_eq!(desk.entries().len(), entries);
                of_log += usize::from(refused.to_string().contains("entries.jsonl"));
                // With room again it is kept.
                fs::remove_file(disk.path().join("ballast")).unwrap();
                keep(&mut desk, || {}).unwrap();
                assert_eq!(names(&there).len(), 1);
                outcomes.push(false);
                continue;
            }
        }
        outcomes.push(true);
    }
    assert!(outcomes.is_sorted() && !outcomes[0] && outcomes[9], "{outcomes:?}");
    assert_eq!(of_log, 1, "once the three files have room and their entry has none");
}

#[test]
fn what_was_kept_before_stays_where_it_cannot_be_kept_again() {
    let Some(disk) = Mounted::tmpfs("size=256k,mode=700") else { return };
    let mut desk = desk(&disk.path());
    let id = keep(&mut desk, || {}).unwrap().statement().id();
    let there = disk.path().join("state/outbox").join(id.to_string());
    fs::remove_file(there.join(cover().set().statement_name())).unwrap();
    let refused = keep(&mut desk, || fill(&disk.path(), 0)).unwrap_err();
    assert_eq!(refused.reason().code, "STORAGE_FULL", "{refused}");
    assert_eq!(names(&there).len(), 2);
    fs::remove_file(disk.path().join("ballast")).unwrap();
    keep(&mut desk, || {}).unwrap();
    assert_eq!(desk.kept(&id).unwrap().files[0].1, PAYLOAD);
}

#[test]
fn whoever_asks_for_what_was_never_made_leaves_nothing_behind() {
    let base = tempfile::tempdir().unwrap();
    let mut desk = desk(base.path());
    let refused = desk.kept(&Digest::of(b"never")).unwrap_err();
    assert_eq!(refused.reason().code, "DISPATCH_UNKNOWN");
    assert!(names(&base.path().join("state/outbox")).is_empty());
    let id = keep(&mut desk, || {}).unwrap().statement().id();
    assert_eq!(desk.kept(&id).unwrap().statement, *cover().statement());
}
