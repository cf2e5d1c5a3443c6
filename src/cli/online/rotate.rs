//! `airlock online rotate`.

use clap::Args;

use super::turn::{TurnOptions, answer};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::room::Room;
use crate::online::rotate::counted::forgive;
use crate::online::rotate::{Goal, Planned, Wish, foretold, run};
use crate::online::stage::variant_of;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::rotation::facts::Told;
use crate::rotation::graph::Variant;

/// Take the next steps of this node towards the root of a verified package; a run that was killed is run again
#[derive(Debug, Args)]
pub(in crate::cli) struct Rotate {
    #[command(flatten)]
    turn: TurnOptions,
    /// Show the plan, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Look at this node, write its facts for the others, and do nothing else
    #[arg(long, conflicts_with = "dry_run")]
    look: bool,
    /// Show the plan for what `stage --bridge` stages: new leaves bring the new root signed by the old one
    #[arg(long, requires = "dry_run")]
    bridge: bool,
    /// Say what spent the budget of failed requests and what was mended: it is written down, and counting begins anew
    #[arg(long, value_name = "REASON", conflicts_with_all = ["dry_run", "look"])]
    spent_because: Option<String>,
}

impl Rotate {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        if self.dry_run {
            return self.plan(&room);
        }
        let again = self.turn.again("rotate", "");
        let ground = self.turn.ground(&room)?;
        if self.look {
            let seen = crate::online::rotate::run::tell(room.desk_mut(), &ground)?;
            let report = Report::new(ReportKind::Rotation).trace(&ground.trace).fact("node", "Node", ground.node());
            let misfit = seen.misfit.unwrap_or_else(|| "all fits".to_owned());
            return Ok(report.fact("staged", "Beside the live files", misfit).into());
        }
        if let Some(why) = &self.spent_because {
            forgive(room.desk_mut(), &ground.trace, why)?;
        }
        let ended = run(room.desk_mut(), &ground, Goal::Forward)?;
        Ok(answer(&ground, ended, &again))
    }

    fn plan(self, room: &Room) -> Result<Answer, Refused> {
        let variant = if self.bridge { Variant::Bridge } else { variant_of(room, &self.turn.trace)? };
        let wish = Wish { variant, tempo: self.turn.tempo.tempo() };
        let mut planned = Planned::new(room, &self.turn.trace, wish)?;
        let nodes = self.turn.nodes.of(room.config());
        planned.evidence = Some(
            foretold::by_files(room, &self.turn.trace, &nodes, wish)
                .unwrap_or_else(|error| Told { evidence: format!("not observed: {error}"), holds: false }),
        );
        let report = Report::new(ReportKind::Rotation).trace(&self.turn.trace).detail(planned);
        Ok(report.next("airlock online preflight").into())
    }
}
