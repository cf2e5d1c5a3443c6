//! What the verbs of a rotation on one node share: which node, and where its facts come from.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::devices::store::Directory;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::rotate::ground::Sources;
use crate::online::rotate::{Asked, Ended, Ground, Why, prepare};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::rotation::plan::Tempo;

/// One node of a rotation.
#[derive(Debug, Args)]
pub(in crate::cli) struct TurnOptions {
    /// The trace, as printed on the sheet
    pub(super) trace: Trace,
    #[command(flatten)]
    pub(super) nodes: NodeOptions,
    /// Where the nodes' facts and people's agreements lie [default: facts in the state]
    #[arg(long, value_name = "DIR")]
    facts: Option<PathBuf>,
    /// What `kubectl get ... -o json` printed; may be repeated
    #[arg(long = "objects", value_name = "FILE")]
    objects: Vec<PathBuf>,
    /// The audit log of an API server, to search for the old root; one for each, may be repeated
    #[arg(long = "audit-log", value_name = "FILE")]
    audit: Vec<PathBuf>,
    /// The log of a component since leaves were swapped, to search for complaints; may be repeated
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// Say that whatever calls the API was restarted since each kube-root-ca.crt is as --objects shows it
    #[arg(long, requires = "objects")]
    workloads_rolled: bool,
    #[command(flatten)]
    pub(super) tempo: TempoOptions,
}

/// How much at once, and how long to wait; the same on each node.
#[derive(Debug, Args)]
pub(in crate::cli) struct TempoOptions {
    /// How many kubelets to restart at once
    #[arg(long, value_name = "COUNT", default_value_t = Tempo::default().kubelets, value_parser = clap::value_parser!(u32).range(1..))]
    kubelets: u32,
    /// How many hours nobody may have used the old root before it is dropped
    #[arg(long, value_name = "HOURS", default_value_t = Tempo::default().soak / 3600, value_parser = clap::value_parser!(u32).range(1..=8760))]
    soak: u32,
}

impl TempoOptions {
    pub(super) fn tempo(&self) -> Tempo {
        Tempo { kubelets: self.kubelets, soak: self.soak.saturating_mul(3600), ..Tempo::default() }
    }
}

impl TurnOptions {
    /// What a run in `room` stands on.
    pub(super) fn ground(self, room: &Room) -> Result<Ground, Refused> {
        let facts = match self.facts {
            Some(directory) => directory,
            None => room.desk().state().private_within("facts")?.path().to_owned(),
        };
        Directory::open(&facts)?;
        let sources = Sources {
            facts: Some(facts),
            freshness: room.config().rotation().freshness(),
            objects: self.objects,
            audit: self.audit,
            logs: self.logs,
            workloads_rolled: self.workloads_rolled,
        };
        let tempo = self.tempo.tempo();
        prepare(room, Asked { trace: self.trace, node: self.nodes.one(), tempo, sources })
    }
}

/// What a run has to say; its exit status tells whether all is done, another node has its turn, or it is held.
pub(super) fn answer(ground: &Ground, ended: Ended, verb: &str) -> Answer {
    let report = Report::new(ReportKind::Rotation).trace(&ground.trace);
    let steps: Vec<_> = ended.steps.iter().map(ToString::to_string).collect();
    let report = report
        .fact("node", "Node", ground.node())
        .fact("steps", "Steps done", &steps[..])
        .fact("reached", "Stage", format!("{} {}", ended.reached, ended.reached.name()))
        .fact("meter", "Requests", ended.meter);
    let again = format!("airlock online {verb} {}", ground.trace);
    match ended.why {
        Why::Finished => report.next(&format!("airlock online reclaim {}", ground.trace)).into(),
        Why::Turn(error) => refused(report, &error.into(), &again),
        Why::Held(held) => refused(report, &held.into(), &again),
        Why::Refused(error) => refused(report, &error, &again),
    }
}

fn refused(report: Report, error: &Refused, again: &str) -> Answer {
    report.error(error).next(again).into()
}
