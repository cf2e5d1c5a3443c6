//! The handshake matrix: who accepts whom, old and new client against old and new server, predicted from what is loaded
//! and as probes saw it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::Outcome;
use super::component::Component;
use super::facts::Facts;
use super::graph::Edge;
use super::plan::Plan;
use super::store::{Store, presenter};
use super::trust::{Leaf, Trust};
use crate::cluster::role::Role;
use crate::wire::text::fill;

/// How many of the verifiers accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// Those that accept.
    pub accept: usize,
    /// Those that refuse.
    pub refuse: usize,
    /// Those of whom it is not known.
    pub unknown: usize,
}

/// One cell: what becomes of a leaf at all verifiers of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Who verifies whom.
    pub edge: Edge,
    /// Which leaf.
    pub leaf: Leaf,
    /// By what is loaded.
    pub predicted: Count,
    /// By probes; nothing where none was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Count>,
    /// Whether somebody shows such a leaf.
    pub shown: bool,
}

/// What probes saw: how many verifiers of a kind accepted a canary of that leaf.
pub type Observed = BTreeMap<(Edge, Leaf), Count>;

/// Every edge with each leaf that matters to it: those that are shown, and the old and the new one.
pub fn matrix(plan: &Plan, facts: &Facts, observed: &Observed) -> Vec<Cell> {
    let shown = shown(plan, facts);
    let cells = plan.shape().edges().flat_map(|edge| [Leaf::Old, Leaf::Bridged, Leaf::New].map(|leaf| (edge, leaf)));
    let cells = cells.map(|(edge, leaf)| {
        let observed = observed.get(&(edge, leaf)).copied();
        let shown = shown.get(&(edge.presenter, leaf)).is_some_and(|count| *count > 0);
        Cell { edge, leaf, predicted: predicted(plan, facts, edge.verifier, leaf), observed, shown }
    });
    cells.filter(|cell| cell.shown || cell.leaf != Leaf::Bridged).collect()
}

/// Whether everybody who will see `leaf` shown by `presents` accepts it now.
pub(super) fn would_accept(plan: &Plan, facts: &Facts, presents: Component, leaf: Leaf) -> (Outcome, String) {
    let edges = plan.shape().edges().filter(|edge| presenter(edge.presenter) == presents);
    let cells: Vec<_> = edges
        .map(|edge| (edge, predicted(plan, facts, edge.verifier, leaf)))
        .map(|(edge, predicted)| Cell { edge, leaf, predicted, observed: None, shown: true })
        .collect();
    worst(&cells)
}

/// Whether a verifier of `component` that trusts `trust` alone accepts all that is shown to it now.
pub(super) fn would_suffice(plan: &Plan, facts: &Facts, component: Component, trust: Trust) -> (Outcome, String) {
    let shown = shown(plan, facts);
    let verifies = |role| plan.shape().edges().any(|e| e.verifier.component() == component && e.presenter == role);
    let mut relevant = shown.keys().filter(|(role, _)| verifies(*role));
    match relevant.find(|(_, leaf)| !trust.accepts(*leaf)) {
        Some((role, leaf)) => {
            let (component, leaf) = (component.as_str(), leaf.as_str());
            (Outcome::Fail, format!("{component} would refuse the {leaf} leaf of {role} that is still shown"))
        }
        None => (Outcome::Pass, format!("{} accepts all that is shown", component.as_str())),
    }
}

/// Whether everybody accepts what is shown to him now. What is not known is not green.
pub(super) fn judge(plan: &Plan, facts: &Facts) -> (Outcome, String) {
    let mut cells = matrix(plan, facts, &Observed::new());
    cells.retain(|cell| cell.shown);
    worst(&cells)
}

fn worst(cells: &[Cell]) -> (Outcome, String) {
    if let Some(red) = cells.iter().find(|cell| cell.predicted.refuse > 0) {
        return (Outcome::Fail, red.to_string());
    }
    if let Some(dark) = cells.iter().find(|cell| cell.predicted.unknown > 0) {
        return (Outcome::Unknown, dark.to_string());
    }
    match cells.len() {
        0 => (Outcome::Unknown, "nobody was observed".to_owned()),
        count => (Outcome::Pass, fill("{} kind{s} of connections", [&count])),
    }
}

impl Cell {
    /// Whether it must be green and is not: refused by what is loaded, or by what a probe saw.
    pub fn is_red(&self) -> bool {
        self.shown && (self.predicted.refuse > 0 || self.observed.is_some_and(|seen| seen.refuse > 0))
    }

    /// Whether a probe saw other than what is loaded would have it.
    pub fn surprises(&self) -> bool {
        let told = self.predicted.unknown == 0;
        told && self.observed.is_some_and(|seen| (seen.refuse > 0) != (self.predicted.refuse > 0))
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Count { accept, refuse, unknown } = self.predicted;
        let (verifier, role, leaf) = (self.edge.verifier, self.edge.presenter, self.leaf.as_str());
        write!(f, "{} {}: ", verifier.component().as_str(), verifier.flag())?;
        write!(f, "{leaf} {role} accepted by {accept}, refused by {refuse}, unknown of {unknown}")
    }
}

/// How many verifiers of the kind `store` would accept `leaf`.
fn predicted(plan: &Plan, facts: &Facts, store: Store, leaf: Leaf) -> Count {
    let mut count = Count::default();
    let mut add = |memory: Option<Trust>| {
        let field = match memory.map(|memory| memory.accepts(leaf)) {
            Some(true) => &mut count.accept,
            Some(false) => &mut count.refuse,
            None => &mut count.unknown,
        };
        *field = field.saturating_add(1);
    };
    if !store.is_on_nodes() {
        add(facts.memory(store, None));
        return count;
    }
    for place in plan.fleet().with(store.component()) {
        match facts.node(place) {
            // Who has no such place verifies nobody.
            Some(node) if node.seen && !node.disk.contains_key(&store) => {}
            // What is down verifies nobody now, and by its disk when it comes back.
            Some(node) if node.up.get(&store.component()) == Some(&false) => {
                add(node.disk.get(&store).copied().flatten());
            }
            _ => add(facts.memory(store, Some(place))),
        }
    }
    count
}

/// How many show which leaf of which role.
fn shown(plan: &Plan, facts: &Facts) -> BTreeMap<(Role, Leaf), usize> {
    let mut shown = BTreeMap::new();
    let mut add = |role, leaf| {
        let count: &mut usize = shown.entry((role, leaf)).or_default();
        *count = count.saturating_add(1);
    };
    for (place, node) in facts.nodes.iter().enumerate() {
        let runs = |role| plan.fleet().member(place).is_some_and(|member| member.runs(presenter(role)));
        for (role, file) in node.files.iter().filter(|(role, _)| runs(**role)) {
            if let Some(leaf) = node.shown.get(role).copied().or(*file) {
                add(*role, leaf);
            }
        }
        // Whom the controller manager certifies comes with its CA.
        match node.signer {
            Some(super::facts::Signer::Intermediate) => add(Role::IntermediateKubernetes, Leaf::New),
            Some(super::facts::Signer::Shared | super::facts::Signer::Apart) => {
                add(Role::IntermediateKubernetes, Leaf::Old);
            }
            Some(super::facts::Signer::Off) | None => {}
        }
    }
    shown
}
