//! What the verbs of a rotation on one node share: which node, and where its facts come from.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::devices::store::Directory;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::rotate::ground::Sources;
use crate::online::rotate::{Asked, Ended, Goal, Ground, Why, prepare};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::rotation::plan::Tempo;
use crate::wire::text;

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
    /// The snapshot of etcd, not older than a day, of which you say that it was restored once; the first node's run asks for it
    #[arg(long, value_name = "FILE")]
    snapshot_restored: Option<PathBuf>,
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
            snapshot: self.snapshot_restored,
            workloads_rolled: self.workloads_rolled,
        };
        let tempo = self.tempo.tempo();
        prepare(room, Asked { trace: self.trace, node: self.nodes.one(), tempo, sources })
    }
}

/// A verb as it would be typed again: with its node and its options.
#[derive(Debug)]
pub(super) struct Again {
    verb: String,
    more: String,
    options: String,
}

impl Again {
    /// The words.
    pub(super) fn text(&self) -> String {
        format!("airlock online {}{}{}", self.verb, self.more, self.options)
    }

    /// Another verb of the same rotation, with the same node and options.
    fn instead(&self, verb: &str) -> String {
        format!("airlock online {verb}{}", self.options)
    }
}

impl TurnOptions {
    /// `verb` as it was typed, with these options and `more`.
    pub(super) fn again(&self, verb: &str, more: &str) -> Again {
        let mut words = format!(" {}", self.trace);
        let mut add = |name: &str, value: &str| {
            words.push_str(&format!(" {name} {}", text::quoted(value)));
        };
        if let Some(at) = self.nodes.typed() {
            add("--node", &at);
        }
        let paths =
            |files: &[PathBuf]| files.iter().map(|file| file.to_string_lossy().into_owned()).collect::<Vec<_>>();
        let facts: Vec<_> = self.facts.iter().cloned().collect();
        let snapshot: Vec<_> = self.snapshot_restored.iter().cloned().collect();
        for (name, files) in [
            ("--facts", &facts),
            ("--objects", &self.objects),
            ("--audit-log", &self.audit),
            ("--log", &self.logs),
            ("--snapshot-restored", &snapshot),
        ] {
            paths(files).iter().for_each(|file| add(name, file));
        }
        let (tempo, usual) = (&self.tempo, Tempo::default());
        if tempo.kubelets != usual.kubelets {
            add("--kubelets", &tempo.kubelets.to_string());
        }
        if tempo.soak != usual.soak / 3600 {
            add("--soak", &tempo.soak.to_string());
        }
        if self.workloads_rolled {
            words.push_str(" --workloads-rolled");
        }
        Again { verb: verb.to_owned(), more: more.to_owned(), options: words }
    }
}

/// What a run has to say; its exit status tells whether all is done, another node has its turn, or it is held.
pub(super) fn answer(ground: &Ground, ended: Ended, again: &Again) -> Answer {
    let steps: Vec<_> = ended.steps.iter().map(ToString::to_string).collect();
    let mut report = Report::new(ReportKind::Rotation)
        .trace(&ground.trace)
        .fact("node", "Node", ground.node())
        .fact("outcome", "Outcome", ended.outcome())
        .fact("direction", "Direction", ended.goal.as_str())
        .fact("steps", "Steps done", &steps[..])
        .fact("reached", "Stage", format!("{} {}", ended.reached, ended.reached.name()))
        .fact("meter", "Requests", ended.meter.as_str());
    if let Some((node, action)) = ended.waits_for() {
        report = report.fact("waitsFor", "Waits for", node).fact("waitsForStep", "to", action);
    }
    let goal = ended.goal;
    match ended.why {
        Why::Finished => report.next(&after(again, goal, ended.is_clean)).into(),
        Why::Turn(error) => refused(report, &error.into(), &again.text()),
        Why::Held(held) => {
            let findings: Vec<_> = held.findings.iter().map(|one| format!("{}: {}", one.check, one.evidence)).collect();
            refused(report.fact("holds", "Held by", &findings[..]), &held.into(), &again.text())
        }
        Why::Refused(error) => refused(report, &error, &again.text()),
    }
}

/// What comes after all is done.
fn after(again: &Again, goal: Goal, is_clean: bool) -> String {
    match goal {
        Goal::Forward if !is_clean => again.instead("agree --step reclaim"),
        _ => "airlock online status".to_owned(),
    }
}

fn refused(report: Report, error: &Refused, again: &str) -> Answer {
    report.error(error).next(again).into()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        turn: TurnOptions,
    }

    #[test]
    fn what_is_to_be_typed_again_has_the_node_and_the_options() {
        let words = "x 20250722-7Q2K-9M4F-B --node cp1=/ --facts /srv/facts --objects a.json --kubelets 3";
        let line = Line::parse_from(words.split(' ').chain(["--log", "it's here"])).turn;
        let options =
            " 20250722-7Q2K-9M4F-B --node cp1=/ --facts /srv/facts --objects a.json --log 'it'\\''s here' --kubelets 3";
        let again = line.again("rollback", " --to trust");
        assert_eq!(again.text(), format!("airlock online rollback --to trust{options}"));
        assert_eq!(after(&again, Goal::Forward, false), format!("airlock online agree --step reclaim{options}"));
        assert_eq!(after(&again, Goal::Forward, true), "airlock online status");
    }
}
