//! Whether this host is fit for what it is used for.

use thiserror::Error;

use crate::audit::entry::Side;
use crate::desk::host::Desk;
use crate::devices::surroundings::Surroundings;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// What was found of a host.
#[derive(Debug)]
pub struct Fitness {
    /// What it is and what is around it.
    pub report: Report,
    /// Why it is not fit; none where nothing was found.
    pub unfit: Option<Refused>,
}

/// A CA host has a network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("this CA host has network interfaces that are not down: {0}")]
struct NetworkUp(String);

/// Looks at the machine around this program; `desk` is of a host of `side`.
///
/// # Errors
/// What the kernel and the clock say.
pub fn fitness(desk: &Desk, side: Side) -> Result<Fitness, Refused> {
    let found = Surroundings::look()?;
    let report = Report::new(ReportKind::Host)
        .fact("party", "Host", desk.party().to_string())
        .fact("side", "Side", side.name())
        .fact("entries", "Log entries", desk.log().tree().size())
        .fact("clock", "Clock", desk.now()?.to_string())
        .fact("links", "Network links up", &found.links_up[..])
        .fact("swap", "Swap", &found.swap[..])
        .fact("coreDumps", "Core dumps", found.core_pattern.as_str());
    let is_unfit = side == Side::Offline && !found.links_up.is_empty();
    Ok(Fitness { report, unfit: is_unfit.then(|| NetworkUp(found.links_up.join(", ")).into()) })
}

impl Refusal for NetworkUp {
    fn reason(&self) -> Reason {
        Reason::new(Class::Policy, "HOST_NETWORK_UP", "unplug the network of this host and remove its driver")
    }
}
