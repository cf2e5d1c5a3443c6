//! `airlock offline review`.

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::OptionalPersonOptions;
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::review::{Denial, deny, review};
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Show what policy says of each request, and deny some
#[derive(Debug, Args)]
pub(in crate::cli) struct Review {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// Deny a request for good, under the code of a rule, or NOT_EXPLAINED where nobody can explain it
    #[arg(long, value_name = "REQUEST=CODE", requires = "id", value_parser = denial)]
    deny: Vec<Denial>,
    #[command(flatten)]
    person: OptionalPersonOptions,
}

impl Review {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        if let (false, Some(person)) = (self.deny.is_empty(), self.person.given()) {
            let persons = room.roster().persons().to_vec();
            let officer = person.identify(room.desk_mut(), &persons, &[PersonRole::Officer])?;
            deny(&mut room, &self.trace, &officer, &self.deny)?;
        }
        let reviewed = review(&room, &self.trace)?;
        let report = Report::new(ReportKind::Review).subject(&reviewed.statement).requests(reviewed.requests);
        let report = report.fact("ticked", "To be ticked one by one", reviewed.ticked);
        let report = trust(report, &reviewed.trust_ops);
        Ok(report.next(&format!("airlock offline plan {}", self.trace)).into())
    }
}

/// Says what is to become of roots, where that is what a bundle asks or a plan does.
pub(super) fn trust(report: Report, trust_ops: &[TrustOp]) -> Report {
    if trust_ops.is_empty() {
        return report;
    }
    let changes: Vec<_> = trust_ops.iter().map(ToString::to_string).collect();
    report.fact("trustOps", "Trust change", &changes[..])
}

fn denial(text: &str) -> Result<Denial, String> {
    let (request, code) = text.split_once('=').ok_or("write it as 0009=S3")?;
    let request = request.parse().map_err(|_| "the number of a request is written as 0009")?;
    Ok(Denial { request, code: code.parse().map_err(|_| "no rule has this code: docs/codes.md, Rules, lists them")? })
}
