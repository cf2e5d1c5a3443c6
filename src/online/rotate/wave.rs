//! A step among the others: what the wave before it leaves open, what it takes away, and how the log names its stage.

use super::eyes::Seen;
use super::fault::RotateError;
use super::run::Goal;
use crate::rotation::check::{Finding, Outcome as Judged};
use crate::rotation::component::Component;
use crate::rotation::gate;
use crate::rotation::graph::Variant;
use crate::rotation::plan::Plan;
use crate::rotation::step::{Action, Step};
use crate::wire::text;

/// What the gate says of the wave before that of `step`, so far as it does not hold. What only an administrator can prove, a
/// node without one takes as proven where a control plane has done its own step of the wave: it proved it before.
pub(super) fn before(plan: &Plan, step: Step, seen: &Seen) -> Vec<Finding> {
    if matches!(step.action, Action::Start(_)) {
        return Vec::new();
    }
    let facts = &seen.facts;
    let at = plan.waves().iter().position(|wave| plan.steps_of(wave).contains(&step));
    let Some(at) = at else { return Vec::new() };
    let wave = at.checked_sub(1).and_then(|before| plan.waves().get(before));
    let findings = wave.map(|wave| gate::of_wave(plan, wave, facts)).unwrap_or_default();
    let by_administrators = plan.waves().get(at).is_some_and(|wave| {
        let is_plane =
            |step: &&Step| step.place.and_then(|place| plan.fleet().member(place)).is_some_and(|m| m.control_plane);
        plan.steps_of(wave).iter().filter(is_plane).any(|step| plan.is_done(step, facts))
    });
    let is_proven = |finding: &Finding| {
        let takes = finding.check.takes_an_administrator() && finding.outcome == Judged::Unknown;
        takes && by_administrators && seen.callers.admin.is_none()
    };
    findings.into_iter().filter(|finding| !finding.holds() && !is_proven(finding)).collect()
}

/// Why the way forward is not taken where another node was staged for the other one. Back leads the law alone.
pub(super) fn other_way(plan: &Plan, goal: Goal, seen: &Seen) -> Option<RotateError> {
    let node = seen.other_way.as_deref().filter(|_| goal == Goal::Forward)?;
    let (ours, theirs) = match plan.shape().variant {
        Variant::DualTrust => (Variant::DualTrust, Variant::Bridge),
        Variant::Bridge => (Variant::Bridge, Variant::DualTrust),
    };
    Some(RotateError::OtherWay { node: text::clip(node, 64), theirs: theirs.as_str(), ours: ours.as_str() })
}

/// Whether `step` takes the only server of a kind away, as the plan said before it began.
pub(super) fn takes_all(plan: &Plan, step: Step) -> bool {
    let (small, single) = (plan.fleet().has_small_etcd(), plan.fleet().has_one_apiserver());
    let starts = |component| step.action == Action::Start(component);
    let etcd = step.restarts_etcd() || starts(Component::Etcd);
    let api = step.takes_control_plane_out() || starts(Component::Apiserver);
    // An API server without its etcd answers nobody.
    (small && etcd) || (single && (api || etcd))
}

/// The stage as the log names it: what was found down and is started belongs to none.
pub(super) fn stage(step: Step) -> &'static str {
    match step.action {
        Action::Start(_) => crate::online::course::START,
        _ => step.stage.id(),
    }
}
