//! Nobody is here: it warns, locks, and shows nothing of the work until somebody shows his key.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{at, eight, home, login, review, sign_in, typing};

#[test]
fn it_warns_first_and_any_key_stays() {
    let mut drawn = review(42);
    drawn.drowsy();
    assert!(drawn.shows("[F40]") && drawn.shows("This locks in 10 seconds"), "{}", drawn.last());
    drawn.key(Key::Esc);
    assert!(drawn.shows("[F40]") && !drawn.shows("This locks"), "the key did more than stay");
}

#[test]
fn a_seat_is_left_and_nothing_of_the_work_is_shown() {
    for how in [Key::Function(12), Key::Char('!')] {
        let mut drawn = typing(Side::Offline, eight());
        drawn.key(how);
        assert!(matches!(drawn.one(), Effect::Stand));
        drawn.told(Told::Stood);
        assert!(drawn.shows("[S01]") && !drawn.shows("109 857") && !drawn.shows(facts::trace().as_str()));
    }
    let mut drawn = typing(Side::Offline, eight());
    drawn.idle();
    assert!(drawn.shows("[S01]") && matches!(drawn.one(), Effect::Stand));
}

#[test]
fn a_seat_that_is_just_being_taken_is_left_too() {
    for side in [Side::Offline, Side::Online] {
        let mut drawn = at(side, Stage::Received);
        drawn.told(facts::paper(side));
        sign_in(&mut drawn, "chen");
        drawn.key(Key::Enter);
        assert!(matches!(drawn.one(), Effect::Sit { .. }));
        drawn.key(Key::Function(12));
        // After he sat down, which is under way: one effect follows the other.
        assert!(matches!(drawn.one(), Effect::Stand));
        let (person, asked) = ("chen".to_owned(), eight());
        drawn.told(Told::Seated { person, asked, row: asked.iter().next().unwrap() });
        assert!(drawn.shows("[S01]"), "{}", drawn.last());
    }
}

#[test]
fn only_a_key_of_this_host_unlocks_it_and_leads_home() {
    let mut drawn = login();
    drawn.typed("836152").idle();
    assert!(drawn.shows("[S01]") && drawn.asked.is_empty());
    // Esc, commands and time open nothing.
    drawn.key(Key::Esc).key(Key::Esc).idle();
    assert!(drawn.shows("[S01]"));
    drawn.key(Key::BackTab);
    sign_in(&mut drawn, "chen");
    drawn.key(Key::Enter);
    let Effect::Unlock(who) = drawn.one() else { panic!("nobody unlocks") };
    assert_eq!(who.passphrase.into_typed().as_str(), "correct horse");
    drawn.told(Told::Refused(facts::notice())).key(Key::Esc);
    assert!(drawn.shows("[S01]"));
    drawn.typed("correct horse").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Unlock(_)));
    drawn.told(Told::Unlocked);
    assert!(drawn.shows("[S00]") && matches!(drawn.one(), Effect::Look));
}

#[test]
fn ctrl_c_does_not_lead_from_a_lock_to_a_shell() {
    let mut drawn = login();
    drawn.idle();
    for _ in 0..3 {
        drawn.key(Key::Interrupt);
        assert!(drawn.asked.is_empty() && drawn.shows("Ctrl-C does not leave it"), "{}", drawn.last());
    }
    drawn.typed("x");
    assert!(drawn.shows("[S01]") && !drawn.shows("does not leave"), "{}", drawn.last());
    // The end of the terminal is the end of the program, and its lock is none that a person could open.
    drawn.ended();
    assert!(matches!(drawn.asked.as_slice(), [Effect::Left, Effect::Quit(130)]), "{:?}", drawn.asked);
    // Where nothing is locked it asks once.
    let mut open = home(Side::Offline, &[]);
    open.key(Key::Interrupt).key(Key::Interrupt);
    assert!(matches!(open.asked.as_slice(), [Effect::Left, Effect::Quit(130)]), "{:?}", open.asked);
}

#[test]
fn an_answer_that_comes_late_shows_nothing() {
    let mut drawn = home(Side::Offline, &[Stage::Verified]);
    drawn.typed("a").key(Key::Function(12));
    drawn.told(Told::Reviewed(facts::requests(42), Vec::new()));
    assert!(drawn.shows("[S01]") && !drawn.shows("CN="), "{}", drawn.last());
}

#[test]
fn a_host_that_was_not_looked_at_has_nothing_to_lock() {
    let mut drawn = Drawn::begin();
    drawn.told(Told::Refused(facts::notice())).key(Key::Esc).idle();
    assert!(drawn.shows("[S00]"));
}

#[test]
fn the_lock() {
    let mut drawn = review(42);
    drawn.key(Key::Function(12)).typed("li");
    insta::assert_snapshot!("S01", drawn.snapshot());
}
