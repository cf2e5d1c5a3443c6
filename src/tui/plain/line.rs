//! Lines as the terminal gives them. A person ends a line and thinks; a paste of several lines does not.
//!
//! Bracketed paste does not exist on such a terminal. Lines that arrive together are told apart from typed ones; a single
//! line that was pasted is not: the line discipline hands over whole lines only.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::io::{ioctl_fionread, read};
use rustix::termios::{QueueSelector, tcflush, tcgetattr};
use zeroize::Zeroizing;

use crate::tui::sources::{Arrived, LastWord};

/// The longest line that the kernel hands over, in bytes.
const MAX_LINE: usize = 4096;
/// A second line within this time was not typed; a row of a sheet takes 9 ms at 9600 baud.
const TOGETHER: Duration = Duration::from_millis(80);

/// A line, or why there is none.
pub enum Line {
    /// A line without its end.
    Typed(Zeroizing<String>),
    /// Several lines came at once; what they held is gone.
    Pasted,
    /// Ctrl-D on an empty line.
    Back,
    /// The terminal is gone.
    Gone,
}

/// Reads lines until the terminal is gone, or nobody listens.
pub fn listen(events: LastWord) {
    thread::spawn(move || {
        loop {
            let line = next();
            let is_last = matches!(line, Line::Gone);
            if !events.say(Arrived::Line(line)) || is_last {
                return;
            }
        }
    });
}

fn next() -> Line {
    let mut bytes = Zeroizing::new([0; MAX_LINE]);
    let count = loop {
        match read(io::stdin(), &mut bytes[..]) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(count) => break count,
            Err(_) => return Line::Gone,
        }
    };
    if count == 0 {
        return if tcgetattr(io::stdin()).is_ok() { Line::Back } else { Line::Gone };
    }
    thread::sleep(TOGETHER);
    if ioctl_fionread(io::stdin()).is_ok_and(|waiting| waiting > 0) {
        drain();
        return Line::Pasted;
    }
    Line::Typed(text(bytes.get(..count).unwrap_or_default()))
}

/// Drops lines until none has come for a while.
fn drain() {
    while ioctl_fionread(io::stdin()).is_ok_and(|waiting| waiting > 0) {
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        thread::sleep(TOGETHER);
    }
}

/// What is no UTF-8 becomes U+FFFD, which nothing takes.
fn text(bytes: &[u8]) -> Zeroizing<String> {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let mut text = Zeroizing::new(String::with_capacity(MAX_LINE * 3));
    for chunk in bytes.get(..end).unwrap_or_default().utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_before_its_end() {
        assert_eq!(text(b"109 857\n").as_str(), "109 857");
        assert_eq!(text(b"109 857\r\n").as_str(), "109 857");
        assert_eq!(text(b"a\xffb").as_str(), "a\u{fffd}b");
        assert_eq!(text(b"\n").as_str(), "");
    }
}
