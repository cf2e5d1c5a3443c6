//! `airlock online`: the verbs of the cluster admin's room, a file each.
//!
//! - `scan`, `request`: what is on the nodes, and what is asked for it
//! - `receive`, `confirm`, `verify`, `stage`: what comes back
//! - [`init`], [`enrol`]: this side of the verbs that both sides have
//! - `nodes`: which nodes, and where they lie

mod confirm;
pub(super) mod enrol;
pub(super) mod init;
mod nodes;
mod receive;
mod request;
mod scan;
mod stage;
mod verify;

use clap::Subcommand;

use super::answer::Answer;
use super::call::Call;
use crate::refusal::Refused;

/// What the cluster's admin does
#[derive(Debug, Subcommand)]
pub(super) enum Online {
    Scan(scan::Scan),
    Request(Box<request::Request>),
    Receive(receive::Receive),
    Confirm(confirm::Confirm),
    Verify(verify::Verify),
    Stage(stage::Stage),
}

impl Online {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Scan(verb) => verb.run(call),
            Self::Request(verb) => verb.run(call),
            Self::Receive(verb) => verb.run(call),
            Self::Confirm(verb) => verb.run(call),
            Self::Verify(verb) => verb.run(call),
            Self::Stage(verb) => verb.run(call),
        }
    }
}
