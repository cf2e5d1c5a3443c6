//! R1: the request was not answered before, and what it replaces is this cluster's and was not replaced yet.
//!
//! A certificate is the cluster's where the log says that it was issued to it (R12), or where a root that was enrolled
//! with the cluster signed it: enrolment adopts what the cluster had before (R40).

use super::violation::{Code, Violation};
use crate::issuance::index::CertificateName;
use crate::issuance::request::{Context, Facts};
use crate::pki::certificate::Certificate;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let denies = |detail: &str| Some(Violation::denies(Code::R1, detail));
    if context.index.is_consumed(&context.statement, facts.asked.id) {
        return denies("a signature for this request was announced before");
    }
    let replaces = facts.asked.replaces.as_ref()?;
    let (Some(name), Some(replaced)) = (facts.replaces(), facts.replaced) else {
        return denies("the certificate that it replaces is not in the bundle");
    };
    if *replaced.serial() != name.serial || replaced.validity().not_after() != replaces.not_after {
        return denies("the certificate that it replaces is not the one in the bundle");
    }
    if !facts.role().accepts(replaced.subject(), &facts.asked.place.node) {
        return denies("the certificate that it replaces is of another identity");
    }
    if facts.same_replaced > 1 {
        return denies("two requests of the bundle replace the same certificate");
    }
    if context.index.is_replaced(&name) {
        return denies("the certificate that it replaces was replaced before");
    }
    if is_the_clusters(&name, replaced, context) {
        return None;
    }
    denies("not yours: the certificate that it replaces was not issued to this cluster")
}

fn is_the_clusters(name: &CertificateName, replaced: &Certificate, context: &Context<'_>) -> bool {
    match context.index.issued(name) {
        Some(issued) => {
            let same = issued.tbs_sha256 == replaced.tbs_sha256();
            same && issued.cluster.as_deref() == Some(context.cluster.fields().uid.as_str())
        }
        None => {
            let mut roots = context.adopted.iter().map(|root| root.public_key());
            roots.any(|key| key.spki_sha256() == name.issuer && replaced.verify_signed_by(key).is_ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::detail::{OrderIntent, Replaced};
    use crate::audit::entry::Entry;
    use crate::cluster::role::Role::KubeletServer;
    use crate::cluster::role::{Domain, Role};
    use crate::exchange::csr_bundle::manifest::Replaces;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::history::{UID, closed, closed_for, digest, entries, intent, order, signed_over};
    use crate::issuance::specimen::wish::{Before, Wish, numbered};
    use crate::pki::certificate::Certificate;
    use crate::pki::key::Curve;
    use crate::pki::mint::{Authority, Key};
    use crate::wire::digest::Digest;

    #[test]
    fn r23_r1_a_request_is_answered_once() {
        for (statement, expected) in [("statement", "R1"), ("another", "")] {
            let events = vec![closed("p", statement, 1), intent("p", vec![order(1, "11")])];
            assert_eq!(World::default().history(&entries(events)).codes(KubeletServer, "w1", |_| {}), expected);
        }
    }

    /// The log in which `certificate` was issued to a cluster, and perhaps replaced later.
    fn issued(certificate: &Certificate, issuer: Digest, cluster: &str, tbs: Digest, replaced: bool) -> Vec<Entry> {
        let spki = Some(certificate.public_key().spki_sha256());
        let serial = certificate.serial().to_string();
        let first = OrderIntent { issuer, spki, tbs, ..order(1, &serial) };
        let mut events = vec![closed_for(cluster, "p", "s", 1), intent("p", vec![first]), signed_over("p", 1, tbs)];
        if replaced {
            let replaces = Some(Replaced { issuer, serial });
            let next = OrderIntent { replaces, ..order(1, "22") };
            let tbs = next.tbs;
            events.extend([closed_for(cluster, "q", "t", 2), intent("q", vec![next]), signed_over("q", 1, tbs)]);
        }
        entries(events)
    }

    #[test]
    fn r12_r1_what_is_replaced_was_issued_to_this_cluster_and_has_no_successor() {
        let world = World::default();
        let old = world.issue(&world.wish(KubeletServer, "w1").make());
        let issuer = world.root_of(Domain::Kubernetes).key.public();
        let own = old.tbs_sha256();
        assert_eq!(world.codes(KubeletServer, "w1", |wish| wish.replaces(&old, &issuer)), "R1", "never announced");
        for (cluster, tbs, replaced, expected) in [
            (UID, own, false, ""),
            ("b7a7a5b2-7f0c-4a57-9a3c-0d5f5a6a7c11", own, false, "R1"),
            (UID, digest("other bytes"), false, "R1"),
            (UID, own, true, "R1"),
        ] {
            let world = World::default().history(&issued(&old, issuer.spki_sha256(), cluster, tbs, replaced));
            assert_eq!(
                world.codes(KubeletServer, "w1", |wish| wish.replaces(&old, &issuer)),
                expected,
                "{cluster} {replaced}"
            );
        }
    }

    #[test]
    fn r40_r1_what_an_enrolled_root_signed_was_adopted() {
        let before = Before::new();
        let codes = |world: &World, change: &dyn Fn(&mut Wish)| {
            world.codes(KubeletServer, "w1", |wish| {
                before.replaced_by(wish);
                change(wish);
            })
        };
        let world = before.enrolled(World::default());
        assert_eq!(codes(&World::default(), &|_| {}), "R1");
        assert_eq!(codes(&world, &|_| {}), "");
        // The paper of another root, or of a root that did not sign it.
        let other = Authority::root("kubernetes", Key::ec(Curve::P256));
        assert_eq!(codes(&world, &|wish| wish.replaces(&before.certificate, &other.key.public())), "R1");
        let forged = World { adopted: vec![other.certificate.clone()], ..World::default() };
        assert_eq!(codes(&forged, &|wish| wish.replaces(&before.certificate, &other.key.public())), "R1");
        // What the manifest says must be what lies in the bundle.
        assert_eq!(codes(&world, &|wish| wish.replaced = None), "R1");
        let replaces = |change: fn(&mut Replaces)| codes(&world, &|wish| change(wish.asked.replaces.as_mut().unwrap()));
        assert_eq!(replaces(|replaces| replaces.not_after = replaces.not_after.plus(1)), "R1");
        assert_eq!(replaces(|replaces| replaces.serial = "01".parse().unwrap()), "R1");
    }

    #[test]
    fn r1_an_identity_replaces_its_own_certificate_once() {
        let before = Before::new();
        let world = before.enrolled(World::default());
        let other = world.codes(Role::KubeletServer, "cp1", |wish| before.replaced_by(wish));
        assert_eq!(other, "R1");
        let made = || {
            let mut wish = world.wish(KubeletServer, "w1");
            before.replaced_by(&mut wish);
            wish.make()
        };
        assert_eq!(world.codes_of(&[made()]), "");
        assert_eq!(world.codes_of(&numbered(vec![made(), made()])), "R1");
    }
}
