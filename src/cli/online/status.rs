//! `airlock online status`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cluster::embed::object::COMMANDS;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::rotate;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Show how far each place is that embeds a CA: old root, both, or new; nothing is written to any node
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    #[command(flatten)]
    nodes: NodeOptions,
    #[command(flatten)]
    objects: ObjectOptions,
}

/// What kubectl printed.
#[derive(Debug, Args)]
pub(in crate::cli) struct ObjectOptions {
    /// What `kubectl get ... -o json` printed; may be repeated
    #[arg(long = "objects", value_name = "FILE")]
    pub(super) objects: Vec<PathBuf>,
}

impl Status {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let looked = Looked::at(&room, &nodes, &self.objects.objects)?;
        let status = rotate::Status::of(&mut room, looked)?;
        Ok(asking(Report::new(ReportKind::Rotation), &self.objects, "status").detail(status).into())
    }
}

/// Without objects, the commands that print them, and `verb` once more with what they printed.
pub(super) fn asking(report: Report, given: &ObjectOptions, verb: &str) -> Report {
    if !given.objects.is_empty() {
        return report;
    }
    let printed = COMMANDS.iter().zip(["objects.json", "tokens.json"]);
    let report = printed.fold(report, |report, (command, file)| report.next(&format!("{command} > {file}")));
    report.next(&format!("airlock online {verb} --objects objects.json --objects tokens.json"))
}
