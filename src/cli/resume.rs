//! `airlock resume`: what was begun here, and the command that goes on with it.

use clap::Args;

use super::answer::Answer;
use super::call::Call;
use crate::desk::dispatch::{Unsure, unsure};
use crate::desk::unfinished::{Unfinished, unfinished};
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// List the unfinished work of this host, and how each goes on
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Of this exchange only
    trace: Option<Trace>,
}

impl Resume {
    pub(super) fn run(&self, call: &Call) -> Result<Answer, Refused> {
        let side = call.host()?.side();
        let desk = call.desk()?;
        let wanted = |one: &Unfinished| self.trace.as_ref().is_none_or(|trace| trace.as_str() == one.trace);
        let open: Vec<_> = unfinished(desk.entries()).into_iter().filter(wanted).collect();
        let told = |is_done: bool| -> Vec<_> {
            let found = open.iter().filter(|one| one.stage.is_done() == is_done);
            found.map(|one| format!("{}  {}  since {}", one.trace, one.stands(), one.since)).collect()
        };
        let report = Report::new(ReportKind::Status).fact("unfinished", "Unfinished", &told(false)[..]);
        let done = told(true);
        let report = if done.is_empty() { report } else { report.fact("done_here", "Done here", &done[..]) };
        let is_wanted = |one: &Unsure| self.trace.as_ref().is_none_or(|trace| trace.as_str() == one.trace);
        let unsure: Vec<_> = unsure(desk.entries()).into_iter().filter(is_wanted).collect();
        let left: Vec<_> = unsure.iter().map(|one| format!("{}  {}", one.trace, one.medium)).collect();
        let report = if left.is_empty() { report } else { report.fact("may_lie_on", "May lie on", &left[..]) };
        Ok(open.iter().fold(report, |report, one| report.next(&one.next(side))).into())
    }
}
