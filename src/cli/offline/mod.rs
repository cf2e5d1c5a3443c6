//! `airlock offline`: the room of the CA, a file a verb.

mod approve;
mod ca;
pub(super) mod clear;
mod confirm;
mod crl;
pub(super) mod enrol;
pub(super) mod init;
mod plan;
mod receive;
mod review;
mod seal;
mod sign;
mod verify;

use clap::Subcommand;

use super::answer::Answer;
use super::call::Call;
use crate::refusal::Refused;

/// Answer what a cluster asks: receive, confirm, verify, review, plan, approve, sign, seal; and keep its CAs
#[derive(Debug, Subcommand)]
pub(super) enum Offline {
    Receive(receive::Receive),
    Confirm(confirm::Confirm),
    Verify(verify::Verify),
    Review(review::Review),
    Plan(plan::Plan),
    Approve(approve::Approve),
    Sign(sign::Sign),
    Seal(seal::Seal),
    #[command(subcommand)]
    Ca(ca::Ca),
    Crl(crl::Crl),
}

impl Offline {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Receive(verb) => verb.run(call),
            Self::Confirm(verb) => verb.run(call),
            Self::Verify(verb) => verb.run(call),
            Self::Review(verb) => verb.run(call),
            Self::Plan(verb) => verb.run(call),
            Self::Approve(verb) => verb.run(call),
            Self::Sign(verb) => verb.run(call),
            Self::Seal(verb) => verb.run(call),
            Self::Ca(verb) => verb.run(call),
            Self::Crl(verb) => verb.run(call),
        }
    }
}
