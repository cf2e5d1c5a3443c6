//! A writer that compares: whoever writes a value again need not hold what he writes.

use std::io;

/// Takes only the bytes it expects, in their order.
#[derive(Debug)]
pub(crate) struct Expected<'a>(&'a [u8]);

impl<'a> Expected<'a> {
    /// Expects `bytes`.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all of them were written.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

impl io::Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
