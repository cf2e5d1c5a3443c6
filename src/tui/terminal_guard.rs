//! The terminal is given back as it was: at the end, after an error, and before the message of a panic.

use std::io::{self, BufWriter, Write as _};
use std::panic;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::frame::{COLUMNS, ROWS};
use super::output::Output;

/// The terminal, taken over. It is given back when this is dropped.
pub struct TerminalGuard {
    terminal: Terminal<CrosstermBackend<BufWriter<Output>>>,
}

impl TerminalGuard {
    /// Takes the terminal over: raw, on its alternate screen, without a cursor, pastes told apart from keys. A frame is
    /// written at once to `output`.
    ///
    /// # Errors
    /// What the terminal says; it is then given back.
    pub fn take(output: Output) -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        Self::taken(output).inspect_err(|_| give_back())
    }

    fn taken(output: Output) -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        let backend = CrosstermBackend::new(BufWriter::new(output));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport: viewport(size()?) })?;
        Ok(Self { terminal })
    }

    /// The terminal, to draw on.
    pub fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<BufWriter<Output>>> {
        &mut self.terminal
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        give_back();
    }
}

/// A serial line does not know how large the terminal at its end is; VT terminals have 80 columns and 24 rows.
fn viewport(size: (u16, u16)) -> Viewport {
    if size.0 == 0 || size.1 == 0 { Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS)) } else { Viewport::Fullscreen }
}

/// Wipes the screen and undoes what was changed. A terminal that is gone needs no tidying.
pub fn give_back() {
    let mut out = io::stdout();
    let _ = execute!(out, Clear(ClearType::All), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}
