//! `airlock host check`: whether this host is fit for what it is used for.

use clap::Subcommand;

use super::answer::Answer;
use super::call::Call;
use crate::desk::fitness::{Fitness, fitness};
use crate::refusal::Refused;

/// Look at the machine around this program
#[derive(Debug, Subcommand)]
pub(super) enum Host {
    /// Tell what endangers a CA host: network links, swap, core dumps
    Check,
}

impl Host {
    pub(super) fn run(&self, call: &Call) -> Result<Answer, Refused> {
        let Self::Check = self;
        let side = call.host()?.side();
        let Fitness { report, unfit } = fitness(&call.desk()?, side)?;
        Ok(match unfit {
            Some(unfit) => report.error(&unfit),
            None => report,
        }
        .into())
    }
}
