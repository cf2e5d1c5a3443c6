//! Keys as the screens know them, whatever the terminal calls them.
//!
//! A function key has a letter beside it on each screen, since serial lines lose function keys. Full-width digits, as an
//! input method types them, are digits.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

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
    /// What the terminal reports; none where it means nothing here.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        if event.modifiers.contains(KeyModifiers::CONTROL) {
            return match event.code {
                KeyCode::Char('c') => Some(Self::Interrupt),
                KeyCode::Char('l') => Some(Self::Redraw),
                _ => None,
            };
        }
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(match event.code {
            KeyCode::Char(c) => Self::Char(c),
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Backspace | KeyCode::Delete => Self::Backspace,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::F(number) => Self::Function(number),
            _ => return None,
        })
    }

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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        Key::of(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn full_width_digits_are_digits_and_nothing_else_is() {
        assert_eq!(Key::Char('７').digit(), Some('7'));
        assert_eq!(Key::Char('0').digit(), Some('0'));
        assert_eq!(Key::Char('٣').digit(), None);
        assert_eq!(Key::Enter.digit(), None);
    }

    #[test]
    fn control_keys_are_few() {
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Interrupt));
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::NONE), Some(Key::Char('c')));
        assert_eq!(pressed(KeyCode::Char('z'), KeyModifiers::CONTROL), None);
        assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::ALT), None);
        assert_eq!(pressed(KeyCode::Char('Q'), KeyModifiers::SHIFT).and_then(Key::letter), Some('q'));
    }

    #[test]
    fn a_key_that_goes_up_again_is_no_second_key() {
        let released = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(Key::of(&released), None);
    }
}
