//! T1: the validity asked for is within the policy, and enough of it is left within the issuer's.
//!
//! What is asked beyond the policy is denied, never shortened in silence. What reaches beyond the issuer's end is
//! shortened to it, as review shows: nothing outlives its issuer.

use super::violation::{Code, Violation};
use crate::issuance::policy::DAY;
use crate::issuance::request::{Context, Facts};
use crate::issuance::template;

/// The shortest validity that is worth a journey, in seconds.
pub const SHORTEST_S: u64 = 3_600;

/// What is left of it, for notBefore lies in the past.
const SHORTEST_LEFT_S: i64 = 3_600 - template::BACKDATING_S;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let asked = facts.asked.validity_s;
    let longest = context.policy.longest_validity_s(facts.profile(), facts.is_privileged());
    if asked < SHORTEST_S {
        return Some(Violation::denies(Code::T1, &format!("{asked} seconds asked, at least {SHORTEST_S} needed")));
    }
    if asked > longest {
        let detail = format!("{asked} seconds asked, policy allows {longest} ({} days)", longest / DAY);
        return Some(Violation::denies(Code::T1, &detail));
    }
    let issuer = facts.issuer?;
    let validity = template::validity(context.time, asked, &issuer.tbs);
    let left = validity.map_or(0, |validity| validity.not_after().since(context.time));
    let ends = issuer.tbs.validity().not_after();
    (left < SHORTEST_LEFT_S).then(|| Violation::denies(Code::T1, &format!("the issuer ends at {ends}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::role::Role;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::Wish;

    #[test]
    fn t1_validity_is_within_the_policy() {
        let world = World::default();
        let asks = |role, node, seconds| world.codes(role, node, |wish: &mut Wish| wish.asked.validity_s = seconds);
        for (seconds, codes) in [(3_599, "T1"), (3_600, ""), (398 * DAY, ""), (398 * DAY + 1, "T1"), (u64::MAX, "T1")] {
            assert_eq!(asks(KubeletServer, "w1", seconds), codes, "{seconds}");
        }
        assert_eq!(asks(Role::SuperAdmin, "cp1", 92 * DAY), "P1");
        assert_eq!(asks(Role::SuperAdmin, "cp1", 92 * DAY + 1), "T1 P1");
        assert_eq!(asks(Role::Admin, "cp1", 366 * DAY + 1), "T1 P1");
    }

    #[test]
    fn t1_an_issuer_near_its_end_shortens_what_is_asked_while_something_is_left() {
        let mut world = World::default();
        let end = world.authorities.all()[0].tbs.validity().not_after();
        for (left, codes) in [(3_000, ""), (2_999, "T1"), (0, "T1"), (-1, "T1"), (-999_999, "T1")] {
            world.time = end.plus(-left);
            assert_eq!(world.codes(KubeletServer, "w1", |_| {}), codes, "{left}");
        }
        world.time = end.plus(-DAY.cast_signed());
        let made = [world.wish(KubeletServer, "w1").make()];
        assert_eq!(world.judge(&made).verdicts()[0].validity().unwrap().not_after(), end);
    }
}
