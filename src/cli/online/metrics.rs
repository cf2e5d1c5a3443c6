//! `airlock online metrics`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::metrics::{self, Place};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Write what this host knows of its nodes as a file for node_exporter's textfile collector
#[derive(Debug, Args)]
pub(in crate::cli) struct Metrics {
    /// The file; its name ends in `.prom`, and it is replaced in one step [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    nodes: NodeOptions,
}

impl Metrics {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let out = self.out.map(|file| Place::at(&file)).transpose()?;
        let room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let all = metrics::gather(&room, &nodes)?;
        let Some(out) = out else { return Ok(all.text().into()) };
        metrics::write(&all, &out)?;
        Ok(Report::new(ReportKind::Metrics).fact("file", "File", out.path().to_string_lossy().into_owned()).into())
    }
}
