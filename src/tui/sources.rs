//! What reaches a face beside the terminal: answers of the rooms, and signals.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;

use super::app::Event;
use super::brake::Brake;
use super::effect::{Effect, Input};
use super::hands::{Hands, Teller};
use super::keys::Key;
use super::plain::line::Line;
use super::told::Told;

/// What reaches the loop of a face.
pub enum Arrived {
    /// For the workstation.
    Event(Event),
    /// A line, where the terminal has no keys.
    Line(Line),
    /// Ctrl-L: the terminal shows something else than it was told.
    Redraw,
    /// A thread is gone, which only a fault of this program does.
    Broken,
}

/// What SIGINT means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupts {
    /// The system ends this program: a raw terminal sends Ctrl-C as a key.
    End,
    /// A person pressed Ctrl-C.
    Key,
}

/// The worker: it owns the hands, so the face stays alive whatever they do.
pub struct Worker {
    effects: Sender<Effect>,
    brake: Brake,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Gives it `effect` to do, behind those that it has, or stops what it does; returns whether it is there.
    pub fn takes(&self, effect: Effect) -> bool {
        match effect {
            Effect::Stop => {
                self.brake.pull();
                true
            }
            effect => self.effects.send(effect).is_ok(),
        }
    }

    /// Lets it go: what is under way ends before the program does, at the next place where nothing is lost.
    pub fn ends(self) {
        self.brake.pull();
        drop(self.effects);
        let _ = self.thread.join();
    }
}

/// Begins to work on the host of `config`; what comes of it goes to `answers`.
pub fn work(config: Option<PathBuf>, answers: Sender<Arrived>) -> Worker {
    let (sender, effects) = channel();
    let brake = Brake::default();
    let pulled = brake.clone();
    let thread = thread::spawn(move || {
        let answers = LastWord(answers);
        let mut hands = Hands::new(config, pulled);
        for effect in effects {
            let mut tell = |told: Told| {
                // Where the loop has ended, nobody listens any more.
                let _ = answers.say(Arrived::Event(Event::Input(Input::Told(told))));
            };
            hands.execute(effect, &mut Teller::new(&mut tell));
        }
    });
    Worker { effects: sender, brake, thread }
}

/// Says that its thread is gone, if that panics.
pub struct LastWord(Sender<Arrived>);

impl LastWord {
    /// The last word of the thread that keeps this.
    pub fn of(sender: Sender<Arrived>) -> Self {
        Self(sender)
    }

    /// Says something; returns whether anybody listens.
    pub fn say(&self, arrived: Arrived) -> bool {
        self.0.send(arrived).is_ok()
    }
}

impl Drop for LastWord {
    fn drop(&mut self) {
        if thread::panicking() {
            self.say(Arrived::Broken);
        }
    }
}

/// The system ends this program: what is to be written down is, and the terminal is given back. Or the terminal has
/// another size.
///
/// # Errors
/// What the system says.
pub fn hear_signals(events: Sender<Arrived>, interrupts: Interrupts) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGWINCH])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let event = match (signal, interrupts) {
                (SIGWINCH, _) => Event::Resized,
                (SIGINT, Interrupts::Key) => Event::Input(Input::Key(Key::Interrupt)),
                _ => Event::Ended,
            };
            if events.send(Arrived::Event(event)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
