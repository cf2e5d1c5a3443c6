//! `airlock online preflight`.

use clap::Args;

use super::nodes::NodeOptions;
use super::status::{ObjectOptions, asking};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::inventory::Looked;
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
}

impl Preflight {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let nodes = self.nodes.of(room.config());
        let looked = Looked::at(&room, &nodes, &self.objects.objects)?;
        let preflight = rotate::Preflight::of(&mut room, &looked)?;
        Ok(asking(Report::new(ReportKind::Rotation), &self.objects).detail(preflight).into())
    }
}
