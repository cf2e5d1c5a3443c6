//! What the terminal is sent, and a recording of it where one is wished for. Where the recording cannot go on the work does,
//! and whoever asked for it is told.

use std::io::{self, Stdout, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::devices::cast::Cast;

/// Standard output.
#[derive(Debug)]
pub struct Output {
    out: Stdout,
    cast: Option<Cast>,
    unrecorded: Unrecorded,
}

/// Whether the recording ended before the work did.
#[derive(Debug, Clone, Default)]
pub struct Unrecorded(Arc<AtomicBool>);

impl Output {
    /// Standard output; `cast` gets all of it too.
    pub fn to(cast: Option<Cast>) -> Self {
        Self { out: io::stdout(), cast, unrecorded: Unrecorded::default() }
    }

    /// What tells that the recording has ended.
    pub fn unrecorded(&self) -> Unrecorded {
        self.unrecorded.clone()
    }
}

impl Unrecorded {
    /// Whether it has ended since this was asked last.
    pub fn is_news(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        if let Some(mut cast) = self.cast.take() {
            match cast.sent(bytes.get(..count).unwrap_or_default()) {
                Ok(()) => self.cast = Some(cast),
                Err(_) => {
                    cast.give_up();
                    self.unrecorded.0.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
