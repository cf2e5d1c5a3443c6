//! The tree of verbs.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::answer::{Answer, Format};
use super::call::Call;
#[cfg(feature = "online")]
use super::online;
use super::{audit, clock, completions, enrol, host, init, inspect, man, media, quarantine, resume, sheet};
use crate::audit::entry::Side;
use crate::refusal::Refused;

/// An air-gapped CA workstation for Kubernetes PKI: one binary, two rooms
///
/// Without a command it is the terminal workstation of this host.
#[derive(Debug, Parser)]
#[command(name = "airlock", version, max_term_width = 100)]
pub struct Arguments {
    /// The config of this host
    #[arg(long, global = true, value_name = "FILE", env = "AIRLOCK_CONFIG")]
    config: Option<PathBuf>,
    /// How data is written
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        env = "AIRLOCK_OUTPUT"
    )]
    output: Format,
    #[command(flatten)]
    seat: Seat,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// How a person sits at the workstation.
#[derive(Debug, Clone, clap::Args)]
pub struct Seat {
    /// The workstation line by line: for screen readers, braille and serial lines. Also where TERM is dumb or not set
    #[arg(long)]
    pub plain: bool,
    /// Colours of the workstation; `auto` follows TERM and `NO_COLOR`
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Record what the workstation shows in a new file (asciicast); what is typed is not in it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Whether the workstation uses colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// Where the terminal has them and nobody asked for none.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Init(init::Init),
    #[command(subcommand)]
    Enrol(enrol::Enrol),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Offline(super::offline::Offline),
    #[command(subcommand)]
    Clock(clock::Clock),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Officer(super::officer::Officer),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Policy(super::policy::Policy),
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    #[cfg(feature = "online")]
    #[command(subcommand)]
    Online(online::Online),
    #[command(subcommand)]
    Media(media::Media),
    #[command(subcommand)]
    Audit(audit::Audit),
    Inspect(inspect::Inspect),
    #[command(subcommand)]
    Sheet(sheet::Sheet),
    Resume(resume::Resume),
    #[command(subcommand)]
    Host(host::Host),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Arguments {
    /// The command line around the verb.
    pub(super) fn call(&self) -> Call {
        Call { config: self.config.clone(), format: self.output }
    }

    /// How a person sits at the workstation.
    pub(super) fn seat(&self) -> Seat {
        self.seat.clone()
    }

    /// What is to be done; nothing is named where the workstation is asked for.
    pub(super) fn verb(self) -> Option<Verb> {
        self.verb
    }
}

impl Verb {
    /// The side on which it copies a transfer in, of which a refusal has advice of that side.
    pub(super) const fn receives(&self) -> Option<Side> {
        match self {
            #[cfg(feature = "offline")]
            Self::Offline(super::offline::Offline::Receive(_)) => Some(Side::Offline),
            #[cfg(feature = "online")]
            Self::Online(online::Online::Receive(_)) => Some(Side::Online),
            _ => None,
        }
    }

    /// Does it.
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Init(verb) => verb.run(call),
            Self::Enrol(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Self::Offline(verb) => verb.run(call),
            Self::Clock(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Self::Officer(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Self::Policy(verb) => verb.run(call),
            Self::Quarantine(verb) => verb.run(call),
            #[cfg(feature = "online")]
            Self::Online(verb) => verb.run(call),
            Self::Media(verb) => verb.run(call),
            Self::Audit(verb) => verb.run(call),
            Self::Inspect(verb) => verb.run(),
            Self::Sheet(verb) => verb.run(call),
            Self::Resume(verb) => verb.run(call),
            Self::Host(verb) => verb.run(call),
            Self::Completions(verb) => verb.run(),
            Self::Man(verb) => verb.run(),
        }
    }
}
