//! Keys as the screens know them, whatever the terminal calls them.
//!
//! A function key has a letter beside it where letters are commands, and Ctrl-F with a digit anywhere, since serial lines
//! lose function keys. Full-width digits, as an input method types them, are digits.

/// A key that a person pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Enter.
    Enter,
    /// Escape: back, never destructive.
    Esc,
    /// To the next field.
    Tab,
    /// To the field before.
    BackTab,
    /// Takes a character back.
    Backspace,
    /// A line up.
    Up,
    /// A line down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first line.
    Home,
    /// To the last line.
    End,
    /// F1 to F12.
    Function(u8),
    /// Ctrl-C: asks once, then leaves.
    Interrupt,
    /// Ctrl-L: draw everything again.
    Redraw,
}

impl Key {
    /// The digit it is, in ASCII.
    pub fn digit(self) -> Option<char> {
        match self {
            Self::Char(c) if c.is_ascii_digit() => Some(c),
            Self::Char(c @ '\u{ff10}'..='\u{ff19}') => char::from_digit(u32::from(c) - 0xff10, 10),
            _ => None,
        }
    }

    /// The letter it is, in lower case.
    pub fn letter(self) -> Option<char> {
        match self {
            Self::Char(c) if c.is_ascii_alphabetic() => Some(c.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// Whether it stops what goes on: S for stop, Esc for back.
    pub fn stops(self) -> bool {
        self == Self::Esc || self.letter() == Some('s')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_are_digits_and_nothing_else_is() {
        assert_eq!(Key::Char('７').digit(), Some('7'));
        assert_eq!(Key::Char('0').digit(), Some('0'));
        assert_eq!(Key::Char('٣').digit(), None);
        assert_eq!(Key::Enter.digit(), None);
    }
}
