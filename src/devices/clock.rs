//! The host's clock, read all at once.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// What the clock said at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock.
    pub now: Timestamp,
    /// Nanoseconds since boot, sleep included, never running backwards (`CLOCK_BOOTTIME`).
    pub monotonic_ns: u64,
    /// Changes with every boot: readings of one boot can be compared by `monotonic_ns`.
    pub boot_id: String,
}

impl Reading {
    /// Milliseconds since boot: what the log carries, for after 104 days the nanoseconds outgrow a JSON integer.
    pub fn monotonic_ms(&self) -> u64 {
        self.monotonic_ns / 1_000_000
    }
}

/// A clock.
pub trait Clock {
    /// Reads it.
    ///
    /// # Errors
    /// [`ClockError`].
    fn read(&self) -> Result<Reading, ClockError>;
}

/// The clock of this host.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Why there is no reading.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ClockError {
    /// Before 1970 or after 9999.
    #[error("the clock stands outside the years 1970 to 9999")]
    OutOfRange,
    /// The kernel tells no boot id.
    #[error("the kernel tells no boot id: {0}")]
    NoBootId(String),
}

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

impl Clock for SystemClock {
    fn read(&self) -> Result<Reading, ClockError> {
        let since_boot = clock_gettime(ClockId::Boottime);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| ClockError::OutOfRange)?;
        let seconds = i64::try_from(now.as_secs()).map_err(|_| ClockError::OutOfRange)?;
        let boot_id = fs::read_to_string(BOOT_ID).map_err(|e| ClockError::NoBootId(e.to_string()))?;
        Ok(Reading {
            now: Timestamp::from_unix(seconds).ok_or(ClockError::OutOfRange)?,
            monotonic_ns: u64::try_from(since_boot.tv_sec)
                .unwrap_or_default()
                .saturating_mul(1_000_000_000)
                .saturating_add(u64::try_from(since_boot.tv_nsec).unwrap_or_default()),
            boot_id: boot_id.trim_end().to_owned(),
        })
    }
}

impl Refusal for ClockError {
    fn reason(&self) -> Reason {
        match self {
            Self::OutOfRange => Reason::new(Class::Inconsistent, "CLOCK_OUT_OF_RANGE", "set the clock of this host"),
            Self::NoBootId(_) => Reason::new(Class::Internal, "CLOCK_NO_BOOT_ID", "mount /proc on this host"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_within_one_boot() {
        let (first, second) = (SystemClock.read().unwrap(), SystemClock.read().unwrap());
        assert_eq!(first.boot_id, second.boot_id);
        assert_eq!(first.boot_id.len(), 36);
        assert!(first.monotonic_ns < second.monotonic_ns);
        assert!(first.now <= second.now);
        assert!(first.now > "2025-01-01T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn since_boot_agrees_with_uptime() {
        let uptime = fs::read_to_string("/proc/uptime").unwrap();
        let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        let read = SystemClock.read().unwrap().monotonic_ms() / 1000;
        assert!(read.abs_diff(seconds as u64) <= 2, "{read} {seconds}");
    }
}
