//! airlock, the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock::cli::process::harden();
    ExitCode::from(airlock::cli::run::run(std::env::args_os(), airlock::tui::start::start))
}
