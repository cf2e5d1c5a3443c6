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

#[cfg(test)]
mod tests {
    use crate::cluster::role::Role;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::with_subject;

    #[test]
    fn n1_the_subject_is_the_profiles_for_that_node() {
        let world = World::default();
        let nodes = ("O", "system:nodes");
        assert_eq!(world.codes(KubeletServer, "w1", with_subject(&[nodes, ("CN", "system:node:w1")])), "");
        for subject in [
            &[nodes, ("CN", "system:node:cp1")][..],
            &[nodes, ("O", "team-b"), ("CN", "system:node:w1")],
            &[("CN", "system:node:w1"), nodes],
            &[("CN", "system:node:w1")],
            &[],
        ] {
            assert_eq!(world.codes(KubeletServer, "w1", with_subject(subject)), "N1", "{subject:?}");
        }
        let full_rights = [nodes, ("O", "system:masters"), ("CN", "system:node:w1")];
        assert_eq!(world.codes(KubeletServer, "w1", with_subject(&full_rights)), "N1 P1");
        assert_eq!(world.codes(Role::KubeletClient, "w1", |wish| wish.asked.place.node = "w9".to_owned()), "N1");
        assert_eq!(world.codes(Role::Scheduler, "w1", |_| {}), "N1");
        // What older versions of kubeadm made is accepted, and ticked.
        let older = [("O", "system:masters"), ("CN", "kube-etcd-healthcheck-client")];
        assert_eq!(world.codes(Role::EtcdHealthcheckClient, "cp1", with_subject(&older)), "P1");
    }
}
