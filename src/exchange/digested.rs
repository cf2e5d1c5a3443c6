//! Bytes with their digest, which is made while they are still being written.

use std::io::{self, Write};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use crate::wire::digest::{Digest, Running};

/// How many pieces may wait for their reader.
const WAITING: usize = 16;

/// Bytes and their digest.
#[derive(Debug)]
pub struct Digested {
    bytes: Vec<u8>,
    sha256: Digest,
}

impl Digested {
    /// What `write` writes, collected and digested beside it. Large pieces serve it best.
    ///
    /// # Errors
    /// What `write` says.
    pub fn written<E>(write: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> Result<Self, E> {
        let (sender, pieces) = mpsc::sync_channel::<Vec<u8>>(WAITING);
        thread::scope(|scope| {
            let collected = scope.spawn(|| {
                let (mut bytes, mut digest) = (Vec::new(), Running::default());
                for piece in pieces {
                    digest.update(&piece);
                    bytes.extend_from_slice(&piece);
                }
                Self { bytes, sha256: digest.finish() }
            });
            // It ends with its sender.
            let done = write(&mut Pieces(sender));
            let collected = collected.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done.map(|()| collected)
        })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their digest.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl From<Vec<u8>> for Digested {
    fn from(bytes: Vec<u8>) -> Self {
        Self { sha256: Digest::of(&bytes), bytes }
    }
}

struct Pieces(SyncSender<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_collected_in_order_with_its_digest() {
        let pieces: Vec<Vec<u8>> = (0..100_u8).map(|at| vec![at; usize::from(at) * 50]).collect();
        let written = Digested::written(|out| pieces.iter().try_for_each(|piece| out.write_all(piece))).unwrap();
        assert_eq!(written.bytes(), pieces.concat());
        assert_eq!(written.sha256(), Digest::of(&pieces.concat()));
        assert_eq!(written.sha256(), Digested::from(written.into_bytes()).sha256());
    }

    #[test]
    fn of_what_could_not_be_written_nothing_is_left() {
        let failed = Digested::written(|out| {
            out.write_all(b"half").map_err(|_| "pipe")?;
            Err("the other half")
        });
        assert_eq!(failed.map(Digested::into_bytes), Err("the other half"));
    }
}
