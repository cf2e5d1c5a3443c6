//! `airlock online agree`.

use clap::Args;

use super::turn::TurnOptions;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::OptionalPersonOptions;
use crate::exchange::consent::Agreed;
use crate::exchange::people::person::PersonRole;
use crate::online::room::Room;
use crate::online::rotate::Planned;
use crate::online::rotate::agreement::{agree, must_be_shown};
use crate::online::rotate::vouched;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Agree, as a person of this host, that the old root is dropped by exactly this plan, or that what is kept of it goes; it takes
/// two people, and counts for a day. Without --plan the steps are shown and nothing is signed
#[derive(Debug, Args)]
pub(in crate::cli) struct Agree {
    #[command(flatten)]
    turn: TurnOptions,
    /// To what: drop, or reclaim when it was dropped
    #[arg(long, value_name = "STEP", default_value = "drop")]
    step: Agreed,
    /// The digits of the plan whose steps you have read, as they are shown without this option
    #[arg(long, value_name = "DIGITS", requires = "id")]
    plan: Option<String>,
    #[command(flatten)]
    person: OptionalPersonOptions,
}

impl Agree {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let again = self.turn.again("agree", &format!(" --step {}", self.step));
        let ground = self.turn.ground(&room)?;
        let digest = ground.digest().map_err(crate::online::rotate::RotateError::Unwritable)?;
        let report = Report::new(ReportKind::Rotation)
            .trace(&ground.trace)
            .fact("step", "To be agreed to", self.step.as_str())
            .fact("plan", "Plan sha256", digest.to_string());
        let report = match vouched::last(room.desk(), &ground.trace) {
            Some(word) => report.fact("withoutCertificate", "No certificate", &word.names[..]).fact(
                "vouches",
                "By the word of",
                word.person.as_str(),
            ),
            None => report,
        };
        let Some((shown, person)) = self.plan.zip(self.person.given()) else {
            let planned = Planned::of(ground.plan.fleet().clone(), ground.plan.shape(), ground.tempo)?;
            let next = format!("{} --plan {} --person ID --key FILE", again.text(), digest.short());
            return Ok(report.detail(planned).next(&next).into());
        };
        must_be_shown(&ground, &shown)?;
        let (desk, people) = room.desk_and_people();
        let person = person.identify(desk, people, &[PersonRole::Requester])?;
        let entry = agree(desk, &ground, self.step, &shown, &person)?;
        Ok(report.entry(entry).into())
    }
}
