//! A device that takes bytes as they come, such as `/dev/usb/lp0`.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{self, CWD, FileType, Mode, OFlags};
use rustix::io::{Errno, write};

use super::PrinterError;
use crate::devices::store::fault::shown;

/// Never waits by itself, never becomes the terminal of this process.
const OPEN: OFlags = OFlags::WRONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// How long a printer that takes nothing is left alone; it takes a line in a tenth of a second or more.
const PAUSE: Duration = Duration::from_millis(50);

/// A device held open.
#[derive(Debug)]
pub struct Device {
    fd: OwnedFd,
    name: String,
}

impl Device {
    /// Opens it.
    ///
    /// # Errors
    /// [`PrinterError::Absent`] also for a FIFO that nobody reads; [`PrinterError::NotPrinter`].
    pub(super) fn open(path: &Path) -> Result<Self, PrinterError> {
        let name = shown(path);
        // Looked at before it is opened: opening a tape or a disk can do something to it.
        let kind = |stat: fs::Stat| FileType::from_raw_mode(stat.st_mode);
        let is_printer = |kind| matches!(kind, FileType::CharacterDevice | FileType::Fifo);
        let found = fs::stat(path).map_err(|e| PrinterError::of(&name, e))?;
        if !is_printer(kind(found)) {
            return Err(PrinterError::NotPrinter(name));
        }
        let fd = fs::openat(CWD, path, OPEN, Mode::empty()).map_err(|e| PrinterError::of(&name, e))?;
        if !is_printer(kind(fs::fstat(&fd).map_err(|e| PrinterError::of(&name, e))?)) {
            return Err(PrinterError::NotPrinter(name));
        }
        Ok(Self { fd, name })
    }

    /// Writes everything; each byte that is taken is a sign of life.
    ///
    /// # Errors
    /// [`PrinterError::Paper`], [`PrinterError::Stuck`] after `patience` without a sign of life, and what else it says.
    pub(super) fn write(&self, mut job: &[u8], patience: Duration) -> Result<(), PrinterError> {
        let mut alive = Instant::now();
        while !job.is_empty() {
            match write(&self.fd, job) {
                Ok(0) | Err(Errno::AGAIN) if alive.elapsed() >= patience => {
                    return Err(PrinterError::Stuck(self.name.clone(), patience.as_secs()));
                }
                Ok(0) | Err(Errno::AGAIN) => sleep(PAUSE.min(patience)),
                Ok(taken) => {
                    job = job.get(taken..).unwrap_or_default();
                    alive = Instant::now();
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(PrinterError::of(&self.name, error)),
            }
        }
        Ok(())
    }
}
