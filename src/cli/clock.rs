//! `airlock clock`: people compare the clock of a CA host, or a quorum sets it back.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use super::decision::{Approve, proposed};
use super::person::PersonOptions;
use super::secrets::SecondPassphraseOptions;
use super::terminal::{self, Terminal};
use crate::audit::entry::Actor;
use crate::desk::people::Present;
use crate::devices::store::{Links, read_file};
use crate::exchange::approval::operation::Operation;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::offline::clock::{self, Compared};
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::time::Timestamp;

const MAX_KEY: u64 = 16 << 10;

/// Compare the clock of this host with others, or set it back under quorum
#[derive(Debug, Subcommand)]
pub(super) enum Clock {
    /// Two officers read the minute off a clock of their own each; it counts for a day and until the host is started again
    Attest(Attest),
    /// Put before people that the clock is set back; then put the clock of the host right
    Set(Set),
    /// Decide on setting it back; with the last decision it is set
    Approve(Approve),
}

/// Options of `clock attest`.
#[derive(Debug, Args)]
pub(super) struct Attest {
    #[command(flatten)]
    first: PersonOptions,
    /// What the first officer reads, such as 2026-11-22T03:10Z; asked for where it is not given
    #[arg(long, value_name = "MINUTE", value_parser = minute)]
    minute: Option<Timestamp>,
    /// The second officer
    #[arg(long, value_name = "ID")]
    second: PersonId,
    /// The second officer's encrypted OpenSSH key file
    #[arg(long, value_name = "FILE")]
    second_key: PathBuf,
    #[command(flatten)]
    second_passphrase: SecondPassphraseOptions,
    /// What the second officer reads
    #[arg(long, value_name = "MINUTE", value_parser = minute)]
    second_minute: Option<Timestamp>,
}

/// Options of `clock set`.
#[derive(Debug, Args)]
pub(super) struct Set {
    /// The earliest time from then on, such as 2026-11-22T03:10Z
    #[arg(value_parser = minute)]
    to: Timestamp,
}

impl Clock {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Attest(attest) => attest.run(call),
            Self::Set(set) => {
                let mut room = Room::open(call.offline()?, call.senses())?;
                let object = clock::propose(&mut room, &Actor::system(), set.to)?;
                Ok(proposed(ReportKind::Clock, "clock", &object))
            }
            Self::Approve(approve) => approve.run(call, Operation::ClockSet, ReportKind::Clock),
        }
    }
}

impl Attest {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let persons = room.roster().persons().to_vec();
        let roles = [PersonRole::Officer];
        let first = self.first.identify(room.desk_mut(), &persons, &roles)?;
        let file = read_file(&self.second_key, MAX_KEY, Links::Follow)?;
        let passphrase = self.second_passphrase.read_for(&format!("passphrase of {}", self.second))?;
        let second = room.desk_mut().identify(&persons, &self.second, &roles, &file, &passphrase)?;
        let compared = [
            Compared { minute: read(&first, self.minute)?, officer: &first },
            Compared { minute: read(&second, self.second_minute)?, officer: &second },
        ];
        let entry = clock::attest(&mut room, &compared)?;
        let attested = room.attested_now()?;
        let report = Report::new(ReportKind::Clock).fact("time", "Time", attested.time.to_string());
        Ok(report.fact("officers", "Officers", &attested.officers[..]).entry(entry).into())
    }
}

/// The minute that an officer reads, typed where it was not given.
fn read(officer: &Present, given: Option<Timestamp>) -> Result<Timestamp, Refused> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut terminal = Terminal::open()?;
    loop {
        match terminal.ask(&format!("{}: the minute on a clock of your own, as 2026-11-22T03:10Z: ", officer.id()))? {
            terminal::Answer::Typed(line) => match minute(line.trim()) {
                Ok(minute) => return Ok(minute),
                Err(error) => terminal.say(&error)?,
            },
            terminal::Answer::Pasted => terminal.say("paste is off; read the clock and type it")?,
        }
    }
}

/// A minute, or a second, of UTC.
fn minute(text: &str) -> Result<Timestamp, String> {
    clock::minute(text).ok_or_else(|| "not a minute of UTC of the form 2026-11-22T03:10Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_read_with_and_without_seconds() {
        let expected: Timestamp = "2026-11-22T03:10:00Z".parse().unwrap();
        assert_eq!(minute("2026-11-22T03:10Z"), Ok(expected));
        assert_eq!(minute("2026-11-22T03:10:00Z"), Ok(expected));
        for wrong in ["2026-11-22T03:10", "2026-11-22 03:10Z", "03:10Z", ""] {
            assert!(minute(wrong).is_err(), "{wrong}");
        }
    }
}
