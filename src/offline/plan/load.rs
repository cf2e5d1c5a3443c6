//! A plan out of the state, read by the policy and the cluster record that it names itself: whether those are still in
//! force is asked before each batch, not here.

use crate::audit::detail::PlanClosed;
use crate::audit::event::Event;
use crate::cores::both;
use crate::exchange::trace::Trace;
use crate::issuance::plan::{ClosedBefore, Plan, PlanFile, Reference};
use crate::issuance::policy::Policy;
use crate::offline::plan::PlanStepError;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// What the log says of the newest plan of `trace`.
///
/// # Errors
/// [`PlanStepError::None`].
pub fn closed(room: &Room, trace: &Trace) -> Result<PlanClosed, PlanStepError> {
    all(room, trace).next().cloned().ok_or_else(|| PlanStepError::None(trace.clone()))
}

/// What the log says of the plan of `trace` under which signatures were announced; there is one at most. A newer one that
/// was to end it may have expired or been rejected.
///
/// # Errors
/// [`PlanStepError::None`]; [`PlanStepError::NothingToEnd`].
pub fn announced(room: &Room, trace: &Trace) -> Result<PlanClosed, PlanStepError> {
    closed(room, trace)?;
    let found = all(room, trace).find(|closed| is_announced(room, &closed.plan));
    found.cloned().ok_or(PlanStepError::NothingToEnd)
}

/// The newest first.
fn all<'r>(room: &'r Room, trace: &'r Trace) -> impl Iterator<Item = &'r PlanClosed> {
    let of_trace = room.desk().entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    of_trace.filter_map(|entry| match &entry.event {
        Event::PlanClosed(closed) => Some(closed),
        _ => None,
    })
}

/// The newest plan of `trace`.
///
/// # Errors
/// [`PlanStepError::None`]; any [`PlanError`](crate::issuance::plan::PlanError); what the blobs say.
pub fn plan(room: &Room, trace: &Trace) -> Result<Plan, Refused> {
    read(room, &closed(room, trace)?)
}

/// The plan that an entry closed.
///
/// # Errors
/// As [`plan`].
pub fn read(room: &Room, closed: &PlanClosed) -> Result<Plan, Refused> {
    let objects = room.desk().objects();
    let file = PlanFile::parse(objects.get(&closed.plan)?).map_err(|_| PlanStepError::Unkept)?;
    let fields = file.fields();
    // What a plan that ends another delivers was linted under the policy of that one.
    let policy = match fields.closes {
        Some(_) => None,
        None => Some(Policy::parse(&objects.get(&fields.policy.sha256)?)?),
    };
    let cluster = format!("cluster:{}", fields.cluster.name).parse().map_err(|_| PlanStepError::Unkept)?;
    let named = fields.cluster.enrolment_sha256.as_ref();
    let enrolment = named.map(|enrolment| room.enrolment(&cluster, enrolment)).transpose()?;
    let authorities = room.authorities(&cluster);
    let record = enrolment.as_ref().and_then(|enrolment| enrolment.cluster()).map(|side| &side.record);
    let tbs = objects.get(&closed.tbs)?;
    Ok(file.load(tbs, &Reference { authorities: &authorities, record, policy: policy.as_ref() })?)
}

/// The newest plan of `trace`, to be signed once its votes are counted, or to be sealed. Its bytes are not linted anew: its
/// files are those that the log says were read whole and closed, and people who approved it had it read to them.
///
/// # Errors
/// As [`plan`].
pub fn again(room: &Room, trace: &Trace) -> Result<Plan, Refused> {
    let (closed, objects) = (closed(room, trace)?, room.desk().objects());
    let before = ClosedBefore::the_log_says_it_was_closed(&closed);
    let (tbs, file) = both(
        || objects.get(&closed.tbs),
        || {
            Ok::<_, Refused>(
                PlanFile::parse_again(objects.get(&closed.plan)?, &before).map_err(|_| PlanStepError::Unkept)?,
            )
        },
    );
    Ok(file?.load_again(tbs?, &before)?)
}

/// Whether a signature was announced under `plan`.
pub fn is_announced(room: &Room, plan: &Digest) -> bool {
    room.desk().entries().iter().any(|entry| match &entry.event {
        Event::SignIntent(intent) | Event::SignRepeat(intent) => intent.plan == *plan,
        _ => false,
    })
}

/// Whether the package of `plan` was sealed.
pub fn is_sealed(room: &Room, plan: &Digest) -> bool {
    room.desk().entries().iter().any(|entry| matches!(&entry.event, Event::Sealed(sealed) if sealed.plan == *plan))
}
