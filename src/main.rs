//! airlock, the command.

use std::path::PathBuf;
use std::process::ExitCode;

use airlock::cli::args::{Colour, Seat};
use airlock::refusal::Refused;
use airlock::tui::palette;
use airlock::tui::start::{Wish, start};

fn main() -> ExitCode {
    airlock::cli::process::harden();
    ExitCode::from(airlock::cli::run::run(std::env::args_os(), workstation))
}

/// The two faces know nothing of each other.
fn workstation(config: Option<PathBuf>, seat: Seat) -> Result<u8, Refused> {
    let colours = match seat.color {
        Colour::Auto => palette::Wish::Auto,
        Colour::Always => palette::Wish::Always,
        Colour::Never => palette::Wish::Never,
    };
    start(Wish { config, is_plain: seat.plain, colours, record: seat.record })
}
