//! A printer: a device that takes bytes as they come, or a queue of the host's print service.
//!
//! A device is opened before anything is done, and never waited for without end: a printer without paper blocks, and
//! somebody stands before it.

pub mod device;
mod fault;
mod queue;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub use fault::PrinterError;

/// How long a printer may take nothing before it is given up.
pub const PATIENCE: Duration = Duration::from_secs(60);

const QUEUE: &str = "lp:";
const MAX_QUEUE: usize = 127;

/// Which printer: `/dev/usb/lp0`, or `lp:ceremony`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterName {
    /// A character device or a FIFO.
    Device(PathBuf),
    /// A queue of the print service.
    Queue(String),
}

/// A printer that can be printed on.
#[derive(Debug)]
pub enum Printer {
    /// A device held open.
    Device(device::Device),
    /// A queue, by its name.
    Queue(String),
}

impl Printer {
    /// Looks for the printer; a device is opened and a queue is only named.
    ///
    /// # Errors
    /// [`PrinterError`].
    pub fn open(name: &PrinterName) -> Result<Self, PrinterError> {
        match name {
            PrinterName::Device(path) => device::Device::open(path).map(Self::Device),
            PrinterName::Queue(queue) => Ok(Self::Queue(queue.clone())),
        }
    }

    /// Hands `job` over. That it was printed, only somebody who looks at the paper can say.
    ///
    /// # Errors
    /// [`PrinterError`]; a part of the job may lie in the printer then.
    pub fn print(self, job: &[u8], patience: Duration) -> Result<(), PrinterError> {
        match self {
            Self::Device(device) => device.write(job, patience),
            Self::Queue(queue) => queue::hand_over(&queue, job, patience),
        }
    }
}

impl fmt::Display for PrinterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => f.write_str(&crate::wire::text::clip(&path.to_string_lossy(), 200)),
            Self::Queue(queue) => write!(f, "{QUEUE}{queue}"),
        }
    }
}

impl FromStr for PrinterName {
    type Err = PrinterError;

    fn from_str(text: &str) -> Result<Self, PrinterError> {
        let Some(queue) = text.strip_prefix(QUEUE) else {
            return if text.starts_with('/') { Ok(Self::Device(text.into())) } else { Err(PrinterError::Name) };
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_name = (1..=MAX_QUEUE).contains(&queue.len()) && queue.chars().all(is_plain) && !queue.starts_with('-');
        if is_name { Ok(Self::Queue(queue.to_owned())) } else { Err(PrinterError::Name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal as _;

    #[test]
    fn a_printer_is_a_path_or_a_queue() {
        assert_eq!("/dev/usb/lp0".parse(), Ok(PrinterName::Device("/dev/usb/lp0".into())));
        assert_eq!("lp:Room_2-a.b".parse(), Ok(PrinterName::Queue("Room_2-a.b".to_owned())));
        for name in ["/dev/usb/lp0", "lp:ceremony"] {
            assert_eq!(name.parse::<PrinterName>().unwrap().to_string(), name);
        }
        for bad in ["", "lp0", "lp:", "lp:-d", "lp:a b", "lp:../x", "lp:é", &format!("lp:{}", "a".repeat(128))] {
            assert_eq!(bad.parse::<PrinterName>(), Err(PrinterError::Name), "{bad}");
        }
        assert_eq!(PrinterError::Name.reason().code, "PRINTER_NAME");
    }
}
