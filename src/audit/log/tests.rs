use super::*;
use crate::audit::detail::{ClockAttested, Object, Verb};
use crate::audit::entry::{Side, Tool};
use crate::wire::digest::Digest;

#[derive(Default)]
struct Memory(Vec<u8>);

impl Journal for &mut Memory {
    fn append(&mut self, line: &[u8]) -> Result<(), Box<dyn Refusal>> {
        self.0.extend_from_slice(line);
        self.0.push(b'\n');
        Ok(())
    }
}

struct Full;

impl Journal for Full {
    fn append(&mut self, _: &[u8]) -> Result<(), Box<dyn Refusal>> {
        Err(Box::new(LogError::Damaged(0)))
    }
}

#[derive(Debug)]
struct Thing(&'static str);

impl Record for Thing {
    fn event(&self) -> Event {
        Event::LogViewed(Verb { verb: self.0.to_owned() })
    }
}

fn writer() -> Writer {
    Writer {
        host: "ca-host-01".to_owned(),
        side: Side::Offline,
        tool: Tool { sha256: Digest::of(b"tool"), version: "0.1.0".to_owned() },
    }
}

fn at(seconds: i64) -> Moment {
    let time = Timestamp::from_unix(1_790_000_000 + seconds).unwrap();
    Moment { time, boot: "boot-1".to_owned(), monotonic_ms: u64::try_from(seconds).unwrap_or(0) * 1000 }
}

fn record<J: Journal>(log: &mut Log<J>, seconds: i64) -> Result<Recorded<Thing>, LogError> {
    log.record(&at(seconds), &Actor::system(), Some("20250722-7Q2K9M4F-B"), Thing("audit list"))
}

fn written(count: i64) -> Memory {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    for second in 0..count {
        record(&mut log, second).unwrap();
    }
    memory
}

fn reopen(bytes: &[u8], seen: Option<&Head>) -> Result<(), LogError> {
    Log::open(&mut Memory::default(), writer(), bytes, seen).map(drop)
}

#[test]
fn what_is_recorded_is_on_disk_and_reads_back() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    let recorded = record(&mut log, 0).unwrap();
    assert_eq!((recorded.entry(), recorded.value().0), (0, "audit list"));
    let head = log.tree().head();
    let read = Log::open(&mut Memory::default(), writer(), &memory.0, Some(&head)).map(|l| l.entries().len());
    assert_eq!(read.unwrap(), 1);
}

#[test]
fn nothing_counts_that_the_disk_refused() {
    let mut log = Log::open(Full, writer(), b"", None).unwrap();
    assert!(matches!(record(&mut log, 0), Err(LogError::Journal(_))));
    assert_eq!((log.entries().len(), log.tree().size()), (0, 0));
}

#[test]
fn a_flipped_byte_anywhere_is_seen() {
    let memory = written(3);
    let head = Log::open(&mut Memory::default(), writer(), &memory.0, None).unwrap().tree().head();
    for at in 0..memory.0.len() {
        for bit in 0..8 {
            let mut bad = memory.0.clone();
            bad[at] ^= 1 << bit;
            assert!(reopen(&bad, Some(&head)).is_err(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn dropped_swapped_and_cut_lines_are_seen() {
    let memory = written(3);
    let head = Log::open(&mut Memory::default(), writer(), &memory.0, None).unwrap().tree().head();
    let lines: Vec<_> = memory.0.split_inclusive(|b| *b == b'\n').collect();
    assert!(matches!(reopen(&[lines[1], lines[2]].concat(), None), Err(LogError::Damaged(0))));
    assert!(matches!(reopen(&[lines[0], lines[2]].concat(), None), Err(LogError::Damaged(1))));
    assert!(matches!(reopen(&[lines[0], lines[2], lines[1]].concat(), None), Err(LogError::Damaged(1))));
    assert!(matches!(reopen(&[lines[0], lines[1]].concat(), Some(&head)), Err(LogError::NotExtended(3))));
    assert!(matches!(reopen(&memory.0[..memory.0.len() - 1], None), Err(LogError::Damaged(2))));
    assert!(reopen(&memory.0, Some(&head)).is_ok());
}

#[test]
fn a_log_rewritten_from_the_middle_is_seen_by_its_old_head() {
    let memory = written(3);
    let head = Log::open(&mut Memory::default(), writer(), &memory.0, None).unwrap().tree().head();
    let mut other = Memory::default();
    let mut log = Log::open(&mut other, writer(), b"", None).unwrap();
    for second in 10..14 {
        record(&mut log, second).unwrap();
    }
    assert!(matches!(reopen(&other.0, Some(&head)), Err(LogError::NotExtended(3))));
}

#[test]
fn another_host_and_another_side_are_refused() {
    let memory = written(1);
    for (host, side) in [("ca-host-02", Side::Offline), ("ca-host-01", Side::Online)] {
        let other = Writer { host: host.to_owned(), side, ..writer() };
        assert!(matches!(Log::open(&mut Memory::default(), other, &memory.0, None), Err(LogError::Foreign)));
    }
}

#[test]
fn the_clock_never_steps_back() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    record(&mut log, 100).unwrap();
    record(&mut log, 100).unwrap();
    let refused = record(&mut log, 99).unwrap_err();
    assert_eq!((refused.reason().code, refused.reason().class), ("CLOCK_BEFORE_LOG", Class::Inconsistent));
}

fn attest<J: Journal>(log: &mut Log<J>, seconds: i64) -> Result<u64, LogError> {
    let event = Event::ClockAttested(ClockAttested { officers: vec!["chen".to_owned()], spread_s: 3 });
    log.note(&at(seconds), &Actor::system(), None, Outcome::Ok, event)
}

#[test]
fn a_clock_nobody_vouched_for_does_not_raise_the_floor() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    record(&mut log, 1_000_000).unwrap();
    assert_eq!(log.clock_floor(), None);
    attest(&mut log, 100).unwrap();
    assert_eq!(log.clock_floor(), Some(at(100).time));
    record(&mut log, 200).unwrap();
    assert_eq!(log.clock_floor(), Some(at(200).time));
    assert!(matches!(attest(&mut log, 150), Err(LogError::ClockBehind { .. })));
}

#[test]
fn officers_identify_themselves_to_attest_a_clock_that_was_put_right() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    let identify = |log: &mut Log<_>, seconds| {
        let event = Event::Authenticated(Verb { verb: "identify".to_owned() });
        log.note(&at(seconds), &Actor::system(), None, Outcome::Ok, event)
    };
    record(&mut log, 1_000_000).unwrap();
    assert!(matches!(record(&mut log, 100), Err(LogError::ClockBehind { .. })));
    identify(&mut log, 100).unwrap();
    attest(&mut log, 101).unwrap();
    record(&mut log, 102).unwrap();
    assert!(matches!(identify(&mut log, 100), Err(LogError::ClockBehind { .. })), "never behind the floor");
}

#[test]
fn entries_say_whether_their_clock_was_attested_in_this_boot() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    record(&mut log, 0).unwrap();
    let attestation = attest(&mut log, 1).unwrap();
    record(&mut log, 2).unwrap();
    let rebooted = Moment { boot: "boot-2".to_owned(), ..at(3) };
    log.note(&rebooted, &Actor::system(), None, Outcome::Ok, Event::LogTailDropped(Object { object: Digest::of(b"") }))
        .unwrap();
    let attested: Vec<_> = log.entries().iter().map(|e| e.clock.attested).collect();
    assert_eq!(attested, [None, None, Some(attestation), None]);
}

#[test]
fn a_jump_against_the_monotonic_clock_is_an_event() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    record(&mut log, 0).unwrap();
    let ahead = Moment { time: at(0).time.plus(3600), ..at(1) };
    log.note(&ahead, &Actor::system(), None, Outcome::Ok, Thing("x").event()).unwrap();
    assert_eq!(log.entries()[1].event, Event::ClockJump(ClockJump { backwards: false, seconds: 3599 }));
    assert_eq!(log.entries().len(), 3);
}

/// A person who shows a key, on a clock that nobody vouched for.
fn identified(log: &mut Log<&mut Memory>, seconds: i64) -> Result<u64, LogError> {
    let event = Event::Authenticated(Verb { verb: "identify".to_owned() });
    log.note(&at(seconds), &Actor::system(), None, Outcome::Ok, event)
}

#[test]
fn two_people_lead_an_online_log_back_from_a_step_of_its_clock() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, Writer { side: Side::Online, ..writer() }, b"", None).unwrap();
    record(&mut log, 100).unwrap();
    // The network says that it is years later, and then that it is not.
    record(&mut log, 100_000_000).unwrap();
    assert!(matches!(record(&mut log, 101), Err(LogError::ClockBehind { .. })));
    identified(&mut log, 101).unwrap();
    assert!(matches!(record(&mut log, 102), Err(LogError::ClockBehind { .. })), "a key alone turns nothing back");
    attest(&mut log, 103).unwrap();
    record(&mut log, 104).unwrap();
    // Within the same boot, and as often as it happens; but never behind what people said.
    record(&mut log, 200_000_000).unwrap();
    assert_eq!(log.clock_floor(), Some(at(103).time));
    assert!(matches!(attest(&mut log, 102), Err(LogError::ClockBehind { .. })));
    attest(&mut log, 105).unwrap();
    record(&mut log, 106).unwrap();
}

#[test]
fn a_host_opens_under_a_clock_that_was_put_right() {
    for side in [Side::Online, Side::Offline] {
        let mut memory = Memory::default();
        let mut log = Log::open(&mut memory, Writer { side, ..writer() }, b"", None).unwrap();
        record(&mut log, 100_000_000).unwrap();
        let object = Object { object: Digest::of(b"") };
        for event in [Event::LogTailDropped(object.clone()), Event::OobAbandoned(object)] {
            log.note(&at(100), &Actor::system(), None, Outcome::Ok, event).unwrap();
        }
        assert!(matches!(record(&mut log, 101), Err(LogError::ClockBehind { .. })), "nothing else goes on");
        attest(&mut log, 102).unwrap();
        record(&mut log, 103).unwrap();
    }
}

#[test]
fn what_follows_a_key_that_was_shown_for_an_attestation_waits_for_it() {
    let mut memory = Memory::default();
    let mut log = Log::open(&mut memory, writer(), b"", None).unwrap();
    record(&mut log, 100).unwrap();
    identified(&mut log, 50).unwrap();
    assert!(matches!(record(&mut log, 60), Err(LogError::ClockBehind { .. })));
    let attested =
        Event::ClockAttested(ClockAttested { officers: vec!["chen".to_owned(), "li".to_owned()], spread_s: 0 });
    log.note(&at(61), &Actor::system(), None, Outcome::Ok, attested).unwrap();
    record(&mut log, 62).unwrap();
}
