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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::record::Node;
    use crate::cluster::role::Role::KubeletServer;
    use crate::cluster::role::{Domain, Role};
    use crate::exchange::roots::RootStatus;
    use crate::issuance::authority::{Authorities, Authority};
    use crate::issuance::specimen::wish::with;
    use crate::issuance::specimen::{World, root};
    use crate::pki::extension::{Extension, KeyUsage};
    use crate::pki::mint::{basic_constraints, key_usage};

    #[test]
    fn c1_leaves_are_no_cas() {
        for (extension, codes) in [
            (basic_constraints(false, None), ""),
            (basic_constraints(true, None), "C1"),
            (basic_constraints(true, Some(0)), "C1"),
            (Extension::new(oid::NAME_CONSTRAINTS, true, vec![0x30, 0]), "C1"),
        ] {
            assert_eq!(World::default().codes(KubeletServer, "w1", with(extension.clone())), codes, "{extension:?}");
        }
    }

    #[test]
    fn c1_intermediates_are_for_clusters_whose_policy_wants_them() {
        let role = Role::IntermediateKubernetes;
        assert_eq!(World::default().codes(role, "cp1", |_| {}), "C1 P1");
        let named = || World::default().policy("# clusters = { edge-3", "clusters = { prod-1");
        assert_eq!(named().codes(role, "cp1", |_| {}), "P1");
        for (extension, codes) in [
            (basic_constraints(true, None), "P1"),
            (basic_constraints(true, Some(0)), "P1"),
            (basic_constraints(true, Some(1)), "C1 P1"),
            (basic_constraints(false, None), "C1 P1"),
            (key_usage(KeyUsage::KEY_CERT_SIGN), "P1"),
            (key_usage(KeyUsage::DIGITAL_SIGNATURE), "U1 P1"),
        ] {
            assert_eq!(named().codes(role, "cp1", with(extension.clone())), codes, "{extension:?}");
        }
        let many = named().record(|fields| {
            let worker = fields.nodes[3].clone();
            let node = |i: u8, j: u8| Node {
                name: format!("a-rather-long-name-of-a-worker-{i}-{j}"),
                ips: vec![[10, 67, i, j].into()],
                ..worker.clone()
            };
            fields.nodes.extend((0..6).flat_map(|i| (0..100).map(move |j| (i, j))).map(|(i, j)| node(i, j)));
        });
        assert_eq!(many.codes(role, "cp1", |_| {}), "C1 P1");
        assert_eq!(many.codes(Role::IntermediateEtcd, "cp1", |_| {}), "P1");
    }

    #[test]
    fn c1_the_issuer_is_acceptable_to_both_sides() {
        let mut world = World::default();
        world.audience.remove(0);
        assert_eq!(world.codes(KubeletServer, "w1", |_| {}), "C1");
        assert_eq!(world.codes(Role::EtcdPeer, "cp1", |_| {}), "");

        let tbs = root(Domain::Kubernetes, "2027-1").certificate.tbs().clone();
        for (status, codes) in [(RootStatus::Next, ""), (RootStatus::Retiring, "C1"), (RootStatus::Current, "")] {
            let authority = Authority { domain: Domain::Kubernetes, status, tbs: tbs.clone() };
            let audience = vec![authority.spki_sha256()];
            let world = World { authorities: Authorities::new(vec![authority]), audience, ..World::default() };
            assert_eq!(world.codes(KubeletServer, "w1", |_| {}), codes, "{status:?}");
        }
    }
}
