//! How far a cluster is, from facts alone. A journal may make it quicker to find out, and is never believed against them.

use super::check::{Check, Outcome};
use super::facts::Facts;
use super::plan::Plan;
use super::stage::Stage;
use super::trust::Trust;

/// Where a cluster stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The last stage of which everything is done.
    pub reached: Stage,
    /// How many steps of the plan are done.
    pub done: usize,
    /// The first step that is not, by its place in the plan.
    pub next: Option<usize>,
    /// A connection that is refused now, where one is: the cluster is torn, and must go on or back at once.
    pub torn: Option<String>,
}

/// Where the cluster of `plan` stands.
pub fn derive(plan: &Plan, facts: &Facts) -> Position {
    let open: Vec<_> = plan.steps().iter().map(|step| !plan.is_done(step, facts)).collect();
    let next = open.iter().position(|open| *open);
    let reached = match next.and_then(|next| plan.steps().get(next)) {
        None => plan.steps().last().map_or(Stage::Preflight, |step| step.stage),
        Some(step) => plan
            .steps()
            .iter()
            .map(|step| step.stage)
            .filter(|stage| *stage < step.stage)
            .max()
            .unwrap_or_else(|| unbegun(facts)),
    };
    let matrix = Check::MatrixGreen.judge(plan, facts, Trust::Both);
    let torn = (matrix.outcome == Outcome::Fail).then_some(matrix.evidence);
    Position { reached, done: open.iter().filter(|open| !**open).count(), next, torn }
}

/// How far each node is by itself, in the order of the fleet.
pub fn of_nodes(plan: &Plan, facts: &Facts) -> Vec<Stage> {
    let mut reached: Vec<_> = plan.fleet().members().iter().map(|_| (Stage::Preflight, true)).collect();
    for (node, place) in reached.iter_mut().zip(0..) {
        if facts.node(place).and_then(|node| node.staged) == Some(true) {
            node.0 = Stage::Staged;
        }
    }
    for step in plan.steps() {
        let Some(node) = step.place.and_then(|place| reached.get_mut(place)) else { continue };
        if node.1 && plan.is_done(step, facts) {
            node.0 = node.0.max(step.stage);
        } else if node.1 {
            // The stage of an open step is not reached.
            node.0 = node.0.min(step.stage.before().unwrap_or(Stage::Preflight));
            node.1 = false;
        }
    }
    reached.into_iter().map(|(stage, _)| stage).collect()
}

/// Whether any place was touched: something on a node trusts the new root, or shows a leaf of it.
pub fn is_under_way(facts: &Facts) -> bool {
    facts.nodes.iter().any(|node| {
        let trust = node.disk.values().flatten().any(|trust| *trust != Trust::Old);
        trust || node.files.values().flatten().any(|leaf| leaf.is_new())
    })
}

/// Whether `stage` is reached, or a step after it is done on a node.
pub(super) fn has_begun_after(plan: &Plan, facts: &Facts, stage: Stage) -> bool {
    let later = |step: &&super::step::Step| step.stage > stage && step.place.is_some();
    derive(plan, facts).reached >= stage || plan.steps().iter().filter(later).any(|step| plan.is_done(step, facts))
}

/// Where a cluster stands of which no step is done.
fn unbegun(facts: &Facts) -> Stage {
    let all = !facts.nodes.is_empty() && facts.nodes.iter().all(|node| node.staged == Some(true));
    if all { Stage::Staged } else { Stage::Preflight }
}
