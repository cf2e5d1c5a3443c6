use std::path::PathBuf;

use super::*;
use crate::audit::detail::{Genesis, Verb};
use crate::devices::clock::SystemClock;
use crate::devices::entropy::SystemEntropy;
use crate::wire::digest::Digest;

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

fn party() -> Party {
    "ca:root-ca-01".parse().unwrap()
}

fn genesis() -> Event {
    let digest = Digest::of(b"");
    Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] })
}

/// A host that was made and born, and where it lives.
fn host() -> (tempfile::TempDir, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("state");
    let mut desk = Desk::make(&path, Side::Offline, &party(), senses()).unwrap();
    desk.note(&Actor::system(), None, genesis()).unwrap();
    (base, path)
}

fn code(result: Result<Desk, Refused>) -> &'static str {
    result.err().map_or("", |refused| refused.reason().code)
}

#[test]
fn a_host_lives_on_from_process_to_process() {
    let (_base, path) = host();
    let mut desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    assert_eq!((desk.party(), desk.entries().len()), (&party(), 1));
    desk.note(&Actor::system(), None, Event::LogViewed(Verb { verb: "audit list".to_owned() })).unwrap();
    drop(desk);
    assert_eq!(Desk::open(&path, Side::Offline, senses()).unwrap().entries().len(), 2);
}

#[test]
fn a_host_keeps_to_its_side_and_is_made_once() {
    let (_base, path) = host();
    assert_eq!(code(Desk::open(&path, Side::Online, senses())), "HOST_OTHER_SIDE");
    assert_eq!(code(Desk::make(&path, Side::Offline, &party(), senses())), "HOST_MADE");
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "");
}

#[test]
fn nothing_works_before_the_genesis() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("state");
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "HOST_NOT_MADE");
    drop(Desk::make(&path, Side::Offline, &party(), senses()).unwrap());
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "HOST_UNBORN");
    assert_eq!(code(Desk::open_unborn(&path, Side::Offline, senses())), "");
}

#[test]
fn one_process_works_at_a_time() {
    let (_base, path) = host();
    let desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "STATE_LOCKED");
    drop(desk);
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "");
}

#[test]
fn a_torn_last_line_is_cut_off_and_noted() {
    let (_base, path) = host();
    let log = path.join("log/entries.jsonl");
    let mut lines = std::fs::read(&log).unwrap();
    lines.extend(b"{\"actor\":");
    std::fs::write(&log, &lines).unwrap();
    let desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    let expected = Event::LogTailDropped(Object { object: Digest::of(b"{\"actor\":") });
    assert_eq!(desk.entries().last().map(|e| &e.event), Some(&expected));
}

/// A clock that stands so many seconds after now.
struct Set(i64);

impl Clock for Set {
    fn read(&self) -> Result<crate::devices::clock::Reading, ClockError> {
        let read = SystemClock.read()?;
        Ok(crate::devices::clock::Reading { now: read.now.plus(self.0), ..read })
    }
}

fn at(seconds: i64) -> Senses {
    Senses { clock: Box::new(Set(seconds)), ..senses() }
}

#[test]
fn a_torn_last_line_waits_for_a_clock_that_may_write_it_down() {
    let (_base, path) = host();
    let mut desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    let officers = vec!["chen".to_owned(), "li".to_owned()];
    let attested = Event::ClockAttested(crate::audit::detail::ClockAttested { officers, spread_s: 0 });
    desk.note(&Actor::system(), None, attested).unwrap();
    drop(desk);
    let log = path.join("log/entries.jsonl");
    let torn = [std::fs::read(&log).unwrap(), b"{\"actor\":".to_vec()].concat();
    std::fs::write(&log, &torn).unwrap();

    // Behind what people vouched for: the log can be looked at, and takes nothing, whatever stands behind it.
    for _ in 0..2 {
        let mut early = Desk::open(&path, Side::Offline, at(-3600)).unwrap();
        let viewed = Event::LogViewed(Verb { verb: "audit list".to_owned() });
        assert_eq!(early.note(&Actor::system(), None, viewed).unwrap_err().reason().code, "CLOCK_BEFORE_LOG");
        assert_eq!(early.entries().len(), 2);
        assert_eq!(std::fs::read(&log).unwrap(), torn);
    }

    let desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    let expected = Event::LogTailDropped(Object { object: Digest::of(b"{\"actor\":") });
    assert_eq!(desk.entries().last().map(|e| &e.event), Some(&expected));
    drop(desk);
    assert_eq!(Desk::open(&path, Side::Offline, senses()).unwrap().entries().len(), 3);
}

#[test]
fn a_damaged_side_and_a_changed_log_stop_everything() {
    let (_base, path) = host();
    std::fs::write(path.join("side"), "offline ca:ROOT\n").unwrap();
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "HOST_DAMAGED");
    std::fs::write(path.join("side"), "offline ca:root-ca-02\n").unwrap();
    assert_eq!(code(Desk::open(&path, Side::Offline, senses())), "LOG_FOREIGN");
}

#[test]
fn a_refusal_stands_in_the_log_with_its_code() {
    let (_base, path) = host();
    let mut desk = Desk::open(&path, Side::Offline, senses()).unwrap();
    desk.refused("offline sign", None, &DeskError::Unborn.into()).unwrap();
    let last = desk.entries().last().unwrap();
    assert_eq!(last.outcome, Outcome::Denied("HOST_UNBORN".to_owned()));
}
