//! A plan out of the state, read by the policy and the cluster record that it names itself: whether those are still in
//! force is asked before each batch, not here.

use crate::audit::detail::PlanClosed;
use crate::audit::event::Event;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::trace::Trace;
use crate::issuance::plan::fields::PlanFields;
use crate::issuance::plan::{Plan, Reference};
use crate::issuance::policy::Policy;
use crate::offline::plan::PlanStepError;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::json;

/// What the log says of the newest plan of `trace`.
///
/// # Errors
/// [`PlanStepError::None`].
pub fn closed(room: &Room, trace: &Trace) -> Result<PlanClosed, PlanStepError> {
    let of_trace = room.desk().entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let mut closed = of_trace.filter_map(|entry| match &entry.event {
        Event::PlanClosed(closed) => Some(closed.clone()),
        _ => None,
    });
    closed.next().ok_or_else(|| PlanStepError::None(trace.clone()))
}

/// The newest plan of `trace`.
///
/// # Errors
/// [`PlanStepError::None`]; any [`PlanError`](crate::issuance::plan::PlanError); what the blobs say.
pub fn plan(room: &Room, trace: &Trace) -> Result<Plan, Refused> {
    let closed = closed(room, trace)?;
    let objects = room.desk().objects();
    let (file, tbs) = (objects.get(&closed.plan)?, objects.get(&closed.tbs)?);
    let fields: PlanFields = json::from_slice(&file).map_err(|_| PlanStepError::Unkept)?;
    // What a plan that ends another delivers was linted under the policy of that one.
    let policy = match fields.closes {
        Some(_) => None,
        None => Some(Policy::parse(&objects.get(&fields.policy.sha256)?)?),
    };
    let enrolment = match &fields.cluster.enrolment_sha256 {
        Some(enrolment) => Some(EnrolmentRecord::parse(&objects.get(enrolment)?)?),
        None => None,
    };
    let cluster = format!("cluster:{}", fields.cluster.name).parse().map_err(|_| PlanStepError::Unkept)?;
    let authorities = room.authorities(&cluster);
    drop(fields);
    let record = enrolment.as_ref().and_then(|enrolment| enrolment.cluster()).map(|side| &side.record);
    Ok(Plan::load(&file, &tbs, &Reference { authorities: &authorities, record, policy: policy.as_ref() })?)
}

/// Whether a signature was announced under `plan`.
pub fn is_announced(room: &Room, plan: &Digest) -> bool {
    room.desk().entries().iter().any(|entry| match &entry.event {
        Event::SignIntent(intent) | Event::SignRepeat(intent) => intent.plan == *plan,
        _ => false,
    })
}
