//! The words that stand for a result. They are ASCII, six columns wide, and carry the meaning without colour.

use std::fmt;

use crate::refusal::Class;

/// A verdict word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Not done yet.
    Open,
    /// In order.
    Ok,
    /// In order, and a person should look.
    Warn,
    /// A request is denied; the rest goes on.
    Deny,
    /// A slip of the fingers.
    Typo,
    /// Not in order.
    Fail,
    /// Not in order, and people must act: keep everything, call the other side.
    Stop,
}

impl Mark {
    /// The mark of a refusal.
    pub const fn of(class: Class) -> Self {
        match class {
            Class::Sheet => Self::Stop,
            Class::Policy => Self::Deny,
            Class::Interrupted => Self::Open,
            _ => Self::Fail,
        }
    }

    /// `[ OK ]`, `[WARN]`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "[ -- ]",
            Self::Ok => "[ OK ]",
            Self::Warn => "[WARN]",
            Self::Deny => "[DENY]",
            Self::Typo => "[TYPO]",
            Self::Fail => "[FAIL]",
            Self::Stop => "[STOP]",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_marks_are_equally_wide_and_a_mismatch_stops_everyone() {
        use Mark::{Deny, Fail, Ok, Open, Stop, Typo, Warn};
        assert!([Open, Ok, Warn, Deny, Typo, Fail, Stop].iter().all(|mark| mark.as_str().len() == 6));
        assert_eq!(Mark::of(Class::Sheet), Stop);
        assert_eq!(Mark::of(Class::Replay), Fail);
    }
}
