//! From arguments to an exit status. What is refused is told, and written down where this host has a log.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::answer::Answer;
use super::args::{Arguments, Seat};
use super::call::Call;
use super::terminal::Terminal;
use crate::audit::entry::Side;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Refused};
use crate::report::advice;
use crate::report::document::Report;

/// Runs the command line `arguments`, the name of the program first; returns the exit status. Where no command is named
/// and a person is there, that is `workstation`, which is given the config that was named and how he sits.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    workstation: impl FnOnce(Option<PathBuf>, Seat) -> Result<u8, Refused>,
) -> u8 {
    let parsed = Arguments::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Ok((Asked::of(&matches), Arguments::from_arg_matches(&matches)?)));
    match parsed {
        Ok((asked, arguments)) => {
            let (call, seat) = (arguments.call(), arguments.seat());
            match arguments.verb() {
                Some(verb) => {
                    let asked = Asked { receives: verb.receives(), ..asked };
                    finish(&call, &asked, verb.run(&call))
                }
                None => {
                    sit_down(&call, seat, workstation).unwrap_or_else(|refused| finish(&call, &asked, Err(refused)))
                }
            }
        }
        Err(error) => {
            // Nobody may be there any more to read it.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
                _ => Class::Usage.exit_status(),
            }
        }
    }
}

/// A workstation needs a person at a terminal.
fn sit_down(
    call: &Call,
    seat: Seat,
    workstation: impl FnOnce(Option<PathBuf>, Seat) -> Result<u8, Refused>,
) -> Result<u8, Refused> {
    Terminal::must_be_here()?;
    workstation(call.config.clone(), seat)
}

/// What was asked for, as the log names it.
struct Asked {
    verb: String,
    trace: Option<String>,
    /// The side on which a transfer is copied in.
    receives: Option<Side>,
}

impl Asked {
    fn of(mut matches: &ArgMatches) -> Self {
        let mut words = Vec::new();
        while let Some((word, below)) = matches.subcommand() {
            words.push(word);
            matches = below;
        }
        let trace = matches.try_get_one::<Trace>("trace").ok().flatten();
        Self { verb: words.join(" "), trace: trace.map(ToString::to_string), receives: None }
    }
}

fn finish(call: &Call, asked: &Asked, ended: Result<Answer, Refused>) -> u8 {
    let answer = ended.unwrap_or_else(|refused| Answer::Refusal(Box::new(refusal(call, asked, &refused))));
    match answer.show(call.format) {
        Ok(()) => answer.exit_status(),
        // A reader that went away, as `head` does, has seen what it wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => answer.exit_status(),
        Err(_) => Class::Storage.exit_status(),
    }
}

/// Writes the refusal down.
fn refusal(call: &Call, asked: &Asked, refused: &Refused) -> Report {
    let entry = call.desk().and_then(|mut desk| desk.refused(&asked.verb, asked.trace.as_deref(), refused));
    let here = asked.receives.and_then(|side| advice::refused(side, refused.reason().code));
    let report = Report::refused(refused).advised(here);
    match entry {
        Ok(entry) => report.entry(entry),
        // A host that was not set up, or whose log is the very thing that is wrong, has nowhere to write it.
        Err(_) => report,
    }
}
