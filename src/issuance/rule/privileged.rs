//! P1: who bears this certificate may do everything, so each officer opens and ticks it by itself.

use super::violation::{Code, Violation};
use crate::cluster::role::PRIVILEGED_GROUPS;
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    if !facts.is_privileged() {
        return None;
    }
    let groups = facts.csr.subject().organizations();
    let detail = match groups.into_iter().find(|group| PRIVILEGED_GROUPS.contains(group)) {
        Some(group) => format!("the group {group} gives full rights"),
        None if facts.role().identity().is_ca => "a CA whose key lives online".to_owned(),
        None => format!("{} reads and writes everything", facts.role()),
    };
    Some(Violation::needs_tick(Code::P1, &detail))
}
