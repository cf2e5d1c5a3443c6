//! K2: the key is nobody's yet (R13). A request proves possession once and is not fresh, so whoever holds an old key
//! could ask again for exactly the certificate that is being rotated away.
//!
//! Where the policy names the profile, a certificate may be renewed with its own key, each request ticked.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let denies = |detail: &str| Some(Violation::denies(Code::K2, detail));
    if context.keys_in_use.contains(&facts.spki_sha256) {
        return denies("the key is that of an issuer, a person or a machine");
    }
    if facts.same_key > 1 {
        return denies("the key stands in this bundle more than once");
    }
    let renewed = facts.replaced.is_some_and(|replaced| replaced.public_key() == facts.csr.public_key());
    if !renewed && !context.index.knows_key(&facts.spki_sha256) {
        return None;
    }
    let revoked = facts.replaces().is_none_or(|name| context.index.is_revoked(&name));
    if context.policy.allows_reuse(facts.role()) && renewed && !revoked {
        return Some(Violation::needs_tick(Code::K2, "renewed with the key of before"));
    }
    denies("the key was certified before")
}
