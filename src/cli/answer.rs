//! What a verb gives back, and how it is shown: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;

use crate::report::document::Report;

/// The columns of output that goes to no terminal.
const WIDTH: usize = 80;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// JSON lines: progress while it lasts, then the object.
    Jsonl,
}

/// What a verb has to say.
#[derive(Debug)]
pub enum Answer {
    /// What was done or found.
    Report(Box<Report>),
    /// Why nothing was done.
    Refusal(Box<Report>),
    /// A document as it is: a sheet, a list of keys.
    Document(Vec<u8>),
}

impl Answer {
    /// Writes it: data to stdout, a refusal for people to stderr.
    ///
    /// # Errors
    /// Those of stdout and stderr.
    pub fn show(&self, format: Format) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match (self, format) {
            (Self::Document(bytes), _) => out.write_all(bytes)?,
            (Self::Report(report), Format::Text) => out.write_all(report.text(width()).as_bytes())?,
            (Self::Refusal(report), Format::Text) => io::stderr().write_all(report.text(width()).as_bytes())?,
            (Self::Report(report) | Self::Refusal(report), Format::Json | Format::Jsonl) => {
                writeln!(out, "{}", report.json()?)?;
            }
        }
        out.flush()
    }

    /// The exit status of the process.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Report(report) | Self::Refusal(report) => report.exit_status(),
            Self::Document(_) => 0,
        }
    }
}

impl From<Report> for Answer {
    fn from(report: Report) -> Self {
        Self::Report(Box::new(report))
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::Document(text.into_bytes())
    }
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Document(bytes)
    }
}

fn width() -> usize {
    let out = io::stdout();
    if !out.is_terminal() {
        return WIDTH;
    }
    match rustix::termios::tcgetwinsize(&out) {
        // A serial line does not know.
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col).clamp(40, 132),
        _ => WIDTH,
    }
}
