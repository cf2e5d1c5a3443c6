//! C1: no CA where a leaf is asked for, no intermediate where the policy wants leaves, and an issuer that can issue it.

use super::violation::{Code, Violation};
use crate::issuance::policy::Mode;
use crate::issuance::profile::constraints;
use crate::issuance::request::{Context, Facts};
use crate::pki::extension::oid;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let mut found = Vec::new();
    let role = facts.role();
    let requested = facts.csr.requested();
    if let Some(asked) = requested.basic_constraints() {
        let given = facts.profile().basic_constraints();
        let within = asked.path_len.is_none_or(|length| given.path_len.is_some_and(|most| length <= most));
        match (asked.ca, given.ca) {
            (true, false) => found.push("a leaf asks to be a CA".to_owned()),
            (false, true) => found.push("an intermediate asks not to be a CA".to_owned()),
            _ if !within => found.push("a longer path is asked for than the profile gives".to_owned()),
            _ => {}
        }
    }
    if requested.find(oid::NAME_CONSTRAINTS).is_some() {
        found.push("name constraints are asked for; they come from the cluster record".to_owned());
    }
    if role.identity().is_ca {
        if context.policy.mode(&context.cluster.fields().name) != Mode::Intermediates {
            found.push("policy gives this cluster leaves only".to_owned());
        }
        if constraints::of(role.domain(), context.cluster).is_none() {
            found.push("the cluster record has more names than name constraints can carry".to_owned());
        }
    }
    found.extend(issuer_fault(facts));
    (!found.is_empty()).then(|| Violation::denies(Code::C1, &found.join("; ")))
}

/// Why the CA cannot issue it.
fn issuer_fault(facts: &Facts<'_>) -> Option<String> {
    let domain = facts.role().domain();
    let Some(issuer) = facts.issuer else {
        return Some(format!("the bundle accepts no root of {domain} that issues here"));
    };
    let path = issuer.tbs.extensions().basic_constraints().and_then(|constraints| constraints.path_len);
    let blocked = facts.role().identity().is_ca && path == Some(0);
    blocked.then(|| format!("the issuer of {domain} may not certify CAs"))
}
