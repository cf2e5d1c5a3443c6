//! A person stops the signing: it asks once, what was announced is signed first, and the rest goes on later.

use std::sync::mpsc::channel;

use airlock::refusal::{Class, Reason};
use airlock::tui::app::Cover;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::sources::work;
use airlock::tui::told::{Notice, Told};

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{login, review};

fn signing() -> Drawn {
    let mut drawn = login();
    drawn.typed("123456").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Sign { .. }));
    drawn.told(Told::Gauge { done: 256, of: 20_000 });
    drawn
}

fn stopped() -> Told {
    let reason = Reason::new(Class::Interrupted, "SIGN_STOPPED", "sign again when you are ready");
    Told::Refused(Notice {
        message: "the signing was stopped by a person: 512 of 20000 are signed and kept".to_owned(),
        ..facts::notice_of(reason)
    })
}

#[test]
fn it_asks_once_and_any_other_key_goes_on() {
    for key in [Key::Esc, Key::Char('s'), Key::Char('S')] {
        let mut drawn = signing();
        drawn.key(key);
        assert!(drawn.asked.is_empty() && drawn.shows("S again stops"), "{}", drawn.last());
        drawn.key(Key::Char('n'));
        assert!(drawn.asked.is_empty() && drawn.shows("Working: 256 of 20000"), "{}", drawn.last());
        drawn.key(key).key(key);
        assert!(matches!(drawn.one(), Effect::Stop));
        assert!(drawn.shows("Stopping") && !drawn.app().may_stop(), "{}", drawn.last());
        // It is on its way; nobody needs to ask twice.
        drawn.key(key).key(key);
        assert!(drawn.asked.is_empty() && drawn.shows("[F61]"), "{}", drawn.last());
    }
}

#[test]
fn what_is_left_goes_on_with_another_pin() {
    let mut drawn = signing();
    drawn.typed("ss").told(Told::Gauge { done: 512, of: 20_000 });
    assert!(drawn.shows("512 / 20000") && drawn.shows("Stopping"), "{}", drawn.last());
    drawn.told(stopped());
    assert!(drawn.shows("SIGN_STOPPED, exit 130") && !drawn.shows("Refused"), "{}", drawn.last());
    drawn.key(Key::Enter);
    insta::assert_snapshot!("F61_stopped", drawn.snapshot());
    drawn.typed("n");
    assert!(drawn.shows("[F60]") && matches!(drawn.one(), Effect::Token(_)));
}

#[test]
fn the_question_goes_away_with_what_it_is_about() {
    let mut drawn = signing();
    drawn.typed("s").told(Told::Signed(20_000));
    assert!(drawn.shows("everything is signed") && drawn.app().cover() == Cover::Nothing, "{}", drawn.last());
    drawn.typed("s");
    assert!(drawn.asked.is_empty() && !drawn.shows("stops"), "{}", drawn.last());
    let mut elsewhere = review(42);
    elsewhere.typed("s");
    assert!(elsewhere.asked.is_empty() && !elsewhere.app().may_stop());
}

#[test]
fn whoever_leaves_during_a_signing_is_told_what_becomes_of_it() {
    let mut drawn = signing();
    drawn.key(Key::Interrupt);
    assert!(drawn.shows("Stop signing and leave?"), "{}", drawn.last());
    drawn.key(Key::Interrupt);
    assert!(matches!(drawn.asked.as_slice(), [Effect::Left, Effect::Quit(130)]), "{:?}", drawn.asked);
}

#[test]
fn whoever_has_left_begins_nothing_and_what_is_written_down_is() {
    let begin = || {
        let (answers, heard) = channel();
        (work(Some("/nowhere/host.toml".into()), answers), heard)
    };
    let (mut worker, heard) = begin();
    assert!(worker.takes(Effect::Look) && worker.takes(Effect::Left));
    assert!(heard.recv().is_ok() && heard.recv().is_ok(), "both are answered");
    worker.ends(|| {});
    let (mut worker, heard) = begin();
    worker.brake().leave();
    assert!(worker.takes(Effect::Look) && worker.takes(Effect::Left) && worker.takes(Effect::Journal));
    worker.ends(|| {});
    assert_eq!(heard.iter().count(), 1, "that it was left");
}

#[test]
fn the_question_in_chinese() {
    let mut drawn = signing();
    drawn.key(Key::Function(2)).typed("s");
    assert!(drawn.shows("停止签发？再按 S 停止"), "{}", drawn.last());
}
