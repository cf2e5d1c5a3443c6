//! What the verbs of a rotation on one node share: which node, and where its facts come from.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::devices::store::Directory;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::rotate::ground::Sources;
use crate::online::rotate::{Asked, Ended, Goal, Ground, RotateError, Why, prepare};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::rotation::check::Check;
use crate::rotation::plan::Tempo;
use crate::wire::text;
use crate::wire::time::Timestamp;

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
    /// What `kubectl get --raw /metrics` printed of an API server older than 1.32, the file as old as that is; one for each, may
    /// be repeated
    #[arg(long = "api-metrics", value_name = "FILE")]
    api_metrics: Vec<PathBuf>,
    /// A certificate of the new root that lies on no node, as that of a person; may be repeated
    #[arg(long = "client", value_name = "FILE")]
    clients: Vec<PathBuf>,
    /// A user who comes without a certificate, as by a token of an identity provider; may be repeated
    #[arg(long = "without-certificate", value_name = "USER", requires = "vouches")]
    without_certificate: Vec<String>,
    /// The person who says so; it is written down
    #[arg(long, value_name = "ID", requires = "without_certificate")]
    vouches: Option<String>,
    /// The log of a component since leaves were swapped, to search for complaints; may be repeated
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// The snapshot of etcd, not older than a day, of which you say that it was restored once; the first node's run asks for it
    #[arg(long, value_name = "FILE")]
    snapshot_restored: Option<PathBuf>,
    /// Say when the oldest workload that calls the API was started, as 2026-11-30T03:00:00Z; it counts where each
    /// kube-root-ca.crt was before as --objects shows it
    #[arg(long, value_name = "TIME", requires = "objects")]
    workloads_rolled: Option<Timestamp>,
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
            api_metrics: self.api_metrics,
            clients: self.clients,
            without_certificate: self.without_certificate.into_iter().collect(),
            vouches: self.vouches,
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
    trace: String,
    /// The node, where it was typed.
    node: Option<String>,
    options: String,
    has_objects: bool,
    /// The hours of the window.
    soak: u32,
}

impl Again {
    /// The words.
    pub(super) fn text(&self) -> String {
        self.words(&format!("{}{}", self.verb, self.more), self.node.as_deref())
    }

    /// Another verb of the same rotation, with the same node and options.
    fn instead(&self, verb: &str) -> String {
        self.words(verb, self.node.as_deref())
    }

    /// The same on the host of another node.
    fn at(&self, node: &str) -> String {
        let root = self.node.as_ref().map(|_| format!("{node}=/"));
        format!(
            "bring the facts to {node}; there: {}",
            self.words(&format!("{}{}", self.verb, self.more), root.as_deref())
        )
    }

    /// What releases a check that people hold in their hands.
    fn release(&self, check: Check) -> Option<String> {
        let more = match check {
            Check::SecondPerson => return Some(self.instead("agree")),
            Check::OldUnused => " --audit-log FILE --log FILE",
            Check::Budget => " --spent-because REASON",
            Check::WorkloadsRolled if self.has_objects => " --workloads-rolled TIME",
            Check::WorkloadsRolled => " --objects FILE --workloads-rolled TIME",
            Check::RootCaEverywhere | Check::NoneOnlyOld => " --objects FILE",
            _ => return None,
        };
        Some(format!("{}{more}", self.text()))
    }

    fn words(&self, verb: &str, node: Option<&str>) -> String {
        let node = node.map_or(String::new(), |node| format!(" --node {}", text::quoted(node)));
        format!("airlock online {verb} {}{node}{}", self.trace, self.options)
    }
}

impl TurnOptions {
    /// `verb` as it was typed, with these options and `more`.
    pub(super) fn again(&self, verb: &str, more: &str) -> Again {
        let mut options = String::new();
        let mut add = |name: &str, value: &str| options.push_str(&format!(" {name} {}", text::quoted(value)));
        let snapshot: Vec<_> = self.snapshot_restored.iter().cloned().collect();
        let facts: Vec<_> = self.facts.iter().cloned().collect();
        for (name, files) in [
            ("--facts", &facts),
            ("--objects", &self.objects),
            ("--audit-log", &self.audit),
            ("--api-metrics", &self.api_metrics),
            ("--client", &self.clients),
            ("--log", &self.logs),
            ("--snapshot-restored", &snapshot),
        ] {
            files.iter().for_each(|file| add(name, &file.to_string_lossy()));
        }
        let without = self.without_certificate.iter().map(|user| ("--without-certificate", user));
        for (name, value) in without.chain(self.vouches.iter().map(|person| ("--vouches", person))) {
            add(name, value);
        }
        let (tempo, usual) = (&self.tempo, Tempo::default());
        if tempo.kubelets != usual.kubelets {
            add("--kubelets", &tempo.kubelets.to_string());
        }
        if tempo.soak != usual.soak / 3600 {
            add("--soak", &tempo.soak.to_string());
        }
        let word = self.workloads_rolled.map(|oldest| format!(" --workloads-rolled {oldest}"));
        options.push_str(&word.unwrap_or_default());
        Again {
            verb: verb.to_owned(),
            more: more.to_owned(),
            trace: self.trace.to_string(),
            node: self.nodes.typed(),
            options,
            has_objects: !self.objects.is_empty(),
            soak: tempo.soak,
        }
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
        Why::Turn(error) => {
            let next = match &error {
                RotateError::Turn { node, .. } => again.at(node),
                _ => again.text(),
            };
            refused(report, &error.into(), &next)
        }
        Why::Held(held) => {
            let findings: Vec<_> = held.findings.iter().map(|one| format!("{}: {}", one.check, one.evidence)).collect();
            let report = report.fact("holds", "Held by", &findings[..]);
            let releases = held.findings.iter().filter_map(|one| again.release(one.check));
            let report = releases.fold(report, |report, release| report.next(&release));
            refused(report, &held.into(), &again.text())
        }
        Why::Refused(error) => refused(report, &error, &again.text()),
    }
}

/// What comes after all is done.
fn after(again: &Again, goal: Goal, is_clean: bool) -> String {
    match goal {
        Goal::Forward if !is_clean => format!(
            "nothing yet: the way back stays open for {} h; when they are over: {}",
            again.soak,
            again.instead("agree --step reclaim")
        ),
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
        // Who agrees before the window is over does so for nothing.
        assert_eq!(
            after(&again, Goal::Forward, false),
            format!(
                "nothing yet: the way back stays open for 72 h; when they are over: airlock online agree --step reclaim{options}"
            )
        );
        assert_eq!(after(&again, Goal::Forward, true), "airlock online status");
        // On the host of another node it is that one's name, and its own root.
        let there = options.replace("cp1=/", "cp2=/");
        assert_eq!(
            again.at("cp2"),
            format!("bring the facts to cp2; there: airlock online rollback --to trust{there}")
        );
    }

    #[test]
    fn another_node_is_named_also_where_the_config_says_which_this_is() {
        let again = Line::parse_from(["x", "20250722-7Q2K-9M4F-B"]).turn.again("rotate", "");
        assert_eq!(again.text(), "airlock online rotate 20250722-7Q2K-9M4F-B");
        assert_eq!(again.at("cp2"), "bring the facts to cp2; there: airlock online rotate 20250722-7Q2K-9M4F-B");
    }

    #[test]
    fn what_people_hold_is_released_by_what_is_said() {
        let again = Line::parse_from(["x", "20250722-7Q2K-9M4F-B", "--facts", "f"]).turn.again("rotate", "");
        for (check, words) in [
            (Check::SecondPerson, "agree 20250722-7Q2K-9M4F-B --facts f"),
            (Check::OldUnused, "rotate 20250722-7Q2K-9M4F-B --facts f --audit-log FILE --log FILE"),
            (Check::Budget, "rotate 20250722-7Q2K-9M4F-B --facts f --spent-because REASON"),
            (Check::WorkloadsRolled, "rotate 20250722-7Q2K-9M4F-B --facts f --objects FILE --workloads-rolled TIME"),
        ] {
            assert_eq!(again.release(check), Some(format!("airlock online {words}")));
        }
        assert_eq!(again.release(Check::Quorum), None);
    }

    #[test]
    fn a_word_is_typed_again_as_it_was_and_needs_whose_it_is() {
        let trace = "20250722-7Q2K-9M4F-B";
        let options = " --objects a.json --api-metrics m --client c.pem --without-certificate oidc:x --vouches liu-yang \
             --workloads-rolled 2026-11-30T03:00:00Z";
        let typed = |options: &str| Line::try_parse_from(format!("x {trace}{options}").split(' '));
        assert_eq!(
            typed(options).unwrap().turn.again("rotate", "").text(),
            format!("airlock online rotate {trace}{options}")
        );
        for alone in [
            " --without-certificate oidc:x",
            " --vouches liu-yang",
            " --objects a.json --workloads-rolled",
            " --objects a.json --workloads-rolled soon",
        ] {
            assert!(typed(alone).is_err(), "{alone}");
        }
    }
}
