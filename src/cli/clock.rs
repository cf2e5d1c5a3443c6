//! `airlock clock`: people compare the clock of this host; at a CA host a quorum sets it back.

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
#[cfg(feature = "offline")]
use super::decision::{Approve, proposed};
use super::person::TwoPersonsOptions;
use super::terminal::{self, Terminal};
#[cfg(feature = "offline")]
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::config::host::Config;
use crate::desk::clock::{self, Compared};
use crate::desk::host::Desk;
use crate::desk::people::Present;
#[cfg(feature = "offline")]
use crate::exchange::approval::operation::Operation;
use crate::exchange::people::person::{Person, PersonRole};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::time::Timestamp;

/// Compare the clock of this host with others; at a CA host, set it back under quorum
#[derive(Debug, Subcommand)]
pub(super) enum Clock {
    /// Two people read the minute off a clock of their own each
    ///
    /// At a CA host two officers do; it counts for a day and until the host is started again. At an online host two
    /// requesters do, where the clock once stood ahead and the log takes nothing that is earlier.
    Attest(Attest),
    /// Put before people that the clock is set back; then put the clock of the host right
    #[cfg(feature = "offline")]
    Set(Set),
    /// Decide on setting it back; with the last decision it is set
    #[cfg(feature = "offline")]
    Approve(Approve),
}

/// Options of `clock attest`.
#[derive(Debug, Args)]
pub(super) struct Attest {
    #[command(flatten)]
    both: TwoPersonsOptions,
    /// What the first person reads, such as 2026-11-22T03:10Z; asked for where it is not given
    #[arg(long, value_name = "MINUTE", value_parser = minute)]
    minute: Option<Timestamp>,
    /// What the second person reads
    #[arg(long, value_name = "MINUTE", value_parser = minute)]
    second_minute: Option<Timestamp>,
}

/// Options of `clock set`.
#[cfg(feature = "offline")]
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
            #[cfg(feature = "offline")]
            Self::Set(set) => {
                let mut room = crate::offline::room::Room::open(call.offline()?, call.senses())?;
                let object = crate::offline::clock::propose(&mut room, &Actor::system(), set.to)?;
                Ok(proposed(ReportKind::Clock, "clock", &object))
            }
            #[cfg(feature = "offline")]
            Self::Approve(approve) => approve.run(call, Operation::ClockSet, ReportKind::Clock),
        }
    }
}

impl Attest {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        match call.host()? {
            #[cfg(feature = "online")]
            Config::Online(config) => {
                let mut room = crate::online::room::Room::open(*config, call.senses())?;
                let (desk, people) = room.desk_and_people();
                self.attest(desk, people, PersonRole::Requester)
            }
            #[cfg(feature = "offline")]
            Config::Offline(config) => {
                let mut room = crate::offline::room::Room::open(*config, call.senses())?;
                let persons = room.roster().persons().to_vec();
                self.attest(room.desk_mut(), &persons, PersonRole::Officer)
            }
        }
    }

    fn attest(&self, desk: &mut Desk, persons: &[Person], role: PersonRole) -> Result<Answer, Refused> {
        let [first, second] = self.both.identify(desk, persons, &[role])?;
        let compared = [
            Compared { minute: read(&first, self.minute)?, person: &first },
            Compared { minute: read(&second, self.second_minute)?, person: &second },
        ];
        let entry = desk.attest(&compared, role)?;
        let written = desk.entries().last();
        let report = Report::new(ReportKind::Clock);
        let report = match written.map(|written| (written.time, &written.event)) {
            Some((time, Event::ClockAttested(attested))) => {
                report.fact("time", "Time", time.to_string()).fact("officers", "Compared by", &attested.officers[..])
            }
            _ => report,
        };
        Ok(report.entry(entry).into())
    }
}

/// The minute that a person reads, typed where it was not given.
fn read(person: &Present, given: Option<Timestamp>) -> Result<Timestamp, Refused> {
    if let Some(given) = given {
        return Ok(given);
    }
    let mut terminal = Terminal::open()?;
    loop {
        match terminal.ask(&format!("{}: the minute on a clock of your own, as 2026-11-22T03:10Z: ", person.id()))? {
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
