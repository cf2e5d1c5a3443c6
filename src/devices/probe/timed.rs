//! A TCP stream with one deadline for all that is done until it is set again: a peer that drips bytes does not win time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    /// Connects within `time`, which also is the first deadline.
    pub(super) fn connect(address: SocketAddr, time: Duration) -> io::Result<Self> {
        let until = Instant::now() + time;
        let stream = TcpStream::connect_timeout(&address, time)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, until })
    }

    /// From now on, `time` for what follows.
    pub(super) fn give(&mut self, time: Duration) {
        self.until = Instant::now() + time;
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_peer_that_drips_does_not_win_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            while peer.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let started = Instant::now();
        let mut timed = Timed::connect(address, Duration::from_millis(200)).unwrap();
        let mut all = Vec::new();
        let error = timed.read_to_end(&mut all).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock));
        assert!(!all.is_empty() && started.elapsed() < Duration::from_secs(2), "{} {:?}", all.len(), started.elapsed());
        timed.give(Duration::from_millis(200));
        assert_eq!(timed.read(&mut [0]).unwrap(), 1);
    }
}
