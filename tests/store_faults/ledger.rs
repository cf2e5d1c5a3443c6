//! The log on disk: full, read-only, failing, and killed at each system call.

use std::path::Path;
use std::time::Duration;

use airlock::audit::log::Journal as _;
use airlock::devices::ledger::Ledger;
use airlock::devices::store::{Directory, StateLock, StoreError};

use crate::mounts::Mounted;
use crate::sweep::{child, sweep};

const LINES: [&[u8]; 3] = [&[b'a'; 3000], b"b", &[b'c'; 9000]];

struct Opened {
    ledger: Ledger,
    lines: Vec<u8>,
    head: Option<Vec<u8>>,
    _lock: StateLock,
}

fn open(state: &Path) -> Opened {
    let state = Directory::open(state).unwrap();
    let lock = lock(&state);
    let found = Ledger::open_or_make(state.private_within("log").unwrap(), &lock).unwrap();
    Opened { ledger: found.ledger, lines: found.lines, head: found.head, _lock: lock }
}

/// A child that another test is just starting holds the lock until it has become another program.
fn lock(state: &Directory) -> StateLock {
    let tried = (0..100).find_map(|_| match StateLock::acquire(state) {
        Err(StoreError::Locked(_)) => {
            std::thread::sleep(Duration::from_millis(10));
            None
        }
        done => Some(done.unwrap()),
    });
    tried.expect("the lock")
}

fn whole(count: usize) -> Vec<u8> {
    LINES[..count].iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect()
}

/// What a child that was killed had acknowledged: it names each line after its append returned.
fn acknowledged(state: &Path) -> usize {
    (0..LINES.len()).take_while(|at| state.join(format!("done-{at}")).exists()).count()
}

#[test]
fn child_appends() {
    child(|path| {
        let mut opened = open(path);
        for (at, line) in LINES.iter().enumerate() {
            opened.ledger.append(line).unwrap();
            std::fs::File::create(path.join(format!("done-{at}"))).unwrap();
        }
        opened.ledger.write_head(b"one").unwrap();
        opened.ledger.write_head(b"two").unwrap();
    });
}

#[test]
fn a_killed_append_loses_nothing_acknowledged_and_leaves_nothing_torn() {
    sweep("ledger::child_appends", |path| {
        let acknowledged = acknowledged(path);
        let mut opened = open(path);
        let found = (0..=LINES.len()).find(|count| opened.lines == whole(*count)).expect("whole lines");
        assert!(found >= acknowledged, "{found} of {acknowledged}");
        assert!(opened.head.is_none() || found == LINES.len());
        assert!(opened.head.as_deref().is_none_or(|head| head == b"one" || head == b"two"));
        opened.ledger.append(b"next").unwrap();
        opened.ledger.write_head(b"three").unwrap();
        drop(opened);
        let again = open(path);
        assert_eq!(again.lines, [whole(found), b"next\n".to_vec()].concat());
        assert_eq!(again.head.as_deref(), Some(&b"three"[..]));
    });
}

#[test]
fn a_full_disk_keeps_the_lines_before_and_takes_more_when_it_has_room() {
    for pages in 1..=5 {
        let Some(disk) = Mounted::tmpfs(&format!("mode=700,size={}k", pages * 4)) else { return };
        let mut opened = open(&disk.path());
        let ballast = disk.path().join("ballast");
        std::fs::write(&ballast, [0; 4096]).unwrap_or_default();
        let mut kept = 0;
        let refused = LINES.iter().find_map(|line| match opened.ledger.append(line) {
            Ok(()) => {
                kept += 1;
                None
            }
            Err(e) => Some(e.reason().code),
        });
        assert_eq!(refused.is_some(), pages <= 3, "{pages}");
        assert!(refused.is_none_or(|code| code == "STORAGE_FULL"));
        let log = disk.path().join("log/entries.jsonl");
        assert_eq!(std::fs::read(&log).unwrap(), whole(kept));
        std::fs::remove_file(&ballast).unwrap();
        opened.ledger.append(b"next").unwrap();
        drop(opened);
        assert_eq!(open(&disk.path()).lines, [whole(kept), b"next\n".to_vec()].concat());
    }
}

#[test]
fn a_disk_too_full_for_a_head_keeps_the_old_one() {
    let Some(disk) = Mounted::tmpfs("mode=700,nr_inodes=6") else { return };
    let opened = open(&disk.path());
    opened.ledger.write_head(b"one").unwrap();
    let blocks: Vec<_> = (0..9).map(|at| disk.path().join(format!("b{at}"))).collect();
    let made = blocks.iter().take_while(|path| std::fs::File::create(path).is_ok()).count();
    assert!(made < blocks.len());
    assert_eq!(refusal_of(opened.ledger.write_head(b"two")), "STORAGE_FULL");
    drop(opened);
    std::fs::remove_file(&blocks[0]).unwrap();
    let opened = open(&disk.path());
    assert_eq!(opened.head.as_deref(), Some(&b"one"[..]));
    opened.ledger.write_head(b"two").unwrap();
}

#[test]
fn a_read_only_disk_is_named_as_such() {
    let Some(disk) = Mounted::tmpfs("mode=700") else { return };
    let mut opened = open(&disk.path());
    opened.ledger.append(b"one").unwrap();
    drop(opened);
    assert!(disk.remount("ro"));
    let state = Directory::open(&disk.path()).unwrap();
    let refused = StateLock::acquire(&state).map(drop);
    assert_eq!(refusal_of(refused), "STORAGE_READ_ONLY");
}

#[test]
fn a_disk_that_fails_breaks_the_ledger_and_keeps_the_lines_before() {
    let Some(disk) = Mounted::ext4(16) else { return };
    std::fs::create_dir(disk.path().join("state")).unwrap();
    let state = disk.path().join("state");
    let mut opened = open(&state);
    opened.ledger.append(LINES[0]).unwrap();
    if !Mounted::shut_down(&disk.path()) {
        eprintln!("skipped: no xfs_io to shut a file system down");
        return;
    }
    assert!(matches!(opened.ledger.append(LINES[1]).unwrap_err().reason().code, "STORAGE_IO" | "STORAGE_READ_ONLY"));
    assert_eq!(opened.ledger.append(LINES[1]).unwrap_err().reason().code, "LOG_BROKEN");
    drop(opened);
    assert!(disk.unmount() && disk.mount_again());
    assert_eq!(open(&state).lines, whole(1));
}

fn refusal_of<E: airlock::refusal::Refusal>(done: Result<(), E>) -> &'static str {
    done.unwrap_err().reason().code
}
