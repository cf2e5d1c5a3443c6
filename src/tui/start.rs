//! The workstation at this terminal.

use std::env;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::size;
use thiserror::Error;

use super::app::App;
use super::frame::{COLUMNS, ROWS};
use super::keyboard::Pastes;
use super::language::Language;
use super::output::Output;
use super::pace::Pace;
use super::palette::{self, Palette};
use super::plain::console::Console;
use super::plain::dialogue;
use super::runner::{self, Ending, Look};
use super::terminal_guard::TerminalGuard;
use crate::devices::cast::Cast;
use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// How a person wants to work.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The config of this host; at its usual place where none is named.
    pub config: Option<PathBuf>,
    /// Line by line, without screens.
    pub is_plain: bool,
    /// Colours.
    pub colours: palette::Wish,
    /// The new file that what is shown is recorded in.
    pub record: Option<PathBuf>,
}

/// Why there is no workstation here.
#[derive(Debug, Error)]
pub enum StartError {
    /// Output leads elsewhere.
    #[error("standard output is not a terminal")]
    Elsewhere,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(#[from] io::Error),
}

/// Runs the workstation; returns the exit status. Whether a person is at a terminal is asked before. A terminal that
/// cannot place its cursor is used line by line, as where that is wished for.
///
/// # Errors
/// Any [`StartError`]; those of the recording.
pub fn start(wish: Wish) -> Result<u8, Refused> {
    let term = env::var("TERM").unwrap_or_default();
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    let (language, may_switch) = language(&term, &locale.unwrap_or_default());
    let app = App::begin(language, may_switch);
    let output = Output::to(wish.record.as_deref().map(record).transpose()?);
    let unrecorded = output.unrecorded();
    let ending = match wish.is_plain || places_no_cursor(&term) {
        true => Console::take(output).and_then(|console| dialogue::run(console, app, wish.config, unrecorded)),
        false if !io::stdout().is_terminal() => return Err(StartError::Elsewhere.into()),
        false => {
            let palette = Palette::of(&term, env::var("NO_COLOR").ok().as_deref(), wish.colours);
            // The library reads NO_COLOR too; what was decided here counts.
            force_color_output(palette == Palette::Coloured);
            let look = Look { palette, pace: Pace::of(&term, Instant::now()), pastes: Pastes::of(&term) };
            TerminalGuard::take(output)
                .and_then(|mut guard| runner::run(guard.terminal(), app, look, wish.config, &unrecorded))
        }
    };
    // The terminal was given back: what still goes on may take a while.
    Ok(ending.and_then(Ending::wait).map_err(StartError::Failed)?)
}

/// A recording, of the size that the terminal has now.
fn record(path: &Path) -> Result<Cast, StoreError> {
    let (columns, rows) = size().ok().filter(|size| size.0 > 0 && size.1 > 0).unwrap_or((COLUMNS, ROWS));
    Cast::create(path, columns, rows)
}

fn places_no_cursor(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown")
}

/// The language to begin with, and whether the terminal can show Chinese: the Linux console and VT terminals cannot, and
/// of a terminal without a name nobody knows.
fn language(term: &str, locale: &str) -> (Language, bool) {
    let locale = locale.to_lowercase();
    let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
    let may_switch = is_utf8 && !matches!(term, "" | "unknown" | "linux") && !term.starts_with("vt");
    let language = if locale.starts_with("zh") { Language::Chinese } else { Language::English };
    (language, may_switch)
}

impl Refusal for StartError {
    fn reason(&self) -> Reason {
        match self {
            Self::Elsewhere => Reason::new(
                Class::NeedsPerson,
                "SCREEN_ELSEWHERE",
                "run airlock with its output on the terminal, or name a command: airlock --help",
            ),
            Self::Failed(_) => Reason::new(Class::NeedsPerson, "SCREEN_FAILED", "run airlock at another terminal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_needs_a_terminal_that_can_show_it() {
        assert_eq!(language("xterm-256color", "zh_CN.UTF-8"), (Language::Chinese, true));
        assert_eq!(language("xterm-256color", "en_GB.utf8"), (Language::English, true));
        assert!(!language("linux", "zh_CN.UTF-8").1);
        assert!(!language("vt220", "zh_CN.UTF-8").1);
        assert!(!language("xterm", "C").1);
        assert!(!language("", "zh_CN.UTF-8").1);
        assert_eq!(language("dumb", "zh_CN.UTF-8"), (Language::Chinese, true));
    }
}
