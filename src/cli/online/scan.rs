//! `airlock online scan`.

use clap::Args;

use super::nodes::NodeOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::room::Room;
use crate::online::scan;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Look at the nodes: every certificate, key and CA, and what is wrong with it; nothing is written to any node
#[derive(Debug, Args)]
pub(in crate::cli) struct Scan {
    #[command(flatten)]
    nodes: NodeOptions,
}

impl Scan {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let (nodes, record) = (self.nodes.of(room.config()), room.config().record().clone());
        let found = scan::Scan::run(room.desk_mut(), &nodes, &record)?;
        Ok(Report::new(ReportKind::Scan).detail(found.report).next("airlock online request --dry-run").into())
    }
}
