//! `airlock online agree`.

use clap::Args;

use super::turn::TurnOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::PersonOptions;
use crate::exchange::people::person::PersonRole;
use crate::online::room::Room;
use crate::online::rotate::agreement::agree;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Agree, as a person of this host, that the old root is dropped by exactly this plan; it takes two people
#[derive(Debug, Args)]
pub(in crate::cli) struct Agree {
    #[command(flatten)]
    turn: TurnOptions,
    #[command(flatten)]
    person: PersonOptions,
}

impl Agree {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let ground = self.turn.ground(&room)?;
        let (desk, people) = room.desk_and_people();
        let person = self.person.identify(desk, people, &[PersonRole::Requester])?;
        let entry = agree(desk, &ground, &person)?;
        let report = Report::new(ReportKind::Rotation).trace(&ground.trace).entry(entry);
        let digest = ground.digest().map_err(crate::online::rotate::RotateError::Unwritable)?;
        Ok(report.fact("plan", "Plan sha256", digest.to_string()).into())
    }
}
