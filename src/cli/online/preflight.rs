//! `airlock online preflight`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use super::status::{ObjectOptions, asking};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::inventory::Looked;
use crate::online::metrics;
use crate::online::room::Room;
use crate::online::rotate;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Look at what must hold before a rotation, by files and flags; what needs a probe is told as not observed
#[derive(Debug, Args)]
pub(in crate::cli) struct Preflight {
    #[command(flatten)]
    nodes: NodeOptions,
    #[command(flatten)]
    objects: ObjectOptions,
    /// The file that `metrics` writes here again and again
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

impl Preflight {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let looked = Looked::at(&room, &nodes, &self.objects.objects)?;
        let now = room.desk().now()?;
        let hooked = self.metrics.map(|file| metrics::hooked_up(&file, now)).transpose()?;
        let preflight = rotate::Preflight::watched(&mut room, &looked, hooked)?;
        let report = asking(Report::new(ReportKind::Rotation), &self.objects, "preflight").detail(preflight);
        Ok(if self.objects.objects.is_empty() { report } else { begins(report) }.into())
    }
}

/// How a rotation begins: every node says what it sees of itself, and the first one is told of the snapshot.
fn begins(report: Report) -> Report {
    report.next("on each node, as root: airlock online rotate TRACE --look --facts DIR").next(
        "bring all facts to all nodes; on the first: airlock online rotate TRACE --facts DIR --snapshot-restored FILE",
    )
}
