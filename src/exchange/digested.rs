//! The digest of bytes that are kept while they are still being written, and that nobody holds as a whole.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{self, SyncSender};

use crate::cores::both;
use crate::wire::digest::{Digest, Running};

/// How many pieces may wait for whoever keeps them.
const WAITING: usize = 16;
/// Less than so many bytes are gathered first.
const PIECE: usize = 64 << 10;

/// Writes, and digests and keeps what is written, piece by piece in a thread of its own. Returns the digest of all of it.
///
/// # Errors
/// What `keep` says, after which nothing more can be written; or what `write` says, of which a part was kept then.
pub fn digested<E: Send>(
    mut keep: impl FnMut(&[u8]) -> Result<(), E> + Send,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<Digest, E> {
    let (sender, pieces) = mpsc::sync_channel::<Vec<u8>>(WAITING);
    let take = move || {
        let mut digest = Running::default();
        for piece in pieces {
            digest.update(&piece);
            keep(&piece)?;
        }
        Ok(digest.finish())
    };
    let give = move || {
        let mut out = BufWriter::with_capacity(PIECE, Pieces(sender));
        write(&mut out)?;
        // It fails only where the pieces are not taken any more, and whoever kept them has said why.
        let _ = out.flush();
        Ok(())
    };
    let (kept, written) = both(take, give);
    kept.and_then(|digest| written.map(|()| digest))
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
    fn what_is_written_is_kept_in_order_and_digested() {
        let pieces: Vec<Vec<u8>> = (1..=100_u8).map(|at| vec![at; usize::from(at) * 2000]).collect();
        let mut kept = Vec::new();
        let keep = |piece: &[u8]| {
            kept.push(piece.to_vec());
            Ok::<_, io::Error>(())
        };
        let digest = digested(keep, |out| pieces.iter().try_for_each(|piece| out.write_all(piece))).unwrap();
        assert_eq!(digest, Digest::of(&pieces.concat()));
        assert!(kept.concat() == pieces.concat());
        assert!(kept.len() < pieces.len(), "small ones are gathered");
    }

    #[test]
    fn of_what_could_not_be_written_there_is_no_digest() {
        let failed = digested(
            |_| Ok(()),
            |out| {
                out.write_all(b"half").map_err(|_| "pipe")?;
                Err("the other half")
            },
        );
        assert_eq!(failed, Err("the other half"));
    }

    #[test]
    fn of_what_could_not_be_kept_its_keeper_says_why() {
        let endless = |out: &mut dyn Write| loop {
            out.write_all(&[7; PIECE]).map_err(|_| "pipe")?;
        };
        assert_eq!(digested(|_| Err("disk"), endless), Err("disk"));
        // Also where it was the last piece.
        assert_eq!(digested(|_| Err("disk"), |out| out.write_all(b"short").map_err(|_| "pipe")), Err("disk"));
    }
}
