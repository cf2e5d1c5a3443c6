//! How long nobody has been here. The clock is given, so that five minutes take no time to test.

use std::time::{Duration, Instant};

use super::app::Event;

/// After so long the workstation locks.
pub const LOCKS_AFTER: Duration = Duration::from_secs(300);
/// So long before, it says so.
pub const WARNS_BEFORE: Duration = Duration::from_secs(10);

/// When somebody was here last.
#[derive(Debug, Clone, Copy)]
pub struct Idle {
    since: Instant,
    has_warned: bool,
}

impl Idle {
    /// Somebody is here `now`, or the rooms do what he asked for.
    pub const fn since(now: Instant) -> Self {
        Self { since: now, has_warned: false }
    }

    /// How long to wait until something is due.
    pub fn left(&self, now: Instant) -> Duration {
        (self.since + self.after()).saturating_duration_since(now)
    }

    /// What is due `now`.
    pub fn due(&mut self, now: Instant) -> Option<Event> {
        if self.left(now) > Duration::ZERO {
            return None;
        }
        if self.has_warned {
            *self = Self::since(now);
            return Some(Event::Idle);
        }
        self.has_warned = true;
        Some(Event::Drowsy)
    }

    fn after(&self) -> Duration {
        if self.has_warned { LOCKS_AFTER } else { LOCKS_AFTER.saturating_sub(WARNS_BEFORE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_warns_ten_seconds_before_it_locks() {
        let begin = Instant::now();
        let mut idle = Idle::since(begin);
        assert_eq!(idle.left(begin), 290 * SECOND);
        assert!(idle.due(begin + 289 * SECOND).is_none());
        assert!(matches!(idle.due(begin + 290 * SECOND), Some(Event::Drowsy)));
        assert!(idle.due(begin + 299 * SECOND).is_none());
        assert_eq!(idle.left(begin + 299 * SECOND), SECOND);
        assert!(matches!(idle.due(begin + 300 * SECOND), Some(Event::Idle)));
    }

    #[test]
    fn whoever_is_here_begins_it_anew() {
        let begin = Instant::now();
        let mut idle = Idle::since(begin);
        assert!(idle.due(begin + 290 * SECOND).is_some());
        idle = Idle::since(begin + 295 * SECOND);
        assert!(idle.due(begin + 310 * SECOND).is_none());
    }
}
