//! The tree of verbs.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::answer::{Answer, Format};
use super::call::Call;
#[cfg(feature = "online")]
use super::online;
use super::{audit, completions, enrol, host, init, inspect, man, resume, sheet};
use crate::refusal::Refused;

/// An air-gapped CA workstation for Kubernetes PKI: one binary, two rooms
#[derive(Debug, Parser)]
#[command(name = "airlock", version, arg_required_else_help = true, max_term_width = 100)]
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
    #[command(subcommand)]
    verb: Verb,
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
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Clock(super::clock::Clock),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Officer(super::officer::Officer),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Policy(super::policy::Policy),
    #[cfg(feature = "offline")]
    #[command(subcommand)]
    Quarantine(super::quarantine::Quarantine),
    #[cfg(feature = "online")]
    #[command(subcommand)]
    Online(online::Online),
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

    /// Does it.
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self.verb {
            Verb::Init(verb) => verb.run(call),
            Verb::Enrol(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Verb::Offline(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Verb::Clock(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Verb::Officer(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Verb::Policy(verb) => verb.run(call),
            #[cfg(feature = "offline")]
            Verb::Quarantine(verb) => verb.run(call),
            #[cfg(feature = "online")]
            Verb::Online(verb) => verb.run(call),
            Verb::Audit(verb) => verb.run(call),
            Verb::Inspect(verb) => verb.run(),
            Verb::Sheet(verb) => verb.run(call),
            Verb::Resume(verb) => verb.run(call),
            Verb::Host(verb) => verb.run(call),
            Verb::Completions(verb) => verb.run(),
            Verb::Man(verb) => verb.run(),
        }
    }
}
