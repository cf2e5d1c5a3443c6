//! Signed texts of `key: value` lines: printable ASCII, a fixed order, every line ending in LF.
//!
//! Whoever reads such a text prints what was read and compares, so each value has one spelling.

use std::iter::Peekable;
use std::str::{FromStr, Split};

use thiserror::Error;

/// Why a text is not the lines it should be.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// Longer than this many bytes.
    #[error("longer than {0} bytes")]
    Length(usize),
    /// A character outside 0x20..0x7E, or a line that does not end in LF.
    #[error("not lines of printable ASCII, each ending in LF")]
    Characters,
    /// The first line is another one.
    #[error("another first line")]
    Version,
    /// A line is missing, out of order, repeated or too many.
    #[error("no line \"{0}: \" where it belongs, or lines after the last")]
    Line(&'static str),
    /// A value is not of its form.
    #[error("the line {0:?} does not hold a value of its form")]
    Value(&'static str),
    /// A value has another spelling than the one it is printed in.
    #[error("a value is not written in its one spelling")]
    Spelling,
}

/// The lines of a text that are still to be read.
pub(super) struct Lines<'a> {
    rest: Peekable<Split<'a, char>>,
    last: &'static str,
}

impl<'a> Lines<'a> {
    /// Splits a text of at most `limit` bytes.
    pub(super) fn of(bytes: &'a [u8], limit: usize) -> Result<Self, LineError> {
        if bytes.len() > limit {
            return Err(LineError::Length(limit));
        }
        if !bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return Err(LineError::Characters);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| LineError::Characters)?;
        let text = text.strip_suffix('\n').ok_or(LineError::Characters)?;
        Ok(Self { rest: text.split('\n').peekable(), last: "" })
    }

    /// Demands one of `known` as the next line and says which.
    pub(super) fn header(&mut self, known: &[&'static str]) -> Result<&'static str, LineError> {
        let line = self.rest.next();
        known.iter().copied().find(|header| line == Some(header)).ok_or(LineError::Version)
    }

    /// What stands after `key` and `": "` on the next line.
    pub(super) fn field(&mut self, key: &'static str) -> Result<&'a str, LineError> {
        self.last = key;
        let line = self.rest.next().ok_or(LineError::Line(key))?;
        after(line, key).ok_or(LineError::Line(key))
    }

    /// [`Lines::field`], parsed.
    pub(super) fn value<T: FromStr>(&mut self, key: &'static str) -> Result<T, LineError> {
        self.field(key)?.parse().map_err(|_| LineError::Value(key))
    }

    /// Whether the next line is that of `key`.
    pub(super) fn is_next(&mut self, key: &str) -> bool {
        self.rest.peek().is_some_and(|line| after(line, key).is_some())
    }

    /// [`Lines::value`] where the next line is that of `key`.
    pub(super) fn optional<T: FromStr>(&mut self, key: &'static str) -> Result<Option<T>, LineError> {
        if self.is_next(key) { self.value(key).map(Some) } else { Ok(None) }
    }

    /// Demands that no line is left.
    pub(super) fn end(mut self) -> Result<(), LineError> {
        if self.rest.next().is_some() { Err(LineError::Line(self.last)) } else { Ok(()) }
    }
}

fn after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix(": ")
}
