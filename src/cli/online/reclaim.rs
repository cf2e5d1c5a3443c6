//! `airlock online reclaim`.

use clap::Args;

use super::turn::TurnOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::room::Room;
use crate::online::rotate::hands::reclaim::reclaim;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Overwrite and remove what this node keeps of the old root, once it is refused everywhere; there is no way back then
#[derive(Debug, Args)]
pub(in crate::cli) struct Reclaim {
    #[command(flatten)]
    turn: TurnOptions,
}

impl Reclaim {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let ground = self.turn.ground(&room)?;
        let files = reclaim(room.desk_mut(), &ground)?;
        let report = Report::new(ReportKind::Rotation).trace(&ground.trace).fact("node", "Node", ground.node());
        Ok(report.fact("reclaimed", "Files overwritten and removed", files).into())
    }
}
