//! The terminal as a line discipline: what is typed is shown only while something is asked that may be seen.

use std::io::{self, Write};
use std::panic;

use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};

/// The terminal, its echo in our hands. It is given back as it was when this is dropped, and before the message of a panic.
pub struct Console<W> {
    before: Termios,
    out: W,
}

impl<W: Write> Console<W> {
    /// Takes the terminal; lines are told to `out`.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn take(out: W) -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let (saved, hook) = (before.clone(), panic::take_hook());
        panic::set_hook(Box::new(move |panic| {
            give_back(&saved);
            hook(panic);
        }));
        let mut console = Self { before, out };
        console.hide()?;
        Ok(console)
    }

    /// What gives the terminal back from another thread.
    pub fn giver(&self) -> impl Fn() + Send + 'static {
        let before = self.before.clone();
        move || give_back(&before)
    }

    /// Tells a line.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn tell(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(printable(line).as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    /// Asks for a line. What was typed before the question is dropped: it cannot be an answer.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn ask(&mut self, prompt: &str, is_shown: bool) -> io::Result<()> {
        self.echo(is_shown)?;
        self.out.write_all(printable(prompt).as_bytes())?;
        self.out.flush()
    }

    /// Shows nothing of what is typed.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn hide(&mut self) -> io::Result<()> {
        self.echo(false)
    }

    fn echo(&self, is_shown: bool) -> io::Result<()> {
        let mut modes = self.before.clone();
        modes.local_modes.set(LocalModes::ECHO, is_shown);
        modes.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        // Whoever suspends or aborts the program would find a terminal that shows nothing.
        for code in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
            modes.special_codes[code] = 0;
        }
        tcsetattr(io::stdin(), OptionalActions::Drain, &modes)?;
        Ok(tcflush(io::stdin(), QueueSelector::IFlush)?)
    }
}

impl<W> Drop for Console<W> {
    fn drop(&mut self) {
        give_back(&self.before);
    }
}

/// A terminal that is gone needs no tidying.
fn give_back(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Flush, before);
}

/// The last guard: whatever a line holds, it moves no cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_gets_out() {
        assert_eq!(printable("a\x1b[2J\u{9b}2Jb\r\n"), "a[2J2Jb");
        assert_eq!(printable("行 A"), "行 A");
    }
}
