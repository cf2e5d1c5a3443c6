//! `airlock offline plan`.

use clap::Args;

use super::review::trust;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::OptionalPersonOptions;
use crate::exchange::approval::rule::Rule;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::plan;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Freeze the exact bytes to be signed, for the officers to approve
#[derive(Debug, Args)]
pub(in crate::cli) struct Plan {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// End a plan that signed some of its orders and will sign no more: what is signed is delivered
    #[arg(long, conflicts_with = "give_up")]
    end: bool,
    /// Give up a plan that signed nothing
    #[arg(long, requires = "id")]
    give_up: bool,
    #[command(flatten)]
    person: OptionalPersonOptions,
}

impl Plan {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        if let (true, Some(person)) = (self.give_up, self.person.given()) {
            let persons = room.roster().persons().to_vec();
            let officer = person.identify(room.desk_mut(), &persons, &[PersonRole::Officer])?;
            let entry = plan::give_up(&mut room, &self.trace, &officer)?;
            return Ok(Report::new(ReportKind::Plan).trace(&self.trace).entry(entry).into());
        }
        let closed = match self.end {
            true => plan::end(&mut room, &self.trace)?,
            false => plan::close(&mut room, &self.trace)?,
        };
        let fields = closed.plan.fields();
        let ticked = closed.plan.ticked();
        let report = Report::new(ReportKind::Plan).trace(&self.trace).requests(closed.requests).entry(closed.entry);
        Ok(trust(report, &fields.trust_ops)
            .fact("plan", "Plan", closed.plan.sha256().to_string())
            .fact("rule", "Rule", Rule::from(fields.rule).to_string())
            .fact("auditor", "Auditor", if fields.rule.auditor { "must witness" } else { "may witness" })
            .fact("orders", "Signatures", fields.orders.len())
            .fact("denials", "Denied", fields.denials.len())
            .fact("ticked", "To be ticked", &ticked[..])
            .fact("expires", "Expires", fields.expires.to_string())
            .next(&format!("airlock offline approve {} --officer ID --key FILE", self.trace))
            .into())
    }
}
