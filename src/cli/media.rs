//! `airlock media`: the sticks that transfers travel on, and the register of them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::answer::Answer;
use super::call::Call;
use super::person::PersonOptions;
#[cfg(feature = "offline")]
use super::person::TwoPersonsOptions;
use super::terminal::{self, Terminal};
use crate::config::host::Config;
use crate::desk::host::Desk;
use crate::desk::media::Line;
use crate::desk::people::Present;
use crate::desk::register::{self, MediumName, Register};
use crate::devices::media::eject::Ejected;
use crate::devices::media::wipe::{Blank, Label};
use crate::exchange::people::person::Person;
#[cfg(feature = "offline")]
use crate::exchange::people::person::PersonRole;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// The sticks that transfers travel on
#[derive(Debug, Subcommand)]
pub(super) enum Media {
    /// List the block devices of this host with the verdict on each, and the register
    List,
    /// Judge one device and tell why it is or is not offered
    Check(Named),
    /// Let go of a device, so that it can be taken out
    Eject(Named),
    /// Put a stick into the register, or correct it under the name it has; a sysadmin does at a CA host, a requester online
    Register(Enter),
    /// Let a stick in for a day that is not in the register; two officers do so together
    #[cfg(feature = "offline")]
    Admit(Box<Admit>),
    /// Make a stick anew, as who keeps the register: one partition, a fresh FAT32; all that it holds is lost
    Wipe(Wipe),
}

/// A device.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The kernel's name of it, as sdb
    #[arg(value_name = "DEV")]
    device: PathBuf,
}

/// Options of `media register`.
#[derive(Debug, Args)]
pub(super) struct Enter {
    #[command(flatten)]
    named: Named,
    /// What people call it, such as TX-03
    #[arg(long, value_name = "NAME")]
    name: MediumName,
    /// Which way it travels, seen from this host
    #[arg(long, value_enum)]
    way: Way,
    #[command(flatten)]
    person: PersonOptions,
}

/// [`register::Way`] as an option.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    /// It brings transfers
    In,
    /// It takes transfers away
    Out,
}

/// Options of `media admit`.
#[cfg(feature = "offline")]
#[derive(Debug, Args)]
pub(super) struct Admit {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    officers: TwoPersonsOptions,
}

/// Options of `media wipe`.
#[derive(Debug, Args)]
pub(super) struct Wipe {
    #[command(flatten)]
    named: Named,
    /// The label it gets: 1 to 11 of A-Z 0-9 - _
    #[arg(long, value_name = "LABEL")]
    label: Label,
    /// The last four characters of its serial number, which show that this stick is meant; asked for where not given
    #[arg(long, value_name = "LAST4")]
    serial: Option<String>,
    #[command(flatten)]
    person: PersonOptions,
}

impl Media {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::List => list(&call.desk()?),
            Self::Check(named) => check(&call.desk()?, &named),
            Self::Eject(named) => eject(&call.desk()?, &named),
            Self::Register(enter) => enter.run(call),
            #[cfg(feature = "offline")]
            Self::Admit(admit) => admit.run(call),
            Self::Wipe(wipe) => wipe.run(call),
        }
    }
}

fn list(desk: &Desk) -> Result<Answer, Refused> {
    let seen = desk.media()?;
    let lines: Vec<_> = seen.iter().map(|one| Line::of(one).to_string()).collect();
    let register = Register::fold(desk.entries());
    let known: Vec<_> =
        register.sticks().map(|stick| format!("{}  {}  {}", stick.name, stick.way, stick.identity)).collect();
    let report = Report::new(ReportKind::Media).fact("devices", "Devices", &lines[..]);
    Ok(report.fact("register", "Register", &known[..]).into())
}

fn check(desk: &Desk, named: &Named) -> Result<Answer, Refused> {
    let seen = desk.medium(&named.device)?;
    let told = Line::of(&seen);
    let offer = seen.judged.verdict?;
    let report = Report::new(ReportKind::Media).fact("device", "Device", told.to_string());
    let identity = seen.judged.disk.identity().to_string();
    Ok(report.fact("identity", "Recognised by", identity).fact("warnings", "Warnings", &offer.warnings[..]).into())
}

fn eject(desk: &Desk, named: &Named) -> Result<Answer, Refused> {
    let state = match desk.eject(&named.device)? {
        Ejected::Released => "released; take it out",
        Ejected::ByHand => "not in use; take it out",
    };
    Ok(Report::new(ReportKind::Media).fact("state", "State", state).into())
}

impl Enter {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let (mut desk, who) = keeper(call, &self.person)?;
        let way = match self.way {
            Way::In => register::Way::In,
            Way::Out => register::Way::Out,
        };
        let entry = desk.register(&who, &self.named.device, &self.name, way)?;
        let report = Report::new(ReportKind::Media).fact("name", "Name", self.name.as_str());
        Ok(report.fact("way", "Way", way.to_string()).entry(entry).into())
    }
}

#[cfg(feature = "offline")]
impl Admit {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = crate::offline::room::Room::open(call.offline()?, call.senses())?;
        let persons = room.roster().persons().to_vec();
        let officers = self.officers.identify(room.desk_mut(), &persons, &[PersonRole::Officer])?;
        let entry = room.desk_mut().admit(officers.each_ref(), &self.named.device)?;
        let officers = officers.map(|officer| officer.id().to_string());
        let report = Report::new(ReportKind::Media).fact("officers", "Officers", &officers[..]);
        Ok(report.fact("state", "State", "admitted for a day").entry(entry).into())
    }
}

impl Wipe {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let (mut desk, who) = keeper(call, &self.person)?;
        let blank = desk.bay().blank(&self.named.device)?;
        let typed = match self.serial {
            Some(typed) => typed,
            None => asked(&blank)?,
        };
        let (after, entry) = desk.wipe(&who, blank, &typed, self.label)?;
        let report = Report::new(ReportKind::Media).fact("identity", "Recognised by", after.to_string());
        Ok(report.entry(entry).next("pull it out and put it in again").into())
    }
}

/// The desk of this host, and the person who keeps its register.
fn keeper(call: &Call, person: &PersonOptions) -> Result<(Desk, Present), Refused> {
    let config = call.host()?;
    let persons = persons(call, &config)?;
    let mut desk = call.desk()?;
    let role = desk.keeper();
    let who = person.identify(&mut desk, &persons, &[role])?;
    Ok((desk, who))
}

/// The people of this host.
fn persons(call: &Call, config: &Config) -> Result<Vec<Person>, Refused> {
    match config.clone() {
        #[cfg(feature = "offline")]
        Config::Offline(config) => {
            Ok(crate::offline::room::Room::open(*config, call.senses())?.roster().persons().to_vec())
        }
        #[cfg(feature = "online")]
        Config::Online(config) => Ok(crate::online::room::Room::open(*config, call.senses())?.people().to_vec()),
    }
}

/// What a person types who means this stick.
fn asked(stick: &Blank) -> Result<String, Refused> {
    let mut terminal = Terminal::open()?;
    let question = format!("{}\nAll that it holds is lost. Type {}: ", stick.named(), stick.asked());
    loop {
        match terminal.ask(&question)? {
            terminal::Answer::Typed(line) => return Ok(line.trim().to_owned()),
            _ => continue,
        }
    }
}
