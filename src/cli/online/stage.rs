//! `airlock online stage`.

use clap::Args;

use super::nodes::{ChoiceOptions, NodeOptions};
use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::stage::{self, Goods, Plan};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Write the certificates of a verified package beside the live ones; nothing live changes
#[derive(Debug, Args)]
pub(in crate::cli) struct Stage {
    /// The trace, as printed on the sheet
    trace: Trace,
    #[command(flatten)]
    nodes: NodeOptions,
    /// Show what would be written, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    choice: ChoiceOptions,
}

impl Stage {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let choice = self.choice.into();
        let plan = Plan::new(&room, Goods::accepted(&room, &self.trace)?, &nodes, &choice)?;
        let report = Report::new(ReportKind::Stage).trace(&self.trace).detail(plan.overview());
        if self.dry_run {
            let (files, equal) = plan.files();
            let report = report.fact("files", "Files to write", files - equal).fact("equal", "Staged before", equal);
            return Ok(report.next(&format!("airlock online stage {}", self.trace)).into());
        }
        let staged = stage::stage(&mut room, &plan, &Actor::system())?;
        let report = report.fact("written", "Files written", staged.written).fact("equal", "Found equal", staged.equal);
        let report = report.fact("nodes", "Nodes", &staged.nodes[..]).entry(staged.entry);
        Ok(report.next(&format!("airlock online rotate {} --dry-run", self.trace)).into())
    }
}
