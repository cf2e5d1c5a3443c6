//! N1: the subject is the profile's, for a node that bears the profile.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};
use crate::wire::text;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let denies = |detail: String| Some(Violation::denies(Code::N1, &detail));
    let (role, name) = (facts.role(), &facts.asked.place.node);
    let shown = text::clip(name, 64);
    let Some(node) = context.cluster.node(name) else {
        return denies(format!("the cluster record has no node {shown}"));
    };
    if !context.cluster.hosts(role, node) {
        return denies(format!("{role} does not live on {shown}"));
    }
    if role.accepts(facts.csr.subject(), name) {
        return None;
    }
    let expected = role.subject(name).map(|subject| subject.safe()).unwrap_or_default();
    denies(format!("subject is {}, expected {expected}", text_of(facts)))
}

fn text_of(facts: &Facts<'_>) -> String {
    let safe = facts.csr.subject().safe();
    match safe.get(..120) {
        Some(cut) if safe.len() > 120 => format!("{cut}..."),
        _ if safe.is_empty() => "empty".to_owned(),
        _ => safe,
    }
}
