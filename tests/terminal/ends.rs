//! However it ends, the terminal is as it was: modes, alternate screen, cursor, bracketed paste.

use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, thread};

use airlock::tui::app::Event;
use airlock::tui::brake::Brake;
use airlock::tui::output::Output;
use airlock::tui::sources::{Arrived, Interrupts, hear_signals};
use airlock::tui::terminal_guard::{TerminalGuard, give_back};

use crate::seat::{Begin, Seat};

/// What was turned on last is off again.
fn is_given_back(seat: &Seat) {
    let heard = seat.text();
    for (on, off) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?2004h", "\x1b[?2004l"), ("\x1b[?25l", "\x1b[?25h")] {
        let (on, off) = (heard.rfind(on).unwrap(), heard.rfind(off).unwrap_or_default());
        assert!(on < off, "{heard:?}");
    }
}

#[test]
fn by_q_by_ctrl_c_and_by_signals() {
    for term in ["xterm-256color", "linux", "vt220", "vt100"] {
        for (how, status) in [("q", "0"), ("\x03\x03", "130"), ("-TERM", "130"), ("-HUP", "130"), ("-INT", "130")] {
            let mut seat = Begin::at(term).sit();
            seat.sees("STORAGE_MISSING");
            match how.strip_prefix('-') {
                // The refusal lies over the screen: one key takes it away.
                None => seat.types(format!(" {how}").as_bytes()),
                Some(_) => seat.signal(how),
            }
            assert_eq!(seat.ends(), status, "{term} {how:?}");
            is_given_back(&seat);
        }
    }
}

#[test]
fn ctrl_c_asks_once_and_any_other_key_stays() {
    let mut seat = Begin::at("xterm-256color").sit();
    seat.sees("STORAGE_MISSING");
    seat.types(b" \x03");
    seat.sees("Leave airlock?");
    seat.types(b"q");
    seat.sees("Quarantined work is let out");
    seat.types(b"\x03");
    seat.sees("Leave airlock?");
    seat.types(b"\x03");
    assert_eq!(seat.ends(), "130");
}

#[test]
fn by_a_second_signal_where_it_hangs_but_not_while_something_must_come_to_its_end() {
    const INSIDE: &str = "AIRLOCK_TEST_SIGNALS";
    if let Ok(how) = env::var(INSIDE) {
        let guard = TerminalGuard::take(Output::to(None)).unwrap();
        let (sender, events) = channel();
        let brake = Brake::default();
        let bound = (how == "bound").then(|| brake.bind());
        hear_signals(sender, Interrupts::End, brake, give_back).unwrap();
        println!("it sits");
        // It hears that it is to end, and hangs.
        for _ in 0..if bound.is_some() { 2 } else { 1 } {
            assert!(matches!(events.recv().unwrap(), Arrived::Event(Event::Ended)));
            println!("it hears");
        }
        thread::sleep(Duration::from_secs(if bound.is_some() { 1 } else { 60 }));
        drop((guard, bound));
        std::process::exit(7);
    }
    let program = env::current_exe().unwrap();
    let name = "ends::by_a_second_signal_where_it_hangs_but_not_while_something_must_come_to_its_end";
    for (how, status) in [("free", "143"), ("bound", "7")] {
        let begin = Begin { variables: &[(INSIDE, how)], ..Begin::at("xterm-256color") };
        let mut seat = begin.run(program.to_str().unwrap(), &["--exact", name, "--nocapture"]);
        seat.hears("it sits", 1);
        seat.signal("-TERM");
        seat.hears("it hears", 1);
        seat.signal("-TERM");
        assert_eq!(seat.ends(), status, "{how}");
        is_given_back(&seat);
    }
}

#[test]
fn by_a_panic() {
    const INSIDE: &str = "AIRLOCK_TEST_PANIC";
    if env::var_os(INSIDE).is_some() {
        let _guard = TerminalGuard::take(Output::to(None)).unwrap();
        panic!("as a fault of this program would");
    }
    let program = env::current_exe().unwrap();
    let begin = Begin { variables: &[(INSIDE, "1")], ..Begin::at("xterm-256color") };
    let mut seat = begin.run(program.to_str().unwrap(), &["--exact", "ends::by_a_panic", "--nocapture"]);
    assert_eq!(seat.ends(), "101");
    is_given_back(&seat);
    // The message comes behind the alternate screen: it can be read.
    let heard = seat.text();
    assert!(heard.find("as a fault of this program would").unwrap() > heard.find("\x1b[?1049l").unwrap(), "{heard:?}");
}
