//! Of what left, and may have: what the log goes on saying.

use airlock::audit::detail::medium::MediumWiped;
use airlock::audit::detail::{Exported, Genesis};
use airlock::audit::entry::{Actor, Outcome, Side};
use airlock::audit::event::Event;
use airlock::desk::dispatch::unsure;
use airlock::desk::host::{Desk, Senses};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::wire::digest::Digest;
use tempfile::TempDir;

struct Log {
    desk: Desk,
    _base: TempDir,
}

impl Log {
    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
        let party = "ca:root-ca-01".parse().unwrap();
        let mut desk = Desk::make(&base.path().join("state"), Side::Offline, &party, senses).unwrap();
        let digest = Digest::of(b"");
        let genesis = Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] });
        desk.note(&Actor::system(), None, genesis).unwrap();
        Self { desk, _base: base }
    }

    /// The media of which nobody knows, once this stands there as well.
    fn says(&mut self, event: fn(Exported) -> Event, failed: Option<&str>, medium: &str) -> Vec<String> {
        let what = Exported { medium: medium.to_owned(), statement: Digest::of(b"statement") };
        let outcome = failed.map_or(Outcome::Ok, |code| Outcome::Failed(code.to_owned()));
        self.desk.note_as(&Actor::system(), Some("20250722-7Q2K-9M4F-B"), outcome, event(what)).unwrap();
        self.media()
    }

    fn media(&self) -> Vec<String> {
        unsure(self.desk.entries()).into_iter().map(|one| one.medium).collect()
    }
}

const FIRST: &str = "TX-03 usb=A fs=1 label=-";
const SECOND: &str = "TX-04 usb=B fs=2 label=-";
const ANEW: &str = "TX-03 usb=A fs=9 label=NEW";

#[test]
fn a_later_try_that_fails_says_nothing_of_an_earlier_one() {
    let mut log = Log::new();
    // The host dies while it writes; the next try finds the stick gone.
    assert_eq!(log.says(Event::ExportIntent, None, FIRST), [FIRST]);
    assert_eq!(log.says(Event::ExportIntent, None, FIRST), [FIRST]);
    assert_eq!(log.says(Event::ExportIntent, Some("MEDIA_GONE"), FIRST), [FIRST]);
    // Of another one nothing was unsure before it failed.
    assert_eq!(log.says(Event::ExportIntent, None, SECOND), [FIRST, SECOND]);
    assert_eq!(log.says(Event::ExportIntent, Some("MEDIA_FULL"), SECOND), [FIRST]);
    assert_eq!(log.says(Event::Exported, None, SECOND), [FIRST]);
    // Written and read back, both tries are settled.
    assert_eq!(log.says(Event::ExportIntent, None, FIRST), [FIRST]);
    assert!(log.says(Event::Exported, None, FIRST).is_empty());
}

#[test]
fn what_stayed_on_a_stick_is_told_until_a_later_try_is_read_back() {
    let mut log = Log::new();
    log.says(Event::ExportIntent, None, FIRST);
    assert_eq!(log.says(Event::ExportIntent, Some("MEDIA_LEFT"), FIRST), [FIRST]);
    // Neither a try that finds the stick gone nor one that finds it full takes away what lies there.
    for code in ["MEDIA_GONE", "MEDIA_FULL"] {
        log.says(Event::ExportIntent, None, FIRST);
        assert_eq!(log.says(Event::ExportIntent, Some(code), FIRST), [FIRST], "{code}");
    }
    log.says(Event::ExportIntent, None, FIRST);
    assert!(log.says(Event::Exported, None, FIRST).is_empty());
}

#[test]
fn a_stick_that_was_made_anew_holds_nothing_of_before() {
    let mut log = Log::new();
    assert_eq!(log.says(Event::ExportIntent, None, FIRST), [FIRST]);
    assert_eq!(log.says(Event::ExportIntent, Some("MEDIA_LEFT"), FIRST), [FIRST]);
    // Somebody else formatted it, as far as anybody here knows.
    assert_eq!(log.says(Event::ExportIntent, None, ANEW), [FIRST, ANEW]);
    assert_eq!(log.says(Event::ExportIntent, Some("MEDIA_FULL"), ANEW), [FIRST]);
    let (device, after) = ("usb=A fs=1 label=-".to_owned(), "usb=A fs=9 label=NEW".to_owned());
    log.desk.note(&Actor::system(), None, Event::MediumWiped(MediumWiped { after, device })).unwrap();
    assert_eq!(log.media(), [FIRST], "all that is known is that it was begun");
    assert_eq!(log.says(Event::ExportIntent, None, ANEW), [ANEW]);
    assert!(log.says(Event::Exported, None, ANEW).is_empty());
}
