//! `airlock online rotate`.

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::exchange::trace::Trace;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::rotate::{Planned, Wish};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::rotation::graph::Variant;
use crate::rotation::plan::Tempo;

/// Show the plan that takes the cluster from its old root to the one of a verified package
#[derive(Debug, Args)]
pub(in crate::cli) struct Rotate {
    /// The trace, as printed on the sheet
    trace: Trace,
    #[command(flatten)]
    nodes: NodeOptions,
    /// Show the plan, and do nothing
    #[arg(long, required = true)]
    dry_run: bool,
    /// Let new leaves bring the new root signed by the old one, instead of trusting both for a while
    #[arg(long)]
    bridge: bool,
    /// How many kubelets to restart at once
    #[arg(long, value_name = "COUNT", default_value_t = Tempo::default().kubelets, value_parser = clap::value_parser!(u32).range(1..))]
    kubelets: u32,
    /// How many hours nobody may have used the old root before it is dropped
    #[arg(long, value_name = "HOURS", default_value_t = Tempo::default().soak / 3600, value_parser = clap::value_parser!(u32).range(1..=8760))]
    soak: u32,
}

impl Rotate {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let looked = Looked::at(&room, &nodes, &[])?;
        let variant = if self.bridge { Variant::Bridge } else { Variant::DualTrust };
        let tempo = Tempo { kubelets: self.kubelets, soak: self.soak.saturating_mul(3600), ..Tempo::default() };
        let planned = Planned::new(&room, &self.trace, &looked, Wish { variant, tempo })?;
        let report = Report::new(ReportKind::Rotation).trace(&self.trace).detail(planned);
        Ok(report.next("airlock online preflight").into())
    }
}
