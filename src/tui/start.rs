//! The workstation at this terminal.

use std::env;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use thiserror::Error;

use super::app::App;
use super::language::Language;
use super::palette::Palette;
use super::runner;
use super::terminal_guard::TerminalGuard;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// Why there is no workstation here.
#[derive(Debug, Error)]
pub enum StartError {
    /// The terminal cannot place its cursor.
    #[error("this terminal cannot show screens (TERM is {0})")]
    Dumb(String),
    /// Output leads elsewhere.
    #[error("standard output is not a terminal")]
    Elsewhere,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(#[from] io::Error),
}

/// Runs the workstation on the host of the config at this path, or at its usual place; returns the exit status.
/// Whether a person is at a terminal is asked before.
///
/// # Errors
/// Any [`StartError`].
pub fn start(config: Option<PathBuf>) -> Result<u8, Refused> {
    let term = env::var("TERM").unwrap_or_default();
    if matches!(term.as_str(), "" | "dumb" | "unknown") {
        return Err(StartError::Dumb(crate::wire::text::clip(&term, 40)).into());
    }
    if !io::stdout().is_terminal() {
        return Err(StartError::Elsewhere.into());
    }
    let no_color = env::var("NO_COLOR").ok();
    let palette = Palette::of(&term, no_color.as_deref());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    let (language, may_switch) = language(&term, &locale.unwrap_or_default());
    let mut guard = TerminalGuard::take().map_err(StartError::Failed)?;
    let status = runner::run(&mut guard, App::begin(language, may_switch), palette, config);
    drop(guard);
    Ok(status.map_err(StartError::Failed)?)
}

/// The language to begin with, and whether the terminal can show Chinese: the Linux console and VT terminals cannot.
fn language(term: &str, locale: &str) -> (Language, bool) {
    let locale = locale.to_lowercase();
    let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
    let may_switch = is_utf8 && term != "linux" && !term.starts_with("vt");
    let language = if locale.starts_with("zh") { Language::Chinese } else { Language::English };
    (language, may_switch)
}

impl Refusal for StartError {
    fn reason(&self) -> Reason {
        match self {
            Self::Dumb(_) => Reason::new(
                Class::NeedsPerson,
                "TERMINAL_DUMB",
                "use the command line (airlock --help), or set TERM to what the terminal is",
            ),
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
    }
}
