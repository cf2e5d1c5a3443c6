//! A clock that fails when it is asked once too often: an entry that needs it is not written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use airlock::desk::host::Senses;
use airlock::devices::clock::{Clock, ClockError, Reading};
use airlock::devices::entropy::SystemEntropy;

/// How often a clock may still be read.
#[derive(Clone)]
pub(crate) struct Readings(Arc<AtomicI32>);

struct Failing(Readings, Box<dyn Clock + Send + Sync>);

impl Readings {
    /// The senses of a host with this clock, which never fails at first.
    pub(crate) fn of(clock: impl Clock + Send + Sync + 'static) -> (Self, Senses) {
        let left = Self(Arc::new(AtomicI32::new(i32::MAX)));
        let clock = Failing(left.clone(), Box::new(clock));
        (left, Senses { clock: Box::new(clock), entropy: Box::new(SystemEntropy) })
    }

    /// Does `work` while the clock may be read so often.
    pub(crate) fn during<T>(&self, readings: i32, work: impl FnOnce() -> T) -> T {
        self.0.store(readings, Ordering::Relaxed);
        let done = work();
        self.0.store(i32::MAX, Ordering::Relaxed);
        done
    }
}

impl Clock for Failing {
    fn read(&self) -> Result<Reading, ClockError> {
        if self.0.0.fetch_sub(1, Ordering::Relaxed) > 0 { self.1.read() } else { Err(ClockError::OutOfRange) }
    }
}
