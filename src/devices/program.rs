//! Programs of this host run by their argument lists: no shell, nothing on standard input, an end in time.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// A program and its arguments, each as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    name: String,
    arguments: Vec<String>,
}

/// Why a program did not do its work.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// The list is empty, or a part of it holds a NUL.
    #[error("an argument list that names no program")]
    Empty,
    /// It cannot be started.
    #[error("{0} cannot be started: {1}")]
    Start(String, String),
    /// It did not end in time and was killed.
    #[error("{0} did not end within {1} s and was killed")]
    TimedOut(String, u64),
    /// It failed: what it said last.
    #[error("{0} failed ({1}): {2}")]
    Failed(String, String, String),
    /// It said more than [`MAX_OUTPUT`].
    #[error("{0} said more than {MAX_OUTPUT} bytes")]
    TooMuch(String),
}

/// The most that is taken of what a program says, in bytes.
pub const MAX_OUTPUT: usize = 64 << 20;
const LOOK: Duration = Duration::from_millis(10);
/// How long what was said is waited for after the end: a child of the program may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Program {
    /// The program and the arguments of `list`.
    ///
    /// # Errors
    /// [`ProgramError::Empty`].
    pub fn of(list: &[String]) -> Result<Self, ProgramError> {
        let Some((name, arguments)) = list.split_first().filter(|(name, _)| !name.is_empty()) else {
            return Err(ProgramError::Empty);
        };
        if list.iter().any(|part| part.contains('\0')) {
            return Err(ProgramError::Empty);
        }
        Ok(Self { name: name.clone(), arguments: arguments.to_vec() })
    }

    /// Runs it to its end, at most for `time`; what it said on standard output.
    ///
    /// # Errors
    /// Any [`ProgramError`] but the first. A program that is killed may have done its work or a part of it.
    pub fn run(&self, time: Duration) -> Result<Vec<u8>, ProgramError> {
        let until = Instant::now() + time;
        let mut child = Command::new(&self.name)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| ProgramError::Start(self.shown(), text::clip(&e.to_string(), 80)))?;
        let (said, complained) = (listen(child.stdout.take()), listen(child.stderr.take()));
        let status = match end(&mut child, until) {
            Ok(Some(status)) => status,
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(ProgramError::TimedOut(self.shown(), time.as_secs()));
            }
        };
        let said = said.recv_timeout(LAST_WORDS).unwrap_or_default();
        if !status.success() {
            let words = complained.recv_timeout(LAST_WORDS).unwrap_or_default();
            let last = String::from_utf8_lossy(&words);
            let last = last.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            return Err(ProgramError::Failed(self.shown(), status.to_string(), text::clip(last, 160)));
        }
        if said.len() > MAX_OUTPUT { Err(ProgramError::TooMuch(self.shown())) } else { Ok(said) }
    }

    fn shown(&self) -> String {
        text::clip(&self.name, 80)
    }
}

/// Waits for the end; `None` where it does not come in time.
fn end(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Takes what comes up to one byte above [`MAX_OUTPUT`], and lets the rest go by so that the writer does not block.
fn listen(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (heard, hears) = mpsc::channel();
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            let limit = u64::try_from(MAX_OUTPUT).unwrap_or(u64::MAX).saturating_add(1);
            let _ = pipe.by_ref().take(limit).read_to_end(&mut all);
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        let _ = heard.send(all);
    });
    hears
}

impl Refusal for ProgramError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::Empty => Reason::new(Class::Usage, "PROGRAM_EMPTY", "give the program and its arguments as a list"),
            Self::Start(..) => held("PROGRAM_START", "install the program, or name it with its whole path"),
            Self::TimedOut(..) => held("PROGRAM_TIMEOUT", "see what became of it, then run the command again"),
            Self::Failed(..) => held("PROGRAM_FAILED", "run the program by hand and mend what it complains of"),
            Self::TooMuch(_) => held("PROGRAM_TOO_MUCH", "check that this is the right program"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(list: &[&str], milliseconds: u64) -> Result<Vec<u8>, ProgramError> {
        let list: Vec<_> = list.iter().map(ToString::to_string).collect();
        Program::of(&list)?.run(Duration::from_millis(milliseconds))
    }

    #[test]
    fn arguments_go_as_they_are_given() {
        assert_eq!(run(&["printf", "%s|", "a b", "$HOME", ";", "*"], 9_000).unwrap(), b"a b|$HOME|;|*|");
        assert_eq!(run(&["cat"], 9_000).unwrap(), b"");
    }

    #[test]
    fn each_failure_has_its_code() {
        for (list, code) in [
            (&["false"] as &[&str], "PROGRAM_FAILED"),
            (&["sleep", "9"], "PROGRAM_TIMEOUT"),
            (&["/nowhere/program"], "PROGRAM_START"),
            (&[], "PROGRAM_EMPTY"),
            (&[""], "PROGRAM_EMPTY"),
            (&["printf", "a\0b"], "PROGRAM_EMPTY"),
        ] {
            let time = if list == ["sleep", "9"] { 300 } else { 9_000 };
            assert_eq!(run(list, time).unwrap_err().reason().code, code, "{list:?}");
        }
        let much = ["head", "-c", "67108865", "/dev/zero"];
        assert_eq!(run(&much, 20_000).unwrap_err().reason().code, "PROGRAM_TOO_MUCH");
        let failed = run(&["ls", "/nowhere"], 9_000).unwrap_err().to_string();
        assert!(failed.contains("/nowhere"), "{failed}");
    }

    #[test]
    fn a_child_that_holds_the_pipe_does_not_hold_us() {
        let started = Instant::now();
        run(&["sh", "-c", "sleep 5 & exit 0"], 9_000).unwrap();
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
