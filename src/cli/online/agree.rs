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
use crate::online::rotate::agreement::{LIFE, agree, early, must_be_shown};
use crate::online::rotate::vouched;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::time::Timestamp;

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
        let now = room.desk().now()?;
        let report = match early(&ground, self.step, now) {
            Some(until) => report.fact("tooEarly", "Too early", too_early(until, now)),
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

/// What becomes of what is signed `now`, where the window ends no sooner than `until`.
fn too_early(until: Timestamp, now: Timestamp) -> String {
    let counts = now.plus(LIFE);
    let lost = if counts < until { ", and is lost" } else { "" };
    format!("the window ends at {until} at the earliest; what is signed now counts until {counts}{lost}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_too_early_is_told_what_becomes_of_it() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let said = |until: &str| too_early(at(until), at("2026-11-30T03:00:00Z"));
        let counts = "what is signed now counts until 2026-12-01T03:00:00Z";
        let (far, near) = ("2026-12-03T00:00:00Z", "2026-11-30T23:00:00Z");
        assert_eq!(said(far), format!("the window ends at {far} at the earliest; {counts}, and is lost"));
        assert_eq!(said(near), format!("the window ends at {near} at the earliest; {counts}"));
    }
}
