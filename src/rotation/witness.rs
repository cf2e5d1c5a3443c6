//! What the metrics of an API server before Kubernetes 1.32 say of the old root: whether any request came with a certificate
//! that is not told from an old one, since the process was started.
//!
//! The counters begin at nothing when a process is started, so its start is the beginning of the evidence, and no request
//! from before it can still stand: that process is another. A restart in between shows by itself. So one reading of each
//! API server at the end is enough, and the process must be younger than the last leaf that was put in place.

use std::fmt;

use super::apart::{Ends, Whose};
use crate::cluster::lives::{Bucket, Lives};
use crate::wire::text::fill;
use crate::wire::time::Timestamp;

/// What was printed by an API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it counted.
    pub lives: Lives,
    /// When it was printed, at the latest: the time of the file.
    pub printed: Timestamp,
}

/// What an API server says by its counters, where nothing speaks for the old root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unused {
    /// Since when.
    pub from: Timestamp,
    /// Until when, at the least.
    pub until: Timestamp,
    /// Until when, at the most.
    pub printed: Timestamp,
    /// How many requests came with certificates that had not ended.
    pub requests: u64,
}

/// Why the counters of an API server do not say that the old root is unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The process is older than the last leaf.
    Older {
        /// When it was started.
        started: Timestamp,
        /// When the last leaf was put in place.
        since: Timestamp,
    },
    /// The reading is older than a quarter of an hour.
    Stale(Timestamp),
    /// The time of the file is not when it was printed, or a clock is wrong.
    Dated {
        /// The last collection of garbage.
        collected: Timestamp,
        /// The time of the file.
        printed: Timestamp,
    },
    /// Requests came with certificates of another life than any new one has.
    Used(Bucket),
    /// Requests came with certificates of a life that new and old ones have.
    Undecided(Bucket),
}

/// How old a reading may be, in seconds.
const MAX_AGE: i64 = 900;
/// How old one may be whose requests are looked for in a log, in seconds: an API server ends a watch after an hour at the
/// latest (`--min-request-timeout`, 1800 and up to twice that), and before that 1.20 writes no line of it.
const MAX_OPEN: i64 = 7200;
/// A Go program collects its garbage every two minutes at the least; the rest is for clocks and for who copies.
const MAX_APART: i64 = 300;

impl Reading {
    /// What it says of an old root of which the last leaf was replaced at `since`, at `now`.
    ///
    /// # Errors
    /// [`Against`].
    pub fn judge(&self, ends: &Ends, since: Timestamp, now: Timestamp) -> Result<Unused, Against> {
        let unused = self.counted(now)?;
        if unused.from <= since {
            return Err(Against::Older { started: unused.from, since });
        }
        if now.since(unused.until) > MAX_AGE {
            return Err(Against::Stale(unused.until));
        }
        for bucket in self.valid() {
            match ends.whose(bucket, unused.from, unused.printed) {
                Whose::New => {}
                Whose::Both => return Err(Against::Undecided(bucket)),
                Whose::NotNew => return Err(Against::Used(bucket)),
            }
        }
        Ok(unused)
    }

    /// What it counted, whoever came: a log that is printed long enough after it holds each of these requests. A newer reading
    /// of the same process says whose they were.
    ///
    /// # Errors
    /// [`Against::Dated`]; [`Against::Stale`] where it is older than two hours.
    pub fn counted(&self, now: Timestamp) -> Result<Unused, Against> {
        let Lives { started, collected, .. } = self.lives;
        // Before it first collects anything it says the beginning of time.
        let until = collected.max(started);
        if now.since(until) > MAX_OPEN {
            return Err(Against::Stale(until));
        }
        if self.printed.since(until).abs() > MAX_APART || until.since(now) > MAX_APART {
            return Err(Against::Dated { collected: until, printed: self.printed });
        }
        let requests = self.valid().fold(0, |sum: u64, bucket| sum.saturating_add(bucket.requests));
        Ok(Unused { from: started, until, printed: self.printed.max(until), requests })
    }

    /// Requests whose certificates had not ended: whoever has is refused, of whichever root.
    fn valid(&self) -> impl Iterator<Item = Bucket> {
        self.lives.buckets().iter().copied().filter(|bucket| bucket.requests > 0 && !bucket.is_ended())
    }
}

/// A log and an API server that it may be of, each for one other: whether each of `servers` gets a log of its own, where
/// `fits` says of which it may be. The first that gets none, otherwise.
pub fn each_its_own(servers: usize, logs: usize, fits: impl Fn(usize, usize) -> bool) -> Result<(), usize> {
    let mut of_log: Vec<Option<usize>> = vec![None; logs];
    for server in 0..servers {
        if !finds(server, &mut of_log, &fits, &mut vec![false; logs]) {
            return Err(server);
        }
    }
    Ok(())
}

/// Whether `server` finds a log, where another may be sent to look for another one.
fn finds(
    server: usize,
    of_log: &mut [Option<usize>],
    fits: &impl Fn(usize, usize) -> bool,
    tried: &mut [bool],
) -> bool {
    for log in 0..of_log.len() {
        let mut is_new = || tried.get_mut(log).is_some_and(|tried| !std::mem::replace(tried, true));
        if !fits(server, log) || !is_new() {
            continue;
        }
        let holder = of_log.get(log).copied().flatten();
        if holder.is_none_or(|holder| finds(holder, of_log, fits, tried)) {
            if let Some(place) = of_log.get_mut(log) {
                *place = Some(server);
            }
            return true;
        }
    }
    false
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Older { started, since } => {
                write!(
                    f,
                    "it runs since {started}, before the last leaf was put in place at {since}: restart it and bring the facts of its node"
                )
            }
            Self::Stale(until) => write!(f, "its metrics end at {until}: print them anew"),
            Self::Dated { collected, printed } => {
                write!(
                    f,
                    "its metrics are of {collected}, and their file of {printed}: keep its time when it is copied"
                )
            }
            Self::Used(bucket) => {
                write!(
                    f,
                    "{} since it was started, as none of the new root has: find who it is, then restart it",
                    Came(*bucket)
                )
            }
            Self::Undecided(bucket) => {
                write!(f, "{} since it was started, as new and old ones have", Came(*bucket))
            }
        }
    }
}

struct Came(Bucket);

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bucket { above, up_to, requests } = self.0;
        let hours = |seconds: i64| seconds.div_euclid(3600);
        let above = hours(above.unwrap_or_default());
        f.write_str(&fill("{} request{s} came with certificates that had {} h", [&requests, &above]))?;
        match up_to {
            Some(up_to) => write!(f, " to {} h to live", hours(up_to)),
            None => f.write_str(" and more to live"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    /// Started at second 0, asked three days later; so many requests with so many days to live.
    fn reading(counts: &[(i64, u64)]) -> Reading {
        let line = |days: i64, count: u64| {
            format!("apiserver_client_certificate_expiration_seconds_bucket{{le=\"{}\"}} {count}\n", days * DAY)
        };
        let (mut text, mut total) = (String::new(), 0);
        for end in [0, 30, 90, 180, 360] {
            total += counts.iter().filter(|(days, _)| *days == end).map(|(_, count)| count).sum::<u64>();
            text += &line(end, total);
        }
        total += counts.iter().filter(|(days, _)| *days > 360).map(|(_, count)| count).sum::<u64>();
        text += &format!("apiserver_client_certificate_expiration_seconds_bucket{{le=\"+Inf\"}} {total}\n");
        text += &format!("apiserver_client_certificate_expiration_seconds_count {total}\n");
        text += &format!("process_start_time_seconds {}\n", at(0).unix());
        text += &format!("go_memstats_last_gc_time_seconds {}\n", at(3 * DAY).unix());
        Reading { lives: Lives::parse(text.as_bytes()).unwrap(), printed: at(3 * DAY + 60) }
    }

    fn ends(old: i64) -> Ends {
        Ends { old: [at(old * DAY)].into(), new: [at(365 * DAY)].into() }
    }

    fn judged(reading: &Reading) -> Result<Unused, Against> {
        reading.judge(&ends(100), at(-10), at(3 * DAY + 120))
    }

    #[test]
    fn what_came_with_new_leaves_alone_says_that_the_old_root_is_unused() {
        let unused = Unused { from: at(0), until: at(3 * DAY), printed: at(3 * DAY + 60), requests: 5 };
        assert_eq!(judged(&reading(&[(500, 5)])), Ok(unused));
        // Whoever has ended is refused, of whichever root.
        assert_eq!(judged(&reading(&[(500, 5), (0, 7)])), Ok(unused));
        assert_eq!(judged(&reading(&[])).unwrap().requests, 0);
    }

    #[test]
    fn one_request_of_another_life_speaks_for_the_old_root() {
        for days in [30, 90, 180, 360] {
            let Err(Against::Used(bucket)) = judged(&reading(&[(500, 5), (days, 1)])) else { panic!("{days}") };
            assert_eq!((bucket.requests, bucket.up_to), (1, Some(days * DAY)));
        }
        let said = judged(&reading(&[(180, 3)])).unwrap_err().to_string();
        assert!(said.starts_with("3 requests came with certificates that had 2160 h to 4320 h to live"), "{said}");
    }

    #[test]
    fn the_same_life_as_an_old_one_decides_nothing() {
        let reading = reading(&[(500, 5)]);
        let judge = |old: i64| reading.judge(&ends(old), at(-10), at(3 * DAY + 120));
        assert!(matches!(judge(400), Err(Against::Undecided(_))));
        assert!(judge(359).is_ok());
    }

    #[test]
    fn a_process_or_a_reading_of_another_time_says_nothing() {
        let reading = reading(&[(500, 5)]);
        let (ends, now) = (ends(100), at(3 * DAY + 120));
        assert!(matches!(reading.judge(&ends, at(0), now), Err(Against::Older { .. })));
        assert!(reading.judge(&ends, at(-1), now).is_ok());
        assert!(reading.judge(&ends, at(-1), at(3 * DAY + MAX_AGE)).is_ok());
        assert_eq!(reading.judge(&ends, at(-1), at(3 * DAY + MAX_AGE + 1)), Err(Against::Stale(at(3 * DAY))));
        assert!(matches!(reading.judge(&ends, at(-1), at(3 * DAY - MAX_APART - 1)), Err(Against::Dated { .. })));
        for off in [MAX_APART + 1, -MAX_APART - 1] {
            let copied = Reading { printed: at(3 * DAY + off), ..reading.clone() };
            assert!(matches!(copied.judge(&ends, at(-1), now), Err(Against::Dated { .. })));
        }
    }

    #[test]
    fn what_was_counted_two_hours_ago_may_still_be_looked_for() {
        let reading = reading(&[(500, 5), (180, 2), (0, 7)]);
        let counted = |later: i64| reading.counted(at(3 * DAY + later)).map(|counted| counted.requests);
        assert_eq!((counted(120), counted(MAX_OPEN)), (Ok(7), Ok(7)));
        assert_eq!(counted(MAX_OPEN + 1), Err(Against::Stale(at(3 * DAY))));
    }

    #[test]
    fn each_server_gets_a_log_of_its_own_or_is_named() {
        let pairs = |all: &'static [(usize, usize)]| move |server, log| all.contains(&(server, log));
        assert_eq!(each_its_own(2, 2, pairs(&[(0, 0), (0, 1), (1, 0)])), Ok(()));
        assert_eq!(each_its_own(2, 2, pairs(&[(0, 0), (1, 0)])), Err(1));
        assert_eq!(each_its_own(3, 3, pairs(&[(0, 0), (0, 1), (1, 0), (1, 2), (2, 0)])), Ok(()));
        // One log fits both, and the other only whoever comes second.
        assert_eq!(each_its_own(2, 2, pairs(&[(0, 0), (1, 0), (1, 1)])), Ok(()));
        assert_eq!(each_its_own(1, 0, pairs(&[])), Err(0));
        assert_eq!(each_its_own(0, 0, pairs(&[])), Ok(()));
    }
}
