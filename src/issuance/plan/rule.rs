//! The quorum rule of a plan: the strictest over all its effects, computed by whoever reads it (R07).

use super::fields::{NeededRule, PlanFields};
use super::order::{Kind, Order};
use crate::exchange::approval::rule::RuleName;
use crate::exchange::people::roster::Roster;

/// The name of the rule. `revokes_anew` says whether a CRL of the plan lists something for the first time.
pub(super) fn name(fields: &PlanFields, revokes_anew: bool) -> RuleName {
    let changes_trust = !fields.trust_ops.is_empty() || !fields.key_events.is_empty();
    let of_orders = fields.orders.iter().map(of_order);
    let least = match (&fields.denials.is_empty(), revokes_anew, fields.orders.is_empty()) {
        (true, false, false) => RuleName::Crl,
        _ => RuleName::Leaf,
    };
    let trust = if changes_trust { RuleName::Root } else { least };
    of_orders.chain([least, trust]).max().unwrap_or(RuleName::Leaf)
}

/// Names are ordered by their strictness, from `crl` to `root`.
fn of_order(order: &Order) -> RuleName {
    match order.kind {
        Kind::Crl => RuleName::Crl,
        Kind::Leaf if order.privileged == Some(true) => RuleName::Privileged,
        Kind::Leaf => RuleName::Leaf,
        Kind::Intermediate | Kind::Root | Kind::Cross => RuleName::Root,
    }
}

/// The rule with the numbers of `roster`. Each earlier rejection adds an officer (R19).
pub(super) fn needed(name: RuleName, fields: &PlanFields, roster: &Roster) -> NeededRule {
    let has_crl = fields.orders.iter().any(|order| order.kind == Kind::Crl);
    // Nothing forbids a roster to ask for more people for a CRL than for a leaf.
    let base = name.officers(roster.quorum()).max(if has_crl { roster.quorum().crl } else { 0 });
    let officers = base.saturating_add(fields.prior_rejections.len() as u64);
    NeededRule { auditor: name.needs_auditor(), name, of: roster.officers(), officers }
}
