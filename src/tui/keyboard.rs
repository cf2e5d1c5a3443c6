//! The keyboard: bytes as they come, read on a thread of their own.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::app::Event;
use super::decoder::{Decoder, Read};
use super::effect::Input;
use super::keys::Key;
use super::sources::{Arrived, LastWord};

/// Bytes that are read at once.
const CHUNK: usize = 1024;
/// Nobody presses keys so close to each other.
const APART: Duration = Duration::from_millis(10);
/// So many characters without a pause are a paste.
const MANY: usize = 4;
/// Longer than any pause that means something.
const EVER: Duration = Duration::from_secs(3600);

/// How a paste is told apart from keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pastes {
    /// The terminal marks it.
    Marked,
    /// The terminal has no mark for it: characters without a pause between them are one.
    Hasty,
}

impl Pastes {
    /// What a terminal of this `TERM` does. The Linux console and VT terminals mark nothing; no network that could hold
    /// keys back lies between them and the keyboard.
    pub fn of(term: &str) -> Self {
        if term == "linux" || term.starts_with("vt") { Self::Hasty } else { Self::Marked }
    }
}

/// Reads keys and pastes until the terminal is gone, or nobody listens.
pub fn listen(events: LastWord, pastes: Pastes) {
    let (sender, bytes) = channel();
    thread::spawn(move || {
        let mut chunk = Zeroizing::new([0; CHUNK]);
        loop {
            let count = match rustix::io::read(io::stdin(), &mut chunk[..]) {
                Err(rustix::io::Errno::INTR) => continue,
                Ok(0) | Err(_) => return,
                Ok(count) => count,
            };
            let read = chunk.get(..count).unwrap_or_default().to_vec();
            if sender.send(Zeroizing::new(read)).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        pass_on(&events, &bytes, pastes);
        events.say(Arrived::Event(Event::Ended));
    });
}

/// Decodes until there are no bytes any more, or nobody listens.
fn pass_on(events: &LastWord, bytes: &Receiver<Zeroizing<Vec<u8>>>, pastes: Pastes) {
    let mut decoder = Decoder::default();
    let mut held = Burst::default();
    loop {
        let patience = if held.0.is_empty() { decoder.patience().unwrap_or(EVER) } else { APART };
        let read: Vec<Read> = match bytes.recv_timeout(patience) {
            Ok(chunk) => chunk.iter().filter_map(|byte| decoder.take(*byte)).collect(),
            Err(RecvTimeoutError::Timeout) if held.0.is_empty() => decoder.quiet().into_iter().collect(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let is_over = read.is_empty();
        held.0.extend(read);
        if pastes == Pastes::Hasty && !is_over {
            continue;
        }
        let read = if pastes == Pastes::Hasty { held.take() } else { std::mem::take(&mut held.0) };
        if !read.into_iter().all(|read| events.say(arrived(read))) {
            return;
        }
    }
}

fn arrived(read: Read) -> Arrived {
    match read {
        Read::Key(Key::Redraw) => Arrived::Redraw,
        Read::Key(key) => Arrived::Event(Event::Input(Input::Key(key))),
        Read::Pasted => Arrived::Event(Event::Input(Input::Pasted)),
    }
}

/// What came without a pause.
#[derive(Debug, Default)]
struct Burst(Vec<Read>);

impl Burst {
    /// What it was: keys, or one paste in their place.
    fn take(&mut self) -> Vec<Read> {
        let read = std::mem::take(&mut self.0);
        let characters = read.iter().filter(|read| matches!(read, Read::Key(Key::Char(_)))).count();
        if characters < MANY {
            return read;
        }
        let commands = read.into_iter().filter(|read| *read == Read::Key(Key::Interrupt));
        std::iter::once(Read::Pasted).chain(commands).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use super::*;

    /// What arrives of chunks that come this far apart.
    fn typed(chunks: &[&[u8]], apart: Duration, pastes: Pastes) -> Vec<String> {
        let (sender, bytes): (Sender<Zeroizing<Vec<u8>>>, _) = channel();
        let (events, all) = channel();
        let worker = thread::spawn(move || pass_on(&LastWord::of(events), &bytes, pastes));
        for chunk in chunks {
            sender.send(Zeroizing::new(chunk.to_vec())).unwrap();
            thread::sleep(apart);
        }
        thread::sleep(50 * APART);
        drop(sender);
        worker.join().unwrap();
        let told = |arrived| match arrived {
            Arrived::Event(Event::Input(Input::Key(Key::Char(c)))) => c.to_string(),
            Arrived::Event(Event::Input(Input::Pasted)) => "pasted".to_owned(),
            _ => "other".to_owned(),
        };
        all.iter().map(told).collect()
    }

    #[test]
    fn on_a_console_what_comes_without_a_pause_is_a_paste() {
        assert_eq!(typed(&[b"109857"], APART, Pastes::Hasty), ["pasted"]);
        assert_eq!(typed(&[b"1", b"0", b"9", b"8"], 20 * APART, Pastes::Hasty), ["1", "0", "9", "8"]);
        assert_eq!(typed(&[b"\x1b[A", b"\x1b[B"], Duration::ZERO, Pastes::Hasty), ["other", "other"]);
    }

    #[test]
    fn a_terminal_that_marks_pastes_may_be_slow() {
        assert_eq!(typed(&[b"1098"], APART, Pastes::Marked), ["1", "0", "9", "8"]);
        assert_eq!(typed(&[b"\x1b[200~1098\x1b[201~"], APART, Pastes::Marked), ["pasted"]);
        assert_eq!(typed(&[b"\x1b[200~1\x1b[201~", b"098", b"57\x1b[201~"], APART, Pastes::Marked), ["pasted"]);
        assert_eq!(Pastes::of("linux"), Pastes::Hasty);
        assert_eq!(Pastes::of("xterm-256color"), Pastes::Marked);
    }
}
