//! `airlock online stage`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::{ChoiceOptions, NodeOptions};
use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::devices::store::{Links, read_file};
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::{self, Bridge, BridgeError, Choice, Goods, Plan};
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// The longest file of cross-certificates, in bytes.
const MAX_CROSS: u64 = 64 << 10;

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
        let mut choice: Choice = self.choice.clone().into();
        let bridge = if self.bridge { Some(self.bridge(&room, &nodes, &choice)?) } else { None };
        choice.crosses = bridge.as_ref().map(Bridge::ready);
        let mut plan = Plan::new(&room, Goods::accepted(&room, &self.trace)?, &nodes, &choice)?;
        let mut report = Report::new(ReportKind::Stage).trace(&self.trace).detail(plan.overview());
        if let Some(bridge) = &bridge {
            report = report.fact("bridge", "New root by the old CA", &bridge.lines()[..]);
        }
        if self.dry_run {
            let (files, equal) = plan.files();
            let report = report.fact("files", "Files to write", files - equal).fact("equal", "Staged before", equal);
            let again = if self.bridge { " --bridge" } else { "" };
            return Ok(report.next(&format!("airlock online stage {}{again}", self.trace)).into());
        }
        // The key of the old CA is asked last: everything else is known to be in order.
        if let Some(bridge) = bridge.filter(|bridge| bridge.signs() && !plan.staged().is_empty()) {
            choice.crosses = Some(bridge.carry_out(&mut room, self.trace.as_str(), &Actor::system())?);
            plan = Plan::new(&room, Goods::accepted(&room, &self.trace)?, &nodes, &choice)?;
        }
        let staged = stage::stage(&mut room, &plan, &Actor::system())?;
        let report = report.fact("written", "Files written", staged.written).fact("equal", "Found equal", staged.equal);
        let report = report.fact("nodes", "Nodes", &staged.nodes[..]).entry(staged.entry);
        Ok(report.next(&format!("airlock online rotate {} --dry-run", self.trace)).into())
    }

    fn bridge(&self, room: &Room, nodes: &[NodeRoot], choice: &Choice) -> Result<Bridge, Refused> {
        let mut given = Vec::new();
        for file in &self.crosses {
            let bytes = read_file(file, MAX_CROSS, Links::Follow)?;
            let text = String::from_utf8_lossy(&bytes);
            given
                .extend(Certificate::parse_foreign_all(&text).map_err(|error| BridgeError::cross(&error.to_string()))?);
        }
        Bridge::look(room, &Goods::accepted(room, &self.trace)?, nodes, choice, &given)
    }
}
