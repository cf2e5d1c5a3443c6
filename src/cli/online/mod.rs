//! `airlock online`: the verbs of the cluster admin's room, a file each.
//!
//! - `scan`, `request`: what is on the nodes, and what is asked for it; `trust`: or of the roots
//! - `receive`, `confirm`, `verify`, `stage`: what comes back
//! - `split`, `node`: nodes that stage for themselves
//! - `metrics`, `report`: what a monitoring system and an auditor are told
//! - `status`, `preflight`: how far the cluster is
//! - `rotate`, `rollback`, `reclaim`, `agree`: to the new root, back, and what is kept goes; `turn` is what they share
//! - [`init`], [`enrol`]: this side of the verbs that both sides have
//! - `nodes`: which nodes, and where they lie

mod agree;
mod confirm;
pub(super) mod enrol;
pub(super) mod init;
mod metrics;
mod node;
mod nodes;
mod preflight;
mod receive;
mod reclaim;
mod report;
mod request;
mod rollback;
mod rotate;
mod scan;
mod split;
mod stage;
mod status;
mod trust;
mod turn;
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
    Split(split::Split),
    #[command(subcommand)]
    Node(node::Node),
    Stage(stage::Stage),
    Metrics(metrics::Metrics),
    Report(report::Chronicled),
    Status(status::Status),
    Preflight(preflight::Preflight),
    Rotate(Box<rotate::Rotate>),
    Rollback(Box<rollback::Rollback>),
    Agree(Box<agree::Agree>),
    Reclaim(Box<reclaim::Reclaim>),
}

impl Online {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Scan(verb) => verb.run(call),
            Self::Request(verb) => verb.run(call),
            Self::Receive(verb) => verb.run(call),
            Self::Confirm(verb) => verb.run(call),
            Self::Verify(verb) => verb.run(call),
            Self::Split(verb) => verb.run(call),
            Self::Node(verb) => verb.run(call),
            Self::Stage(verb) => verb.run(call),
            Self::Metrics(verb) => verb.run(call),
            Self::Report(verb) => verb.run(call),
            Self::Status(verb) => verb.run(call),
            Self::Preflight(verb) => verb.run(call),
            Self::Rotate(verb) => verb.run(call),
            Self::Rollback(verb) => verb.run(call),
            Self::Agree(verb) => verb.run(call),
            Self::Reclaim(verb) => verb.run(call),
        }
    }
}
