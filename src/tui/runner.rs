//! Keys and answers in, effects and frames out. It waits for events; nothing is drawn that did not change.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::crossterm::event::{self, Event as Raw};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::app::{App, Event};
use super::effect::{Effect, Input};
use super::frame;
use super::hands::{Hands, Teller};
use super::keys::Key;
use super::palette::Palette;
use super::terminal_guard::TerminalGuard;
use super::told::Told;

/// What reaches the loop.
enum Arrived {
    Event(Event),
    /// Ctrl-L: the terminal shows something else than it was told.
    Redraw,
    /// The worker is gone, which only a fault of this program does.
    Broken,
}

/// Exit status of a fault of this program.
const BROKEN: u8 = 1;

/// Runs the workstation until it ends; returns the exit status.
///
/// # Errors
/// What the terminal says.
pub fn run(
    guard: &mut TerminalGuard,
    app: (App, Vec<Effect>),
    palette: Palette,
    config: Option<PathBuf>,
) -> io::Result<u8> {
    let (sender, events) = channel();
    let (effects, worker) = work(config, sender.clone());
    listen(sender.clone());
    hear_signals(sender)?;
    let status = turn(guard.terminal(), app, palette, &events, &effects);
    // A step that is under way ends before the program does.
    drop(effects);
    if status.as_ref().is_ok_and(|status| *status != BROKEN) {
        let _ = worker.join();
    }
    status
}

fn turn<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    (mut app, mut asked): (App, Vec<Effect>),
    palette: Palette,
    events: &Receiver<Arrived>,
    effects: &Sender<Effect>,
) -> io::Result<u8> {
    loop {
        for effect in asked {
            match effect {
                Effect::Quit(status) => return Ok(status),
                effect => {
                    if effects.send(effect).is_err() {
                        return Ok(BROKEN);
                    }
                }
            }
        }
        draw(terminal, &app, palette)?;
        match events.recv() {
            Ok(Arrived::Event(event)) => (app, asked) = app.update(event),
            Ok(Arrived::Redraw) => {
                terminal.clear()?;
                asked = Vec::new();
            }
            Ok(Arrived::Broken) | Err(_) => return Ok(BROKEN),
        }
    }
}

/// Draws one frame.
///
/// # Errors
/// What the terminal says.
pub fn draw<B: Backend>(terminal: &mut Terminal<B>, app: &App, palette: Palette) -> Result<(), B::Error> {
    terminal.draw(|drawn| {
        let area = drawn.area();
        match app.view(area.width, area.height) {
            Some((view, canvas)) => frame::draw(drawn, &view, &canvas, palette),
            None => frame::too_small(drawn, app.language()),
        }
    })?;
    Ok(())
}

/// The worker: it owns the hands, so the screen stays alive whatever they do.
fn work(config: Option<PathBuf>, answers: Sender<Arrived>) -> (Sender<Effect>, JoinHandle<()>) {
    let (sender, effects) = channel();
    let worker = thread::spawn(move || {
        let answers = LastWord(answers);
        let mut hands = Hands::new(config);
        for effect in effects {
            let mut tell = |told: Told| answers.say(Arrived::Event(Event::Input(Input::Told(told))));
            hands.execute(effect, &mut Teller::new(&mut tell));
        }
    });
    (sender, worker)
}

/// Says that the worker is gone, if it panics.
struct LastWord(Sender<Arrived>);

impl LastWord {
    fn say(&self, arrived: Arrived) {
        // Where the loop has ended, nobody listens any more.
        let _ = self.0.send(arrived);
    }
}

impl Drop for LastWord {
    fn drop(&mut self) {
        if thread::panicking() {
            self.say(Arrived::Broken);
        }
    }
}

/// Keys, pastes and sizes; ends with the terminal, and with the process.
fn listen(events: Sender<Arrived>) {
    thread::spawn(move || {
        while let Ok(raw) = event::read() {
            let arrived = match raw {
                Raw::Key(key) => match Key::of(&key) {
                    Some(Key::Redraw) => Arrived::Redraw,
                    Some(key) => Arrived::Event(Event::Input(Input::Key(key))),
                    None => continue,
                },
                Raw::Paste(_) => Arrived::Event(Event::Input(Input::Pasted)),
                Raw::Resize(..) => Arrived::Event(Event::Resized),
                Raw::FocusGained | Raw::FocusLost | Raw::Mouse(_) => continue,
            };
            if events.send(arrived).is_err() {
                return;
            }
        }
        let _ = events.send(Arrived::Event(Event::Ended));
    });
}

/// The system ends this program: what is to be written down is, and the terminal is given back.
fn hear_signals(events: Sender<Arrived>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if events.send(Arrived::Event(Event::Ended)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
