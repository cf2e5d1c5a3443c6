//! `airlock online rollback`.

use clap::Args;

use super::turn::{TurnOptions, answer};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::online::room::Room;
use crate::online::rotate::{Goal, run};
use crate::refusal::Refused;
use crate::rotation::stage::Back;

/// Take the next steps of this node back to an earlier state of a rotation; until old generations are reclaimed
#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    #[command(flatten)]
    turn: TurnOptions,
    /// Where to: none (as before), trust (both roots, old leaves) or leaf (both roots, new leaves)
    #[arg(long, value_name = "STATE")]
    to: Back,
}

impl Rollback {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let again = self.turn.again("rollback", &format!(" --to {}", self.to));
        let ground = self.turn.ground(&room)?;
        let ended = run(room.desk_mut(), &ground, Goal::Back(self.to))?;
        Ok(answer(&ground, ended, &again))
    }
}
