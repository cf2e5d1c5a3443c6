//! The workstation at a real terminal with a review of 20 000 requests, for `scripts/bench-tui` to press keys at.

use std::env;
use std::time::Instant;

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::tui::app::{App, Event};
use airlock::tui::effect::Input;
use airlock::tui::keyboard::Pastes;
use airlock::tui::keys::Key;
use airlock::tui::language::Language;
use airlock::tui::output::Output;
use airlock::tui::output::Unrecorded;
use airlock::tui::pace::Pace;
use airlock::tui::palette::Palette;
use airlock::tui::runner::{self, Look};
use airlock::tui::terminal_guard::TerminalGuard;
use airlock::tui::told::Told;

use crate::facts;

/// Does nothing but where the bench asks for it: it wants a terminal, and ends when its person leaves.
#[test]
#[ignore = "scripts/bench-tui runs it at a terminal"]
fn a_review_at_a_terminal() {
    let Some(count) = env::var("AIRLOCK_BENCH_REQUESTS").ok().and_then(|count| count.parse().ok()) else { return };
    let (mut app, _) = App::begin(Language::English, true);
    let inputs = [
        Input::Told(facts::host(Side::Offline, &[Stage::Verified])),
        Input::Key(Key::Char('a')),
        Input::Told(Told::Reviewed(facts::requests(count), Vec::new())),
    ];
    for input in inputs {
        (app, _) = app.update(Event::Input(input));
    }
    let term = "xterm-256color";
    let look = Look { palette: Palette::Coloured, pace: Pace::of(term, Instant::now()), pastes: Pastes::of(term) };
    let mut guard = TerminalGuard::take(Output::to(None)).unwrap();
    runner::run(guard.terminal(), (app, Vec::new()), look, None, &Unrecorded::default()).unwrap();
}
