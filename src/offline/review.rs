//! Officers look at what policy says of each request, and deny what they will not have.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::audit::detail::RequestDenied;
use crate::audit::event::Event;
use crate::desk::people::Present;
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::issuance::judge::{Judged, Verdict as Judgement};
use crate::issuance::plan::Plan;
use crate::issuance::plan::history::Plans;
use crate::issuance::rule::violation::Code;
use crate::offline::case::Case;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::requests::{RequestLine, RuleReason, Verdict};
use crate::wire::time::Timestamp;

/// What becomes of each request, as far as is known.
#[derive(Debug)]
pub struct Reviewed {
    /// The statement of the bundle.
    pub statement: Statement,
    /// The requests.
    pub requests: Vec<RequestLine>,
    /// Requests that each officer will tick.
    pub ticked: usize,
    /// What is to become of roots.
    pub trust_ops: Vec<TrustOp>,
}

/// A request that an officer denies, under the code of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// The request.
    pub request: Number,
    /// The rule he names.
    pub code: Code,
}

/// Why a request is not denied so.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReviewError {
    /// The bundle has no such request, or it is denied already.
    #[error("the bundle has no request {0} that could still be denied")]
    Request(Number),
}

/// The requests of the newest bundle of `trace` under the policy in force.
///
/// # Errors
/// Where the bundle cannot be opened, or its checks have not passed.
pub fn review(room: &Room, trace: &Trace) -> Result<Reviewed, Refused> {
    let case = Case::open(room, trace)?;
    case.must_be_verified(room.desk().entries())?;
    let requests = case.requests();
    let judged = case.judge(room, &requests)?;
    let ticked = judged.verdicts().iter().filter(|verdict| !verdict.is_denied() && verdict.needs_tick()).count();
    let mut requests = lines(&judged);
    if let Some(plan) = frozen(room, trace, case.statement())? {
        freeze(&mut requests, &plan);
    }
    let trust_ops = case.bundle().manifest().trust_ops.clone();
    Ok(Reviewed { statement: case.statement().clone(), requests, ticked, trust_ops })
}

/// The plan that answers this bundle and is open, or under which signatures were announced: until it is given up, it and no
/// clock says what is issued.
///
/// # Errors
/// What the state says.
pub fn frozen(room: &Room, trace: &Trace, statement: &Statement) -> Result<Option<Plan>, Refused> {
    let (id, now) = (statement.id(), room.desk().now()?);
    let binds = Plans::fold(room.desk().entries()).may_close(&id, None, now).is_err();
    let closed = load::closed(room, trace).ok().filter(|closed| binds && closed.statement == Some(id));
    closed.map(|_| load::plan(room, trace)).transpose()
}

/// What the plan says of each request takes the place of what would be said today.
fn freeze(requests: &mut [RequestLine], plan: &Plan) {
    let ends: BTreeMap<Number, Option<Timestamp>> =
        plan.orders().filter_map(|(order, _)| Some((order.request?, order.not_after))).collect();
    for line in requests {
        let end = ends.get(&line.id);
        line.verdict = Some(if end.is_some() { Verdict::Allow } else { Verdict::Deny });
        line.until = end.copied().flatten();
    }
}

/// Denies requests in the name of `officer`, for good: each is written down and stands in every later plan of the bundle.
///
/// # Errors
/// As [`review`]; [`ReviewError`]; [`HistoryError`](crate::issuance::plan::history::HistoryError) while a plan is open.
pub fn deny(room: &mut Room, trace: &Trace, officer: &Present, denials: &[Denial]) -> Result<(), Refused> {
    let case = Case::open(room, trace)?;
    case.must_be_verified(room.desk().entries())?;
    let statement = case.statement().id();
    let now = room.desk().now()?;
    Plans::fold(room.desk().entries()).may_close(&statement, None, now)?;
    let requests = case.requests();
    let mut judged = case.judge(room, &requests)?;
    for denial in denials {
        if !judged.deny(denial.request, denial.code) {
            return Err(ReviewError::Request(denial.request).into());
        }
    }
    let events = denials.iter().map(|Denial { request, code }| RequestDenied {
        code: code.to_string(),
        request: request.to_string(),
        statement,
    });
    for denied in events {
        room.desk_mut().note(&officer.actor(), Some(trace.as_str()), Event::RequestDenied(denied))?;
    }
    Ok(())
}

/// A line a request that can be read at all; why the others cannot, the plan says.
pub fn lines(judged: &Judged<'_>) -> Vec<RequestLine> {
    judged.verdicts().iter().filter_map(line).collect()
}

fn line(verdict: &Judgement<'_>) -> Option<RequestLine> {
    let csr = verdict.request().csr.ok()?;
    let is_denied = verdict.is_denied();
    let found = verdict.violations().iter();
    let mut reasons: Vec<_> = found.map(|found| RuleReason::new(&found.code.to_string(), &found.detail)).collect();
    let of_rules: Vec<Code> = verdict.violations().iter().map(|found| found.code).collect();
    let by_officer = verdict.denied_for().into_iter().filter(|code| !of_rules.contains(code));
    reasons.extend(by_officer.map(|code| RuleReason::new(&code.to_string(), "denied by an officer in review")));
    Some(RequestLine {
        id: verdict.number(),
        verdict: Some(if is_denied { Verdict::Deny } else { Verdict::Allow }),
        reasons,
        profile: verdict.request().asked.profile,
        subject: csr.subject().clone(),
        names: csr.subject_alt_names().map_or(0, |names| names.names().len()),
        privileged: verdict.needs_tick(),
        until: verdict.validity().filter(|_| !is_denied).map(|validity| validity.not_after()),
    })
}

impl Refusal for ReviewError {
    fn reason(&self) -> Reason {
        match self {
            Self::Request(_) => {
                Reason::new(Class::Usage, "REVIEW_REQUEST", "look the number up: airlock offline review TRACE")
            }
        }
    }
}
