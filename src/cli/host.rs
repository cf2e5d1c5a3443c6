//! `airlock host check`: whether this host is fit for what it is used for.

use clap::Subcommand;
use thiserror::Error;

use super::answer::Answer;
use super::call::Call;
use crate::audit::entry::Side;
use crate::devices::surroundings::Surroundings;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Look at the machine around this program
#[derive(Debug, Subcommand)]
pub(super) enum Host {
    /// Tell what endangers a CA host: network links, swap, core dumps
    Check,
}

/// A CA host has a network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("this CA host has network interfaces that are not down: {0}")]
struct NetworkUp(String);

impl Host {
    pub(super) fn run(&self, call: &Call) -> Result<Answer, Refused> {
        let Self::Check = self;
        let config = call.host()?;
        let found = Surroundings::look()?;
        let desk = call.desk()?;
        let mut report = Report::new(ReportKind::Host)
            .fact("party", "Host", desk.party().to_string())
            .fact("side", "Side", config.side().name())
            .fact("entries", "Log entries", desk.log().tree().size())
            .fact("clock", "Clock", desk.now()?.to_string())
            .fact("links", "Network links up", &found.links_up[..])
            .fact("swap", "Swap", &found.swap[..])
            .fact("coreDumps", "Core dumps", found.core_pattern.as_str());
        if config.side() == Side::Offline && !found.links_up.is_empty() {
            report = report.error(&NetworkUp(found.links_up.join(", ")).into());
        }
        Ok(report.into())
    }
}

impl Refusal for NetworkUp {
    fn reason(&self) -> Reason {
        Reason::new(Class::Policy, "HOST_NETWORK_UP", "unplug the network of this host and remove its driver")
    }
}
