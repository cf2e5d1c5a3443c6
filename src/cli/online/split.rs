//! `airlock online split`.

use std::path::PathBuf;

use clap::Args;

use super::nodes::{ChoiceOptions, NodeOptions};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::secrets::HostPassphraseOptions;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::split::{self, Wish};
use crate::online::stage::Choice;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Cut a verified package into one file for each node under [recipients], encrypted to that node alone
#[derive(Debug, Args)]
pub(in crate::cli) struct Split {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// The directory for the files
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    to: Option<PathBuf>,
    #[command(flatten)]
    nodes: NodeOptions,
    /// Show who would get what, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    host: HostPassphraseOptions,
}

impl Split {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let Choice { without, excluded, .. } = self.choice.into();
        let wish = Wish { without, excluded };
        let cut = wish.cut(&room, &self.trace, &nodes)?;
        let report = Report::new(ReportKind::Split).trace(&self.trace).detail(cut.overview());
        let out = match (self.dry_run, self.to) {
            (false, Some(out)) => out,
            _ => {
                let next = format!("airlock online split {}{} --to DIR", self.trace, wish.options());
                return Ok(report.next(&next).into());
            }
        };
        let keys = room.unlock(&self.host.read()?)?;
        let done = split::split(&mut room, cut, &keys, &out)?;
        let report = report.fact("files", "Files", &done.files[..]).entry(done.entry);
        let left = "when a node has staged, remove its etc/kubernetes.next and var/lib/kubelet/pki.next on this host";
        Ok(report.next("on each node: airlock online node accept FILE").next(left).into())
    }
}
