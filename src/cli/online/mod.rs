//! `airlock online`: the verbs of the cluster admin's room, a file each.
//!
//! - `scan`, `request`: what is on the nodes, and what is asked for it
//! - `receive`, `confirm`, `verify`, `stage`: what comes back
//! - `status`, `preflight`, `rotate`: how far the cluster is, and the plan to the new root
//! - [`init`], [`enrol`]: this side of the verbs that both sides have
//! - `nodes`: which nodes, and where they lie

mod confirm;
pub(super) mod enrol;
pub(super) mod init;
mod nodes;
mod preflight;
mod receive;
mod request;
mod rotate;
mod scan;
mod stage;
mod status;
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
    Status(status::Status),
    Preflight(preflight::Preflight),
    Rotate(rotate::Rotate),
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
            Self::Status(verb) => verb.run(call),
            Self::Preflight(verb) => verb.run(call),
            Self::Rotate(verb) => verb.run(call),
        }
    }
}
