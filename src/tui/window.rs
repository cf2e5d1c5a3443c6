//! Where a person is in a long list, and which part of it is drawn. Only that part is ever made.

use std::ops::Range;

use super::keys::Key;

/// The line that the person is on; no list is asked to hold still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    at: usize,
}

/// How far a page goes; the key moves the same way on every terminal.
const PAGE: usize = 10;

impl Window {
    /// On the line `at`.
    pub fn on(at: usize) -> Self {
        Self { at }
    }

    /// The line that the person is on, in a list of `len`; none where it is empty.
    pub fn at(self, len: usize) -> Option<usize> {
        len.checked_sub(1).map(|last| self.at.min(last))
    }

    /// Moves by `key` in a list of `len`; other keys move nothing.
    #[must_use]
    pub fn moved(self, key: Key, len: usize) -> Self {
        let (at, last) = (self.at(len).unwrap_or_default(), len.saturating_sub(1));
        let at = match key {
            Key::Up => at.saturating_sub(1),
            Key::Down => at + 1,
            Key::PageUp => at.saturating_sub(PAGE),
            Key::PageDown => at + PAGE,
            Key::Home => 0,
            Key::End => last,
            _ => at,
        };
        Self { at: at.min(last) }
    }

    /// What is drawn of a list of `len` in `height` rows: the person's line stands as near to the middle as can be.
    pub fn drawn(self, len: usize, height: usize) -> Range<usize> {
        let at = self.at(len).unwrap_or_default();
        let top = at.saturating_sub(height / 2).min(len.saturating_sub(height));
        top..len.min(top + height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_move_within_the_list() {
        let window = Window::default().moved(Key::Down, 3).moved(Key::Down, 3).moved(Key::Down, 3);
        assert_eq!(window.at(3), Some(2));
        assert_eq!(window.moved(Key::PageUp, 3).at(3), Some(0));
        assert_eq!(Window::default().moved(Key::End, 20_000).at(20_000), Some(19_999));
        assert_eq!(Window::default().moved(Key::Down, 0).at(0), None);
    }

    proptest! {
        #[test]
        fn the_persons_line_is_drawn_and_no_more_than_fits(at in 0_usize..50, len in 0_usize..50, height in 1_usize..20) {
            let window = Window { at };
            let drawn = window.drawn(len, height);
            prop_assert!(drawn.len() <= height && drawn.end <= len);
            prop_assert_eq!(drawn.len(), height.min(len));
            prop_assert!(window.at(len).is_none_or(|at| drawn.contains(&at)));
        }
    }
}
