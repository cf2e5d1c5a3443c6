//! A person at a terminal, line by line.
//!
//! Dialogue goes to stderr, so that stdout holds data only. A pasted line is told apart from a typed one (bracketed
//! paste): rows of a sheet must pass through a person's eyes and fingers. Nothing here answers for a person: without a
//! terminal the command ends with exit status 12.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::thread;
use std::time::Duration;

use rustix::io::ioctl_fionread;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::devices::secret::SecretSource;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// The longest line that is read, in bytes; the kernel's own limit for a typed line.
const MAX_LINE: usize = 4096;
/// Nobody types a line this soon behind another.
const BEHIND: Duration = Duration::from_millis(80);
const PASTE_ON: &str = "\x1b[?2004h";
const PASTE_OFF: &str = "\x1b[?2004l";
const PASTE_BEGINS: &str = "\x1b[200~";
const PASTE_ENDS: &str = "\x1b[201~";

/// A terminal with a person before it.
#[derive(Debug)]
pub struct Terminal {
    brackets: bool,
    /// Whether a paste of several lines has begun and not ended.
    pasting: bool,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A typed line, without its end.
    Typed(String),
    /// The line was pasted; what it held is gone.
    Pasted,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum TerminalError {
    /// Input or output is not a terminal.
    #[error("this needs a person at a terminal")]
    NoPerson,
    /// The person closed the input.
    #[error("the entry was left")]
    Left,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(#[from] io::Error),
}

impl Terminal {
    /// The terminal this process runs at.
    ///
    /// # Errors
    /// [`TerminalError::NoPerson`] where standard input or standard error leads elsewhere.
    pub fn open() -> Result<Self, TerminalError> {
        Self::must_be_here()?;
        let brackets = std::env::var("TERM").is_ok_and(|term| !matches!(term.as_str(), "" | "dumb" | "linux"));
        let mut terminal = Self { brackets, pasting: false };
        terminal.write(if brackets { PASTE_ON } else { "" })?;
        Ok(terminal)
    }

    /// Demands a terminal, and writes nothing to it.
    ///
    /// # Errors
    /// [`TerminalError::NoPerson`] where standard input or standard error leads elsewhere.
    pub fn must_be_here() -> Result<(), TerminalError> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() { Ok(()) } else { Err(TerminalError::NoPerson) }
    }

    /// Shows a line.
    ///
    /// # Errors
    /// [`TerminalError::Failed`].
    pub fn say(&mut self, line: &str) -> Result<(), TerminalError> {
        self.write(&format!("{line}\n"))
    }

    /// Shows `prompt` and waits for a line.
    ///
    /// # Errors
    /// [`TerminalError::Left`] at the end of input, [`TerminalError::Failed`].
    pub fn ask(&mut self, prompt: &str) -> Result<Answer, TerminalError> {
        self.write(prompt)?;
        let mut line = Vec::new();
        let mut input = io::stdin().lock();
        let read = io::Read::take(&mut input, MAX_LINE as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            self.write("\n")?;
            return Err(TerminalError::Left);
        }
        let line = String::from_utf8_lossy(&line);
        if is_pasted(&mut self.pasting, &line) {
            if !self.pasting {
                drain();
            }
            return Ok(Answer::Pasted);
        }
        Ok(Answer::Typed(line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// Shows `prompt` and waits for a line that is not shown. What was typed before the prompt is dropped.
    ///
    /// # Errors
    /// As [`Terminal::ask`].
    pub fn ask_hidden(&mut self, prompt: &str) -> Result<SecretString, TerminalError> {
        // First, so that not even the first letter can be seen.
        let hidden = Hidden::new()?;
        self.write(prompt)?;
        let mut line = Zeroizing::new(String::with_capacity(MAX_LINE));
        let read = io::Read::take(&mut io::stdin().lock(), MAX_LINE as u64).read_line(&mut line);
        drop(hidden);
        self.write("\n")?;
        match read? {
            0 => Err(TerminalError::Left),
            _ => Ok(SecretString::from(plain(&line))),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), TerminalError> {
        let mut out = io::stderr().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }
}

/// Drops what comes behind the end of a paste until nothing has come for a while: a text may bear that end itself, to
/// have the rest taken for typed.
fn drain() {
    loop {
        thread::sleep(BEHIND);
        let is_over = !ioctl_fionread(io::stdin()).is_ok_and(|waiting| waiting > 0);
        // Also a line that has no end yet, of which the system tells nothing.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        if is_over {
            return;
        }
    }
}

/// Whether a paste has a part in `line`; `pasting` says whether one goes on behind it.
fn is_pasted(pasting: &mut bool, line: &str) -> bool {
    let (begins, ends) = (line.rfind(PASTE_BEGINS), line.rfind(PASTE_ENDS));
    let before = std::mem::replace(pasting, if begins == ends { *pasting } else { begins > ends });
    before || begins.is_some()
}

/// A secret without the marks of a paste, which a password manager may have made: a token would count them as a try.
fn plain(line: &str) -> &str {
    let line = line.trim_end_matches(['\n', '\r']);
    let line = line.strip_prefix(PASTE_BEGINS).unwrap_or(line);
    line.strip_suffix(PASTE_ENDS).unwrap_or(line)
}

/// The echo of the terminal is off while this lives.
struct Hidden(Termios);

impl Hidden {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to show.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.brackets {
            // A terminal that is gone needs no tidying.
            let _ = self.write(PASTE_OFF);
        }
    }
}

/// The secret from `source`, or typed at the terminal without being shown.
///
/// # Errors
/// Those of the source; [`TerminalError::NoPerson`] where there is neither source nor terminal.
pub fn secret(prompt: &str, source: Option<&SecretSource>) -> Result<SecretString, Refused> {
    match source {
        Some(source) => Ok(source.read()?),
        None => Ok(Terminal::open()?.ask_hidden(prompt)?),
    }
}

impl Refusal for TerminalError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoPerson => Reason::new(
                Class::NeedsPerson,
                "NEEDS_PERSON",
                "run the command at a terminal, with a person before it",
            ),
            Self::Left => Reason::new(
                Class::NeedsPerson,
                "ENTRY_LEFT",
                "run the command again; the rows of this sitting are typed again",
            ),
            Self::Failed(_) => {
                Reason::new(Class::NeedsPerson, "TERMINAL_FAILED", "run the command at another terminal")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_paste_is_one() {
        let mut pasting = false;
        let lines = [
            "123456\n",
            "\x1b[200~\n",
            "123456\n",
            "498985\n",
            "\x1b[201~\n",
            "123456\n",
            "\x1b[200~1\x1b[201~\n",
            "1\n",
        ];
        let pasted = lines.map(|line| is_pasted(&mut pasting, line));
        assert_eq!(pasted, [false, true, true, true, true, false, true, false]);
    }

    #[test]
    fn a_second_paste_in_one_line_may_go_on() {
        let mut pasting = false;
        let lines = ["\x1b[200~1\x1b[201~\x1b[200~2\n", "123456\n", "\x1b[201~123456\n", "123456\n"];
        assert_eq!(lines.map(|line| is_pasted(&mut pasting, line)), [true, true, true, false]);
    }

    #[test]
    fn a_pasted_secret_is_what_was_copied() {
        for line in ["1234\n", "\x1b[200~1234\x1b[201~\n", "1234\r\n", "1234"] {
            assert_eq!(plain(line), "1234");
        }
    }
}
