//! How often a gauge is drawn: four times a second, once on a serial line. Anything else is drawn at once.

use std::time::{Duration, Instant};

/// When a gauge is drawn next.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    every: Duration,
    next: Instant,
    is_owed: bool,
}

impl Pace {
    /// The pace of a terminal of this `TERM`; VT terminals sit on serial lines.
    pub fn of(term: &str, now: Instant) -> Self {
        let every = if term.starts_with("vt") { Duration::from_secs(1) } else { Duration::from_millis(250) };
        Self { every, next: now, is_owed: false }
    }

    /// A gauge moved; returns whether it is drawn `now`.
    pub fn moved(&mut self, now: Instant) -> bool {
        self.is_owed = true;
        self.due(now)
    }

    /// Whether a gauge that moved before is drawn `now`.
    pub fn due(&mut self, now: Instant) -> bool {
        let is_due = self.is_owed && now >= self.next;
        if is_due {
            self.drawn(now);
        }
        is_due
    }

    /// Everything was drawn `now`.
    pub fn drawn(&mut self, now: Instant) {
        (self.next, self.is_owed) = (now + self.every, false);
    }

    /// How long until something is due; none where nothing is owed.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.is_owed.then(|| self.next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a gauge that moves every millisecond for two seconds.
    fn frames(term: &str) -> usize {
        let begin = Instant::now();
        let mut pace = Pace::of(term, begin);
        pace.drawn(begin);
        (1..=2000).filter(|ms| pace.moved(begin + Duration::from_millis(*ms))).count()
    }

    #[test]
    fn a_gauge_is_drawn_four_times_a_second_and_once_on_a_serial_line() {
        assert_eq!(frames("xterm-256color"), 8);
        assert_eq!(frames("vt220"), 2);
    }

    #[test]
    fn what_was_not_drawn_is_owed() {
        let begin = Instant::now();
        let mut pace = Pace::of("linux", begin);
        pace.drawn(begin);
        assert!(!pace.moved(begin) && pace.left(begin) == Some(Duration::from_millis(250)));
        assert!(pace.due(begin + Duration::from_millis(250)) && pace.left(begin).is_none());
    }
}
