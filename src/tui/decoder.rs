//! Bytes of a terminal as keys.
//!
//! Written for a line with noise: whatever came before, Ctrl-C is Ctrl-C. A sequence that does not go on within
//! [`Decoder::patience`] is dropped, so that nothing swallows what a person types next; nothing is kept of a paste.
//! Sequences are those of ECMA-48 with the function keys of xterm, the VT220 and the Linux console.

use std::time::Duration;

use super::keys::Key;

/// A sequence that does not go on within this time is none; Escape alone is the key. A byte takes 1 ms at 9600 baud.
const SEQUENCE: Duration = Duration::from_millis(100);
/// A paste that does not go on within this time has ended, whatever the terminal forgot to say.
const PASTE: Duration = Duration::from_secs(2);
/// What comes this soon behind the end of a paste belongs to it: a text may bear that end itself, to have the rest taken
/// for typed.
const BEHIND: Duration = Duration::from_millis(300);
/// The most parameter bytes of a sequence that means anything here.
const MOST: usize = 8;
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// Ctrl-C.
const INTERRUPT: u8 = 0x03;
/// CAN and SUB end a sequence (ECMA-48, 8.3.6 and 8.3.148).
const CANCELS: [u8; 2] = [0x18, 0x1a];
const ESCAPE: u8 = 0x1b;
/// Ctrl-F, for terminals without function keys: a key of the row of digits behind it is the function key of that place.
const FUNCTION: u8 = 0x06;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// A key.
    Key(Key),
    /// A paste; what it held is gone.
    Pasted,
}

/// Where in a sequence the bytes are.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// A character of several bytes (UTF-8).
    Character(Vec<u8>),
    Escape,
    /// Behind `ESC [`: parameters.
    Sequence(Vec<u8>),
    /// Behind `ESC O`.
    Single,
    /// Behind `ESC [ [`, as the Linux console begins F1 to F5.
    Console,
    /// Behind Ctrl-F.
    Function,
    /// The newest bytes of a paste.
    Paste(Vec<u8>),
    /// Behind the end of a paste.
    Behind,
}

impl Decoder {
    /// How long the next byte may take; none where nothing has begun.
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            // A person presses the next key when he likes.
            State::Ground | State::Function => None,
            State::Paste(_) => Some(PASTE),
            State::Behind => Some(BEHIND),
            _ => Some(SEQUENCE),
        }
    }

    /// Nothing came for as long as [`Decoder::patience`] says.
    pub fn quiet(&mut self) -> Option<Read> {
        match std::mem::take(&mut self.state) {
            State::Escape => Some(Read::Key(Key::Esc)),
            State::Paste(_) | State::Behind => Some(Read::Pasted),
            _ => None,
        }
    }

    /// Takes a byte.
    pub fn take(&mut self, byte: u8) -> Option<Read> {
        match (std::mem::take(&mut self.state), byte) {
            (State::Paste(newest), byte) => self.paste(newest, byte),
            (State::Behind, _) => {
                self.state = State::Behind;
                None
            }
            (_, INTERRUPT) => Some(Read::Key(Key::Interrupt)),
            (State::Escape, ESCAPE) => {
                self.state = State::Escape;
                Some(Read::Key(Key::Esc))
            }
            (_, ESCAPE) => {
                self.state = State::Escape;
                None
            }
            (_, byte) if CANCELS.contains(&byte) => None,
            (State::Ground, byte) => self.ground(byte),
            (State::Function, byte) => function(byte).map(Read::Key).or_else(|| self.ground(byte)),
            (State::Character(bytes), byte) => self.character(bytes, byte),
            (State::Escape, byte) => self.escape(byte),
            (State::Sequence(parameters), byte) => self.sequence(parameters, byte),
            (State::Single, byte) => single(byte).map(Read::Key),
            (State::Console, byte @ b'A'..=b'E') => Some(Read::Key(Key::Function(byte - b'A' + 1))),
            (State::Console, _) => None,
        }
    }

    fn ground(&mut self, byte: u8) -> Option<Read> {
        let key = match byte {
            b'\r' | b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x08 | 0x7f => Key::Backspace,
            0x0c => Key::Redraw,
            b' '..=b'~' => Key::Char(char::from(byte)),
            FUNCTION => {
                self.state = State::Function;
                return None;
            }
            0xc2..=0xf4 => {
                self.state = State::Character(vec![byte]);
                return None;
            }
            _ => return None,
        };
        Some(Read::Key(key))
    }

    fn character(&mut self, mut bytes: Vec<u8>, byte: u8) -> Option<Read> {
        if !(0x80..=0xbf).contains(&byte) {
            // The character was cut; this byte is another one.
            return self.ground(byte);
        }
        bytes.push(byte);
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.chars().next().filter(|c| !c.is_control()).map(|c| Read::Key(Key::Char(c))),
            Err(error) if error.error_len().is_none() => {
                self.state = State::Character(bytes);
                None
            }
            Err(_) => None,
        }
    }

    /// With Alt a key means nothing here.
    fn escape(&mut self, byte: u8) -> Option<Read> {
        self.state = match byte {
            b'[' => State::Sequence(Vec::new()),
            b'O' => State::Single,
            _ => State::Ground,
        };
        None
    }

    fn sequence(&mut self, mut parameters: Vec<u8>, byte: u8) -> Option<Read> {
        match byte {
            b'[' if parameters.is_empty() => self.state = State::Console,
            b' '..=b'?' => {
                // One more than means anything is enough to mean nothing.
                if parameters.len() <= MOST {
                    parameters.push(byte);
                }
                self.state = State::Sequence(parameters);
            }
            b'~' if parameters == b"200" => self.state = State::Paste(Vec::new()),
            b'~' => return numbered(&parameters).map(Read::Key),
            b'@'..=b'}' if parameters.is_empty() => return single(byte).map(Read::Key),
            _ => {}
        }
        None
    }

    fn paste(&mut self, mut newest: Vec<u8>, byte: u8) -> Option<Read> {
        newest.push(byte);
        if newest.ends_with(PASTE_ENDS) {
            self.state = State::Behind;
            return None;
        }
        newest.drain(..newest.len().saturating_sub(PASTE_ENDS.len()));
        self.state = State::Paste(newest);
        None
    }
}

/// The last byte of `ESC [ x` and `ESC O x`.
const fn single(byte: u8) -> Option<Key> {
    Some(match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter,
        b'P'..=b'S' => Key::Function(byte - b'P' + 1),
        b'Z' => Key::BackTab,
        _ => return None,
    })
}

/// The function key in the place of a key in the row of digits.
fn function(byte: u8) -> Option<Key> {
    let place = (1..).zip(b"1234567890-=").find(|(_, known)| **known == byte);
    place.map(|(place, _)| Key::Function(place))
}

/// The number of `ESC [ n ~`. With a modifier it is another key.
fn numbered(parameters: &[u8]) -> Option<Key> {
    let number: u8 = std::str::from_utf8(parameters).ok()?.parse().ok()?;
    Some(match number {
        1 | 7 => Key::Home,
        3 => Key::Backspace,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::Function(number - 10),
        17..=21 => Key::Function(number - 11),
        23 | 24 => Key::Function(number - 12),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Read> {
        let mut decoder = Decoder::default();
        let mut read: Vec<Read> = bytes.iter().filter_map(|byte| decoder.take(*byte)).collect();
        read.extend(decoder.quiet());
        read
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let key = |read| if let Read::Key(key) = read { Some(key) } else { None };
        read(bytes).into_iter().filter_map(key).collect()
    }

    #[test]
    fn keys_are_known_by_each_of_their_names() {
        for (bytes, key) in [
            (&b"\x1b[A"[..], Key::Up),
            (b"\x1bOA", Key::Up),
            (b"\x1b[1~", Key::Home),
            (b"\x1b[H", Key::Home),
            (b"\x1b[Z", Key::BackTab),
            (b"\x1bOP", Key::Function(1)),
            (b"\x1b[11~", Key::Function(1)),
            (b"\x1b[[B", Key::Function(2)),
            (b"\x1b[20~", Key::Function(9)),
            (b"\x1b[24~", Key::Function(12)),
            (b"\x063", Key::Function(3)),
            (b"\x06=", Key::Function(12)),
            (b"\x06x", Key::Char('x')),
            (b"\x1b", Key::Esc),
            (b"\x7f", Key::Backspace),
            (b"\r", Key::Enter),
            (b"\x0c", Key::Redraw),
            ("７".as_bytes(), Key::Char('７')),
        ] {
            assert_eq!(keys(bytes), [key], "{bytes:?}");
        }
        for nothing in [&b"\x1b[1;5A"[..], b"\x1bx", b"\x1b[99999999999999~", b"\xc2\x85", b"\xff\xfe\x01"] {
            assert!(read(nothing).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn a_paste_is_one_and_holds_nothing() {
        assert_eq!(read(b"1\x1b[200~12\x033\x1b[A\x1b[201~"), [Read::Key(Key::Char('1')), Read::Pasted]);
        // One that bears its own end is one to its last byte, and keys are keys after it.
        let mut decoder = Decoder::default();
        let early = b"\x1b[200~1\x1b[201~09857\r\x1b[200~2\x1b[201~3\x1b[201~";
        assert!(early.iter().all(|byte| decoder.take(*byte).is_none()) && decoder.patience() == Some(BEHIND));
        assert_eq!(decoder.quiet(), Some(Read::Pasted));
        assert_eq!(decoder.take(b'2'), Some(Read::Key(Key::Char('2'))));
        // One that is never ended does not lock the keyboard.
        assert_eq!(read(b"\x1b[200~123456"), [Read::Pasted]);
    }

    #[test]
    fn a_sequence_that_was_cut_takes_no_key_with_it() {
        let mut decoder = Decoder::default();
        assert!(b"\x1b[1;".iter().all(|byte| decoder.take(*byte).is_none()));
        assert!(decoder.patience().is_some() && decoder.quiet().is_none() && decoder.patience().is_none());
        assert_eq!(decoder.take(b'n'), Some(Read::Key(Key::Char('n'))));
        assert_eq!(keys(b"\xe6\x8cn"), [Key::Char('n')]);
    }

    proptest! {
        #[test]
        fn whatever_came_before_ctrl_c_is_ctrl_c(noise in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut decoder = Decoder::default();
            for byte in noise {
                decoder.take(byte);
            }
            if matches!(decoder.state, State::Paste(_) | State::Behind) {
                decoder.quiet();
            }
            prop_assert_eq!(decoder.take(INTERRUPT), Some(Read::Key(Key::Interrupt)));
            prop_assert!(decoder.patience().is_none());
        }

        #[test]
        fn no_control_character_is_a_key(noise in prop::collection::vec(any::<u8>(), 0..64)) {
            for key in keys(&noise) {
                prop_assert!(!matches!(key, Key::Char(c) if c.is_control()));
            }
        }
    }
}
