use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

struct State {
    base: tempfile::TempDir,
    lock: StateLock,
}

impl State {
    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let lock = StateLock::acquire(&Directory::open(base.path()).unwrap()).unwrap();
        Self { base, lock }
    }

    fn directory(&self) -> Directory {
        Directory::private(&self.base.path().join("log")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.path().join("log").join(name)
    }

    fn open(&self) -> Found {
        Ledger::open_or_make(self.directory(), &self.lock).unwrap()
    }
}

#[test]
fn lines_come_back_as_they_were_appended() {
    let state = State::new();
    let mut ledger = state.open().ledger;
    ledger.append(b"one").unwrap();
    ledger.append(b"two").unwrap();
    drop(ledger);
    let mut found = state.open();
    assert_eq!((found.lines.as_slice(), found.dropped, found.head), (&b"one\ntwo\n"[..], None, None));
    found.ledger.append(b"three").unwrap();
    assert_eq!(std::fs::read(state.path(LINES)).unwrap(), b"one\ntwo\nthree\n");
}

#[test]
fn a_torn_last_line_is_told_until_the_next_one_takes_its_place() {
    for (whole, tail) in [("one\n", "tw"), ("", "on"), ("one\ntwo\n", "\0\0")] {
        let state = State::new();
        drop(state.open());
        std::fs::write(state.path(LINES), format!("{whole}{tail}")).unwrap();
        drop(state.open());
        let mut found = state.open();
        assert_eq!(found.lines, whole.as_bytes());
        assert_eq!(found.dropped, Some(Digest::of(tail.as_bytes())));
        assert_eq!(std::fs::read(state.path(LINES)).unwrap(), format!("{whole}{tail}").as_bytes());
        found.ledger.append(b"next").unwrap();
        assert_eq!(state.open().lines, format!("{whole}next\n").as_bytes());
        assert_eq!(state.open().dropped, None);
    }
}

#[test]
fn the_signed_head_is_replaced_whole() {
    let state = State::new();
    let ledger = state.open().ledger;
    ledger.write_head(b"head of 1").unwrap();
    assert_eq!(state.open().head.as_deref(), Some(&b"head of 1"[..]));
    ledger.write_head(b"head of 2").unwrap();
    assert_eq!(state.open().head.as_deref(), Some(&b"head of 2"[..]));
    assert_eq!(std::fs::read_dir(state.path("")).unwrap().count(), 2);
}

#[test]
fn a_file_that_somebody_else_wrote_into_is_left_alone() {
    let changes: [fn(&State); 4] = [
        |state| std::fs::write(state.path(LINES), b"one\nforged\n").unwrap(),
        |state| std::fs::write(state.path(LINES), b"").unwrap(),
        |state| {
            std::fs::rename(state.path(LINES), state.path("moved")).unwrap();
            std::fs::write(state.path(LINES), b"one\n").unwrap();
        },
        |state| {
            std::fs::rename(state.path(LINES), state.path("moved")).unwrap();
            symlink("moved", state.path(LINES)).unwrap();
        },
    ];
    for change in changes {
        let state = State::new();
        let mut ledger = state.open().ledger;
        ledger.append(b"one").unwrap();
        change(&state);
        let before = std::fs::read(state.path(LINES)).unwrap();
        assert_eq!(ledger.append(b"two").unwrap_err().reason().code, "STORAGE_CHANGED");
        assert_eq!(ledger.append(b"two").unwrap_err().reason().code, "LOG_BROKEN");
        assert_eq!(std::fs::read(state.path(LINES)).unwrap(), before);
    }
}

#[test]
fn a_missing_or_linked_log_is_not_opened() {
    let state = State::new();
    let refused = Ledger::open(state.directory(), &state.lock).unwrap_err();
    assert_eq!(refused.reason().code, "STORAGE_MISSING");
    std::fs::write(state.path("elsewhere"), b"one\n").unwrap();
    symlink("elsewhere", state.path(LINES)).unwrap();
    let refused = Ledger::open(state.directory(), &state.lock).unwrap_err();
    assert_eq!(refused.reason().code, "STORAGE_NOT_REGULAR");
}
