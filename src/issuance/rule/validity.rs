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
