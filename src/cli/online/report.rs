//! `airlock online report`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use super::status::ObjectOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::exchange::trace::Trace;
use crate::online::chronicle::{self, Sources};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Tell everything that the logs say of an exchange, and what its rotation cost; counts the places that embed a CA
#[derive(Debug, Args)]
pub(in crate::cli) struct Chronicled {
    /// The trace, as printed on the sheet
    trace: Trace,
    #[command(flatten)]
    nodes: NodeOptions,
    #[command(flatten)]
    objects: ObjectOptions,
    /// The log of another host of the cluster, log/entries.jsonl in its state; may be repeated
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
}

impl Chronicled {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let sources = Sources { logs: self.logs, objects: self.objects.objects };
        let (chronicle, entry) = chronicle::tell(&mut room, &self.trace, &nodes, &sources)?;
        let report = Report::new(ReportKind::Chronicle).trace(&self.trace).detail(chronicle);
        Ok(match entry {
            Some(entry) => report.entry(entry).into(),
            None => report.into(),
        })
    }
}
