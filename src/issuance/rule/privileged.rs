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

#[cfg(test)]
mod tests {
    use crate::cluster::role::Role;
    use crate::issuance::specimen::World;

    #[test]
    fn p1_privileged_requests_are_ticked_not_denied() {
        let world = World::default();
        for (role, privileged) in [(Role::Admin, true), (Role::ApiserverEtcdClient, true), (Role::Scheduler, false)] {
            let made = [world.wish(role, "cp1").make()];
            let judged = world.judge(&made);
            let verdict = &judged.verdicts()[0];
            assert_eq!((verdict.needs_tick(), verdict.is_denied()), (privileged, false), "{role}");
        }
    }
}
