//! `airlock online stage`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::{ChoiceOptions, NodeOptions};
use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::stage::{Choice, Wish};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Write the certificates of a verified package beside the live ones; nothing live changes
#[derive(Debug, Args)]
pub(in crate::cli) struct Stage {
    /// The trace of the exchange
    trace: Trace,
    #[command(flatten)]
    nodes: NodeOptions,
    /// Show what would be written, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Have the old CA certify the new root, so that nobody need trust both; its key is used once for each domain where no such
    /// certificate is there. All nodes are staged alike
    #[arg(long)]
    bridge: bool,
    /// Such a certificate that another node signed; may be repeated
    #[arg(long = "cross", value_name = "FILE", requires = "bridge")]
    crosses: Vec<PathBuf>,
    #[command(flatten)]
    choice: ChoiceOptions,
}

impl Stage {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let Choice { without, excluded, .. } = self.choice.into();
        let wish = Wish { without, excluded, bridge: self.bridge, crosses: self.crosses };
        let looked = wish.look(&room, &self.trace, &nodes)?;
        let mut report = Report::new(ReportKind::Stage).trace(&self.trace).detail(looked.plan().overview());
        if wish.bridge {
            report = report.fact("bridge", "New root by the old CA", &looked.bridge()[..]);
        }
        if self.dry_run {
            let (files, equal) = looked.plan().files();
            let report = report.fact("files", "Files to write", files - equal).fact("equal", "Staged before", equal);
            return Ok(report.next(&format!("airlock online stage {}{}", self.trace, wish.options())).into());
        }
        let staged = looked.carry_out(&mut room, &self.trace, &nodes, &Actor::system())?;
        let report = report.fact("written", "Files written", staged.written).fact("equal", "Found equal", staged.equal);
        let report = report.fact("nodes", "Nodes", &staged.nodes[..]).entry(staged.entry);
        Ok(report.next(&format!("airlock online rotate {} --dry-run", self.trace)).into())
    }
}
