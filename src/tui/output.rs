//! What the terminal is sent, and a recording of it where one is wished for.

use std::io::{self, Stdout, Write};

use crate::devices::cast::Cast;

/// Standard output.
#[derive(Debug)]
pub struct Output {
    out: Stdout,
    cast: Option<Cast>,
}

impl Output {
    /// Standard output; `cast` gets all of it too.
    pub fn to(cast: Option<Cast>) -> Self {
        Self { out: io::stdout(), cast }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        if let Some(cast) = &mut self.cast {
            cast.sent(bytes.get(..count).unwrap_or_default())?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
