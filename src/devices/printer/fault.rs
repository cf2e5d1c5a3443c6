//! Why nothing was printed.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Why nothing, or not everything, was printed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PrinterError {
    /// Neither a path nor a queue.
    #[error("not a printer: neither an absolute path nor lp:QUEUE")]
    Name,
    /// Nothing is there, or nobody reads from it.
    #[error("the printer {0} is not there or is switched off")]
    Absent(String),
    /// A file, a directory or a disk.
    #[error("{0} is not a printer: neither a character device nor a FIFO")]
    NotPrinter(String),
    /// Another job has it.
    #[error("the printer {0} is in use")]
    Busy(String),
    /// This user may not write to it.
    #[error("the printer {0} may not be written to")]
    Denied(String),
    /// It says that it has no paper.
    #[error("the printer {0} is out of paper")]
    Paper(String),
    /// It takes nothing any more.
    #[error("the printer {0} took nothing for {1} seconds")]
    Stuck(String, u64),
    /// It failed or was taken away in the middle of a page.
    #[error("the printer {0} failed: {1}")]
    Failed(String, String),
    /// The print service does not take the job.
    #[error("the print service refused the job for {0}: {1}")]
    Queue(String, String),
    /// There is no print service.
    #[error("this host has no print service: {0}")]
    NoService(String),
}

impl PrinterError {
    /// What a device says when it is opened or written to.
    pub(super) fn of(printer: &str, error: Errno) -> Self {
        let printer = printer.to_owned();
        match error {
            Errno::NOENT | Errno::NXIO | Errno::NODEV => Self::Absent(printer),
            Errno::BUSY => Self::Busy(printer),
            Errno::ACCESS | Errno::PERM | Errno::ROFS => Self::Denied(printer),
            Errno::NOSPC => Self::Paper(printer),
            error => Self::Failed(printer, io::Error::from(error).to_string()),
        }
    }
}

impl Refusal for PrinterError {
    fn reason(&self) -> Reason {
        const AGAIN: &str =
            "see to the printer, take half-printed pages out, then print again: airlock sheet print TRACE";
        match self {
            Self::Name => Reason::new(Class::Usage, "PRINTER_NAME", "name a device, or a queue as lp:QUEUE"),
            Self::Absent(_) => {
                Reason::new(Class::Media, "PRINTER_ABSENT", "switch the printer on and connect it; then print again")
            }
            Self::NotPrinter(_) => {
                Reason::new(Class::Usage, "PRINTER_NOT_ONE", "name the printer's device, or write a file with --sheet")
            }
            Self::Busy(_) => Reason::new(Class::Media, "PRINTER_BUSY", "wait for the other job; then print again"),
            Self::Denied(_) => {
                Reason::new(Class::Media, "PRINTER_DENIED", "have the sysadmin let this user write to the printer")
            }
            Self::Paper(_) => Reason::new(Class::Media, "PRINTER_PAPER", AGAIN),
            Self::Stuck(..) => Reason::new(Class::Media, "PRINTER_STUCK", AGAIN),
            Self::Failed(..) => Reason::new(Class::Media, "PRINTER_FAILED", AGAIN),
            Self::Queue(..) => Reason::new(Class::Media, "PRINTER_QUEUE", AGAIN),
            Self::NoService(_) => {
                Reason::new(Class::Media, "PRINTER_NO_SERVICE", "print on a device, or write a file with --sheet")
            }
        }
    }
}
