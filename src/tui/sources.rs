//! What reaches a face beside the terminal: answers of the rooms, and signals.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::app::Event;
use super::brake::Brake;
use super::effect::{Effect, Input};
use super::hands::{Hands, Teller};
use super::keys::Key;
use super::plain::line::Line;
use super::told::Told;

/// What takes no longer is not talked about.
const AT_ONCE: Duration = Duration::from_millis(300);

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
    effects: Sender<(Effect, Brake)>,
    /// Of what was handed over last.
    brake: Brake,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Gives it `effect` to do, behind those that it has, or stops what it has; returns whether it is there.
    pub fn takes(&mut self, effect: Effect) -> bool {
        if let Effect::Stop = effect {
            self.brake.pull();
            return true;
        }
        self.brake = self.brake.next();
        self.effects.send((effect, self.brake.clone())).is_ok()
    }

    /// What tells whether the end of what it does is waited for.
    pub fn brake(&self) -> Brake {
        self.brake.clone()
    }

    /// Lets it go: what is under way ends before the program does, at the next place where nothing is lost, and of what
    /// has not begun only what is written down is done. Where that takes a while, `told` is called.
    pub fn ends(self, told: impl FnOnce()) {
        self.brake.leave();
        drop(self.effects);
        let begun = Instant::now();
        while !self.thread.is_finished() && begun.elapsed() < AT_ONCE {
            thread::sleep(AT_ONCE / 30);
        }
        if !self.thread.is_finished() {
            told();
        }
        let _ = self.thread.join();
    }
}

/// Begins to work on the host of `config`; what comes of it goes to `answers`.
pub fn work(config: Option<PathBuf>, answers: Sender<Arrived>) -> Worker {
    let (sender, effects) = channel::<(Effect, Brake)>();
    let thread = thread::spawn(move || {
        let answers = LastWord(answers);
        let mut hands = Hands::new(config);
        for (effect, brake) in effects {
            if brake.has_left() && !effect.is_record() {
                continue;
            }
            let mut tell = |told: Told| {
                // Where the loop has ended, nobody listens any more.
                let _ = answers.say(Arrived::Event(Event::Input(Input::Told(told))));
            };
            hands.execute(effect, &brake, &mut Teller::new(&mut tell));
        }
    });
    Worker { effects: sender, brake: Brake::default(), thread }
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
/// another size. Where the program was asked before and has not ended, since its terminal or a device hangs, the signal does
/// what it would do without us, but for a signing that must come to its end; `give_back` is called first.
///
/// # Errors
/// What the system says.
pub fn hear_signals(
    events: Sender<Arrived>,
    interrupts: Interrupts,
    brake: Brake,
    give_back: impl Fn() + Send + 'static,
) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGWINCH])?;
    thread::spawn(move || {
        let mut give_back = Some(give_back);
        let mut was_asked = false;
        for signal in signals.forever() {
            let event = match (signal, interrupts) {
                (SIGWINCH, _) => Event::Resized,
                (SIGINT, Interrupts::Key) if !brake.has_left() => Event::Input(Input::Key(Key::Interrupt)),
                _ if (was_asked || brake.has_left()) && !brake.is_bound() => {
                    end_now(signal, give_back.take().filter(|_| !brake.has_left()));
                    continue;
                }
                _ => Event::Ended,
            };
            was_asked |= matches!(event, Event::Ended);
            // Whether anybody listens is another question.
            let _ = events.send(Arrived::Event(event));
        }
    });
    Ok(())
}

/// What `signal` does to a program that does not hear it. A terminal that hangs is not waited for long.
fn end_now(signal: i32, give_back: Option<impl FnOnce() + Send + 'static>) {
    if let Some(give_back) = give_back {
        thread::spawn(give_back);
        thread::sleep(AT_ONCE);
    }
    let _ = emulate_default_handler(signal);
}
