use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::*;
use crate::audit::detail::{Exported, Verb};
use crate::audit::entry::{Actor, Side};
use crate::audit::event::Event;
use crate::desk::host::Senses;
use crate::devices::clock::{Clock, ClockError, Reading, SystemClock};
use crate::devices::entropy::SystemEntropy;
use crate::exchange::csr_bundle::CsrBundle;
use crate::exchange::dispatch::Address;
use crate::exchange::signature::private_key::SoftwareKey;
use crate::exchange::trace::Trace;
use crate::exchange::transfer::Payload;
use crate::wire::time::Timestamp;

const PAYLOAD: &[u8] = b"PK\x03\x04";

/// A clock that tells the time so often and no more: an entry that needs it is not written.
struct Failing(Arc<AtomicI32>);

impl Clock for Failing {
    fn read(&self) -> Result<Reading, ClockError> {
        if self.0.fetch_sub(1, Ordering::Relaxed) > 0 { SystemClock.read() } else { Err(ClockError::OutOfRange) }
    }
}

/// A host, and how often it may write something down.
fn host() -> (tempfile::TempDir, Desk, Arc<AtomicI32>) {
    let (base, left) = (tempfile::tempdir().unwrap(), Arc::new(AtomicI32::new(i32::MAX)));
    let senses = Senses { clock: Box::new(Failing(Arc::clone(&left))), entropy: Box::new(SystemEntropy) };
    let party = "ca:root-ca-01".parse().unwrap();
    let desk = Desk::make(&base.path().join("state"), Side::Offline, &party, senses).unwrap();
    (base, desk, left)
}

/// The transfer of this number.
fn dispatch(number: u8) -> Dispatch {
    let now: Timestamp = "2025-07-22T03:20:00Z".parse().unwrap();
    let address = Address {
        trace: Trace::new(now, [number; 5]),
        from: "cluster:prod-1".parse().unwrap(),
        to: "ca:root-ca-01".parse().unwrap(),
        items: 1,
        expires: now.plus(3600),
    };
    let key = SoftwareKey::from_seed(&zeroize::Zeroizing::new([9; 32])).unwrap();
    Dispatch::sign::<CsrBundle>(address, PAYLOAD.to_vec(), Payload::Zip, &key).unwrap()
}

fn id(number: u8) -> Digest {
    dispatch(number).statement().id()
}

/// An entry that names the transfer of this number.
fn names(desk: &mut Desk, number: u8) -> Result<u64, Refused> {
    let exported = Exported { medium: "stick".to_owned(), statement: id(number) };
    desk.note(&Actor::system(), None, Event::ExportIntent(exported))
}

fn keep_and_name(desk: &mut Desk, number: u8) -> Result<u64, Refused> {
    desk.keep(&dispatch(number), |desk| names(desk, number))
}

fn listed(folder: &Directory) -> Vec<String> {
    folder.entries().unwrap().into_iter().map(|one| one.name).collect()
}

fn kept(desk: &Desk) -> Vec<String> {
    listed(&desk.outbox().unwrap().0)
}

fn code<T>(done: Result<T, Refused>) -> &'static str {
    done.map_or_else(|refused| refused.reason().code, |_| "")
}

#[test]
fn a_payload_lies_in_the_outbox_once_its_statement_is_signed_and_not_before() {
    let (_base, mut desk, _) = host();
    let unsigned = keep(
        &mut desk,
        |desk, payload| {
            payload.write_all(PAYLOAD)?;
            assert!(kept(desk)[0].starts_with(".payload."), "it goes to disk while it is made");
            Err::<Cover, _>(crate::desk::dispatch::DispatchError::Unknown.into())
        },
        |_, _| -> Result<(), _> { panic!("what was not signed is not written down") },
    );
    assert_eq!(code(unsigned), "DISPATCH_UNKNOWN");
    assert!(kept(&desk).is_empty(), "nothing is left of what was not signed");
    keep_and_name(&mut desk, 1).unwrap();
    keep_and_name(&mut desk, 1).unwrap();
    let name = id(1).to_string();
    assert_eq!(kept(&desk), [name.as_str()]);
    let (folder, [payload, statement, signature]) =
        (desk.outbox().unwrap().folder(&id(1)).unwrap(), dispatch(1).cover().set().names());
    assert_eq!(listed(&folder), [statement, signature, payload.clone()]);
    assert_eq!(folder.read(&payload, 9).unwrap().as_slice(), PAYLOAD);
    std::fs::write(folder.path().join(&payload), b"PK..").unwrap();
    assert_eq!(code(keep_and_name(&mut desk, 1)), "OUTPUT_DIFFERS");
    assert_eq!(folder.read(&payload, 9).unwrap().as_slice(), b"PK..");
}

#[test]
fn what_the_log_does_not_take_goes_and_what_it_names_stays() {
    let (_base, mut desk, left) = host();
    keep_and_name(&mut desk, 1).unwrap();
    left.store(0, Ordering::Relaxed);
    for number in 2..5 {
        assert_eq!(code(keep_and_name(&mut desk, number)), "CLOCK_OUT_OF_RANGE");
        assert_eq!(kept(&desk), [id(1).to_string()], "try {number}");
        assert_eq!(code(desk.kept(&id(number))), "DISPATCH_UNKNOWN");
    }
    // Named, and then something else failed.
    left.store(1, Ordering::Relaxed);
    let late = desk.keep(&dispatch(2), |desk| {
        names(desk, 2)?;
        names(desk, 2)
    });
    assert_eq!(code(late), "CLOCK_OUT_OF_RANGE");
    assert_eq!(kept(&desk).len(), 2);
    assert_eq!(desk.kept(&id(2)).unwrap().files[0].1, PAYLOAD);
    left.store(i32::MAX, Ordering::Relaxed);
    keep_and_name(&mut desk, 3).unwrap();
    assert_eq!(kept(&desk).len(), 3);
}

#[test]
fn what_a_killed_run_left_goes_with_the_next_that_is_kept() {
    let (base, mut desk, _) = host();
    keep_and_name(&mut desk, 1).unwrap();
    let outbox = desk.outbox().unwrap();
    // Killed before the entry, and in the middle of the three files.
    for number in 2..4 {
        outbox
            .keep(|payload| {
                payload.write_all(PAYLOAD)?;
                Ok(dispatch(number).cover().clone())
            })
            .unwrap();
    }
    let signature = dispatch(3).cover().set().signature_name();
    std::fs::remove_file(outbox.folder(&id(3)).unwrap().path().join(signature)).unwrap();
    std::fs::create_dir(outbox.0.path().join("of-somebody-else")).unwrap();
    drop(desk);
    let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
    let mut desk = Desk::open_unborn(&base.path().join("state"), Side::Offline, senses).unwrap();
    assert_eq!(kept(&desk).len(), 4, "to look removes nothing");
    for number in 2..4 {
        let trace = dispatch(number).statement().lines().trace.clone();
        assert!(desk.made_here(&trace).is_err(), "it is offered to nobody");
    }
    keep_and_name(&mut desk, 4).unwrap();
    let swept = desk.entries().iter().filter_map(|entry| match &entry.event {
        Event::OutboxSwept(swept) => Some(swept.statements.iter().copied().collect::<BTreeSet<_>>()),
        _ => None,
    });
    assert_eq!(swept.collect::<Vec<_>>(), [BTreeSet::from([id(2), id(3)])], "and it is written down, once");
    keep_and_name(&mut desk, 4).unwrap();
    assert_eq!(kept(&desk).len(), 3);
    for number in [1, 4] {
        assert_eq!(desk.kept(&id(number)).unwrap().files[0].1, PAYLOAD);
    }
    assert!(kept(&desk).contains(&"of-somebody-else".to_owned()));
}

#[test]
fn where_the_log_may_name_it_all_the_same_nothing_goes() {
    let (base, mut desk, _) = host();
    let lines = base.path().join("state/log/entries.jsonl");
    let meddled = desk.keep(&dispatch(1), |desk| {
        std::fs::write(&lines, "{\n").unwrap();
        names(desk, 1)
    });
    assert_eq!(code(meddled), "STORAGE_CHANGED");
    assert_eq!(kept(&desk), [id(1).to_string()]);
    // Nor does another come to lie beside it, at each try.
    assert_eq!(code(keep_and_name(&mut desk, 2)), "LOG_BROKEN");
    assert_eq!(kept(&desk), [id(1).to_string()]);
}

#[test]
fn blobs_go_and_stay_by_the_same_rule() {
    let (base, mut desk, left) = host();
    let held = || std::fs::read_dir(base.path().join("state/objects")).unwrap().count();
    let name = |desk: &mut Desk, blob: &[u8]| {
        let verb = format!("of {}", Digest::of(blob));
        desk.note(&Actor::system(), None, Event::LogViewed(Verb { verb }))
    };
    desk.hold(&[b"one"], |desk| name(desk, b"one")).unwrap();
    let before = desk.objects().put(b"before").unwrap();
    left.store(0, Ordering::Relaxed);
    for blobs in [[&b"one"[..], b"two"], [b"two", b"three"], [b"before", b"two"]] {
        assert_eq!(code(desk.hold(&blobs, |desk| name(desk, blobs[1]))), "CLOCK_OUT_OF_RANGE");
        assert_eq!(held(), 2);
    }
    assert!(desk.objects().get(&before).is_ok() && desk.objects().get(&Digest::of(b"one")).is_ok());
    // Named, and then something else failed.
    left.store(1, Ordering::Relaxed);
    let late = desk.hold(&[b"two", b"three"], |desk| {
        name(desk, b"three")?;
        name(desk, b"two")
    });
    assert_eq!(code(late), "CLOCK_OUT_OF_RANGE");
    assert!(desk.objects().get(&Digest::of(b"three")).is_ok());
    assert_eq!((held(), code(desk.objects().get(&Digest::of(b"two")).map_err(Into::into))), (3, "OBJECT_MISSING"));
}
