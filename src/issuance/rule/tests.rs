//! Each rule sees its breach and lets the good twin pass; a good request breaches none.

use std::rc::Rc;

use aws_lc_rs::rsa::KeySize;
use der::asn1::ObjectIdentifier;

use crate::audit::detail::OrderIntent;
use crate::audit::entry::Entry;
use crate::cluster::record::Node;
use crate::cluster::role::{Domain, Role};
use crate::issuance::authority::{Authorities, Authority, RootStatus};
use crate::issuance::policy::DAY;
use crate::issuance::specimen::history::{UID, closed, closed_for, digest, entries, intent, order, signed_over};
use crate::issuance::specimen::{Made, Wish, World, dns, ip, numbered, root};
use crate::pki::certificate::Certificate;
use crate::pki::csr::Csr;
use crate::pki::extension::{BasicConstraints, ExtendedKeyUsage, Extension, KeyUsage, oid};
use crate::pki::key::Curve;
use crate::pki::mint::{Authority as Minted, Key};
use crate::pki::name::Name;
use crate::pki::san::AltName;
use crate::wire::digest::Digest;

const ROLE: Role = Role::KubeletServer;

fn usage(usage: KeyUsage) -> Extension {
    Extension::new(oid::KEY_USAGE, true, usage.to_der())
}

fn extended(usages: &[ObjectIdentifier]) -> Extension {
    Extension::new(oid::EXTENDED_KEY_USAGE, false, ExtendedKeyUsage::new(usages).unwrap().to_der())
}

fn constraints(ca: bool, path_len: Option<u8>) -> Extension {
    Extension::new(oid::BASIC_CONSTRAINTS, true, BasicConstraints { ca, path_len }.to_der())
}

fn with(extension: Extension) -> impl FnOnce(&mut Wish) {
    |wish| wish.extensions.push(extension)
}

fn with_key(key: Key) -> impl FnOnce(&mut Wish) {
    |wish| wish.key = Some(Rc::new(key))
}

fn with_subject(pairs: &[(&str, &str)]) -> impl FnOnce(&mut Wish) {
    let subject = Name::from_pairs(pairs).unwrap();
    |wish| wish.subject = subject
}

/// A request of the fixtures, asked for kubelet-server on w1.
fn fixture(name: &str) -> Made {
    let path = format!("{}/fixtures/csr/{name}.csr", env!("CARGO_MANIFEST_DIR"));
    let csr = Csr::parse_foreign(&std::fs::read_to_string(path).unwrap()).unwrap();
    Made { csr, ..World::default().wish(ROLE, "w1").make() }
}

#[test]
fn a_good_request_of_every_role_breaches_no_rule() {
    let world = World::default().policy("mode = \"leaves\"", "mode = \"intermediates\"");
    for role in Role::ALL {
        let privileged = role.identity().privileged;
        assert_eq!(world.codes(*role, "cp1", |_| {}), if privileged { "P1" } else { "" }, "{role}");
    }
}

#[test]
fn every_violation_of_a_request_is_shown() {
    let world = World::default();
    let codes = world.codes(ROLE, "w1", |wish| {
        wish.subject = Name::from_pairs(&[("CN", "w\u{202e}1")]).unwrap();
        wish.names(&[dns("*.w1"), dns("other"), ip("10.66.0.21")]);
        wish.extensions.extend([constraints(true, None), usage(KeyUsage::KEY_CERT_SIGN)]);
        wish.extensions.push(Extension::new(ObjectIdentifier::new_unwrap("1.2.3"), false, vec![5, 0]));
        wish.asked.validity_s = 999 * DAY;
    });
    assert_eq!(codes, "N1 N2 S1 S2 S3 U1 T1 C1 E1");
}

#[test]
fn k1_keys_are_of_the_types_that_the_policy_allows() {
    let world = World::default().policy("[keys.profiles]", "[keys.profiles]\nkubelet-server = [\"P-256\"]");
    for (key, codes) in [
        (Key::ec(Curve::P256), ""),
        (Key::ec(Curve::P384), "K1"),
        (Key::ed25519(), "K1"),
        (Key::rsa(KeySize::Rsa2048), "K1"),
    ] {
        assert_eq!(world.codes(ROLE, "w1", with_key(key)), codes);
    }
    assert_eq!(World::default().codes(ROLE, "w1", with_key(Key::rsa(KeySize::Rsa2048))), "");
}

#[test]
fn k1_small_rsa_exponents_are_weak() {
    assert_eq!(World::default().codes_of(&[fixture("key-rsae3-sha256")]), "K1 S1");
    assert_eq!(World::default().codes_of(&[fixture("key-rsa2048-sha256")]), "S1");
}

#[test]
fn r13_k2_keys_in_use_are_never_certified() {
    let mut world = World::default();
    let made = [world.wish(ROLE, "w1").make()];
    assert_eq!(world.codes_of(&made), "");
    world.keys_in_use.insert(made[0].csr.public_key().spki_sha256());
    assert_eq!(world.codes_of(&made), "K2");
}

#[test]
fn r13_k2_a_key_twice_in_a_bundle_is_refused() {
    let world = World::default();
    let made = || [world.wish(ROLE, "w1").make(), world.wish(Role::KubeletClient, "w1").make()];
    assert_eq!(world.codes_of(&numbered(made().into())), "");
    let [mut first, second] = made();
    first.csr = World::default().wish(ROLE, "w1").make().csr;
    let same = Made { csr: first.csr.clone(), ..second };
    assert_eq!(world.codes_of(&numbered(vec![first, same])), "K2");
}

/// What a cluster had before it was enrolled: a CA, and the serving certificate of w1 with its key.
struct Before {
    ca: Minted,
    key: Rc<Key>,
    certificate: Certificate,
}

impl Before {
    fn new() -> Self {
        let (ca, key) = (Minted::root("kubernetes", Key::ec(Curve::P256)), Key::ec(Curve::P256));
        let certificate = ca.leaf(&key, |fields| fields.subject = ROLE.subject("w1").unwrap());
        Self { ca, key: Rc::new(key), certificate }
    }

    /// The world in which the CA was enrolled with its cluster.
    fn enrolled(&self, world: World) -> World {
        World { adopted: vec![self.ca.certificate.clone()], ..world }
    }

    fn replaced_by(&self, wish: &mut Wish) {
        wish.replaces(&self.certificate, &self.ca.key.public());
    }
}

#[test]
fn r13_k2_a_key_is_certified_again_only_to_renew_its_certificate_where_the_policy_says_so() {
    let before = Before::new();
    let reuse = || World::default().policy("reuse = []", "reuse = [\"kubelet-server\"]");
    let renewal = |world: &World, with_its_key: bool| {
        let mut wish = world.wish(ROLE, "w1");
        before.replaced_by(&mut wish);
        wish.key = with_its_key.then(|| Rc::clone(&before.key));
        wish.make()
    };
    for (world, with_its_key, codes, denied) in [
        (World::default(), false, "", false),
        (World::default(), true, "K2", true),
        (reuse(), false, "", false),
        (reuse(), true, "K2", false),
    ] {
        let world = before.enrolled(world);
        let made = [renewal(&world, with_its_key)];
        let judged = world.judge(&made);
        assert_eq!(world.codes_of(&made), codes);
        assert_eq!(
            (judged.verdicts()[0].is_denied(), judged.verdicts()[0].needs_tick()),
            (denied, codes == "K2" && !denied)
        );
    }
    // A key that was certified for something else is not renewed, whatever the policy says.
    let world = reuse().history(&entries(vec![closed("p", "s", 1), intent("p", vec![order(1, "11")])]));
    let made = Made { replaced: None, asked: world.wish(ROLE, "w1").asked, ..renewal(&world, true) };
    let of_its_key = OrderIntent { spki: Some(made.csr.public_key().spki_sha256()), ..order(1, "11") };
    let world = reuse().history(&entries(vec![closed("p", "s", 1), intent("p", vec![of_its_key])]));
    assert!(world.judge(&[made]).verdicts()[0].is_denied());
}

#[test]
fn n1_the_subject_is_the_profiles_for_that_node() {
    let world = World::default();
    let nodes = ("O", "system:nodes");
    assert_eq!(world.codes(ROLE, "w1", with_subject(&[nodes, ("CN", "system:node:w1")])), "");
    for subject in [
        &[nodes, ("CN", "system:node:cp1")][..],
        &[nodes, ("O", "team-b"), ("CN", "system:node:w1")],
        &[("CN", "system:node:w1"), nodes],
        &[("CN", "system:node:w1")],
        &[],
    ] {
        assert_eq!(world.codes(ROLE, "w1", with_subject(subject)), "N1", "{subject:?}");
    }
    let full_rights = [nodes, ("O", "system:masters"), ("CN", "system:node:w1")];
    assert_eq!(world.codes(ROLE, "w1", with_subject(&full_rights)), "N1 P1");
    assert_eq!(world.codes(Role::KubeletClient, "w1", |wish| wish.asked.place.node = "w9".to_owned()), "N1");
    assert_eq!(world.codes(Role::Scheduler, "w1", |_| {}), "N1");
    // What older versions of kubeadm made is accepted, and ticked.
    let older = [("O", "system:masters"), ("CN", "kube-etcd-healthcheck-client")];
    assert_eq!(world.codes(Role::EtcdHealthcheckClient, "cp1", with_subject(&older)), "P1");
}

#[test]
fn n2_nothing_hides_in_a_subject() {
    for (name, codes) in [
        ("subject-bidi", "N1 N2 S1"),
        ("subject-control", "N1 N2 S1"),
        ("subject-t61", "N1 N2 S1"),
        ("subject-unknown-type", "N1 N2 S1"),
        ("subject-10000", "N1 N2 S1"),
        ("subject-utf8-ascii", "N1 S1"),
        ("subject-multi-valued", "N1 S1"),
    ] {
        assert_eq!(World::default().codes_of(&[fixture(name)]), codes, "{name}");
    }
}

#[test]
fn s1_s2_s3_names_are_those_of_the_record() {
    let world = World::default();
    let names = |names: &[AltName]| world.codes(ROLE, "w1", |wish| wish.names(names));
    let (own, address) = (dns("w1"), ip("10.66.0.21"));
    assert_eq!(names(&[own.clone(), address.clone()]), "");
    assert_eq!(names(std::slice::from_ref(&address)), "S1");
    assert_eq!(names(&[]), "S1");
    let uri = AltName::Other { tag: 6, der: vec![0x86, 1, b'x'] };
    for (further, codes) in [
        (dns("*.w1"), "S2"),
        (uri, "S2"),
        (ip("10.66.0.11"), "S3"),
        (dns("kubernetes.default"), "S3"),
        (dns("W1"), "S3"),
    ] {
        assert_eq!(names(&[own.clone(), address.clone(), further.clone()]), codes, "{further}");
    }
    assert_eq!(world.codes(Role::KubeletClient, "w1", |wish| wish.names(&[dns("w1")])), "S3");
    let third = |wish: &mut Wish| wish.names(&[dns("w1"), ip("10.66.0.21"), dns("w1.rack")]);
    assert_eq!(world.codes(ROLE, "w1", third), "S3");
    let wider = World::default().record(|fields| fields.nodes[3].dns = vec!["w1.rack".to_owned()]);
    assert_eq!(wider.codes(ROLE, "w1", third), "");
}

#[test]
fn u1_no_usage_beyond_the_profile() {
    let world = World::default();
    let both = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_ENCIPHERMENT);
    for (extension, codes) in [
        (usage(KeyUsage::DIGITAL_SIGNATURE), ""),
        (usage(both), ""),
        (usage(both.and(KeyUsage::KEY_CERT_SIGN)), "U1"),
        (usage(both.and(KeyUsage::CRL_SIGN)), "U1"),
        (extended(&[oid::SERVER_AUTH]), ""),
        (extended(&[oid::CLIENT_AUTH]), "U1"),
        (extended(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]), "U1"),
        (extended(&[ObjectIdentifier::new_unwrap("2.5.29.37.0")]), "U1"),
    ] {
        assert_eq!(world.codes(ROLE, "w1", with(extension.clone())), codes, "{extension:?}");
    }
    assert_eq!(world.codes(Role::EtcdPeer, "cp1", with(extended(&[oid::CLIENT_AUTH]))), "");
}

#[test]
fn t1_validity_is_within_the_policy() {
    let world = World::default();
    let asks = |role, node, seconds| world.codes(role, node, |wish: &mut Wish| wish.asked.validity_s = seconds);
    for (seconds, codes) in [(3_599, "T1"), (3_600, ""), (398 * DAY, ""), (398 * DAY + 1, "T1"), (u64::MAX, "T1")] {
        assert_eq!(asks(ROLE, "w1", seconds), codes, "{seconds}");
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
        assert_eq!(world.codes(ROLE, "w1", |_| {}), codes, "{left}");
    }
    world.time = end.plus(-DAY.cast_signed());
    let made = [world.wish(ROLE, "w1").make()];
    assert_eq!(world.judge(&made).verdicts()[0].validity().unwrap().not_after(), end);
}

#[test]
fn c1_leaves_are_no_cas() {
    for (extension, codes) in [
        (constraints(false, None), ""),
        (constraints(true, None), "C1"),
        (constraints(true, Some(0)), "C1"),
        (Extension::new(oid::NAME_CONSTRAINTS, true, vec![0x30, 0]), "C1"),
    ] {
        assert_eq!(World::default().codes(ROLE, "w1", with(extension.clone())), codes, "{extension:?}");
    }
}

#[test]
fn c1_intermediates_are_for_clusters_whose_policy_wants_them() {
    let role = Role::IntermediateKubernetes;
    assert_eq!(World::default().codes(role, "cp1", |_| {}), "C1 P1");
    let named = || World::default().policy("# clusters = { edge-3", "clusters = { prod-1");
    assert_eq!(named().codes(role, "cp1", |_| {}), "P1");
    for (extension, codes) in [
        (constraints(true, None), "P1"),
        (constraints(true, Some(0)), "P1"),
        (constraints(true, Some(1)), "C1 P1"),
        (constraints(false, None), "C1 P1"),
        (usage(KeyUsage::KEY_CERT_SIGN), "P1"),
        (usage(KeyUsage::DIGITAL_SIGNATURE), "U1 P1"),
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
    assert_eq!(world.codes(ROLE, "w1", |_| {}), "C1");
    assert_eq!(world.codes(Role::EtcdPeer, "cp1", |_| {}), "");

    let tbs = root(Domain::Kubernetes, "2027-1").certificate.tbs().clone();
    for (status, codes) in [(RootStatus::Next, ""), (RootStatus::Retiring, "C1"), (RootStatus::Current, "")] {
        let authority = Authority { domain: Domain::Kubernetes, status, tbs: tbs.clone() };
        let audience = vec![authority.spki_sha256()];
        let world = World { authorities: Authorities::new(vec![authority]), audience, ..World::default() };
        assert_eq!(world.codes(ROLE, "w1", |_| {}), codes, "{status:?}");
    }
}

#[test]
fn e1_no_other_extension_is_asked_for() {
    let key = Rc::new(Key::ec(Curve::P256));
    for (id, expected) in [(key.public().key_identifier(), ""), ([7; 20], "E1")] {
        let codes = World::default().codes(ROLE, "w1", |wish| {
            wish.key = Some(Rc::clone(&key));
            wish.extensions.push(Extension::subject_key_id(&id));
        });
        assert_eq!(codes, expected);
    }
    let private = Extension::new(ObjectIdentifier::new_unwrap("1.2.3.4"), false, vec![5, 0]);
    assert_eq!(World::default().codes(ROLE, "w1", with(private)), "E1");
    assert_eq!(World::default().codes(ROLE, "w1", with(Extension::authority_key_id(&[7; 20]))), "E1");
}

#[test]
fn r23_r1_a_request_is_answered_once() {
    for (statement, expected) in [("statement", "R1"), ("another", "")] {
        let events = vec![closed("p", statement, 1), intent("p", vec![order(1, "11")])];
        assert_eq!(World::default().history(&entries(events)).codes(ROLE, "w1", |_| {}), expected);
    }
}

/// The log in which `certificate` was issued to a cluster, and perhaps replaced later.
fn issued(certificate: &Certificate, issuer: Digest, cluster: &str, tbs: Digest, replaced: bool) -> Vec<Entry> {
    let spki = Some(certificate.public_key().spki_sha256());
    let serial = certificate.serial().to_string();
    let first = OrderIntent { issuer, spki, tbs, ..order(1, &serial) };
    let mut events = vec![closed_for(cluster, "p", "s", 1), intent("p", vec![first]), signed_over("p", 1, tbs)];
    if replaced {
        let replaces = Some(crate::audit::detail::Replaced { issuer, serial });
        let next = OrderIntent { replaces, ..order(1, "22") };
        let tbs = next.tbs;
        events.extend([closed_for(cluster, "q", "t", 2), intent("q", vec![next]), signed_over("q", 1, tbs)]);
    }
    entries(events)
}

#[test]
fn r12_r1_what_is_replaced_was_issued_to_this_cluster_and_has_no_successor() {
    let world = World::default();
    let old = world.issue(&world.wish(ROLE, "w1").make());
    let issuer = world.root_of(Domain::Kubernetes).key.public();
    let own = old.tbs_sha256();
    assert_eq!(world.codes(ROLE, "w1", |wish| wish.replaces(&old, &issuer)), "R1", "never announced");
    for (cluster, tbs, replaced, expected) in [
        (UID, own, false, ""),
        ("b7a7a5b2-7f0c-4a57-9a3c-0d5f5a6a7c11", own, false, "R1"),
        (UID, digest("other bytes"), false, "R1"),
        (UID, own, true, "R1"),
    ] {
        let world = World::default().history(&issued(&old, issuer.spki_sha256(), cluster, tbs, replaced));
        assert_eq!(world.codes(ROLE, "w1", |wish| wish.replaces(&old, &issuer)), expected, "{cluster} {replaced}");
    }
}

#[test]
fn r40_r1_what_an_enrolled_root_signed_was_adopted() {
    let before = Before::new();
    let codes = |world: &World, change: &dyn Fn(&mut Wish)| {
        world.codes(ROLE, "w1", |wish| {
            before.replaced_by(wish);
            change(wish);
        })
    };
    let world = before.enrolled(World::default());
    assert_eq!(codes(&World::default(), &|_| {}), "R1");
    assert_eq!(codes(&world, &|_| {}), "");
    // The paper of another root, or of a root that did not sign it.
    let other = Minted::root("kubernetes", Key::ec(Curve::P256));
    assert_eq!(codes(&world, &|wish| wish.replaces(&before.certificate, &other.key.public())), "R1");
    let forged = World { adopted: vec![other.certificate.clone()], ..World::default() };
    assert_eq!(codes(&forged, &|wish| wish.replaces(&before.certificate, &other.key.public())), "R1");
    // What the manifest says must be what lies in the bundle.
    assert_eq!(codes(&world, &|wish| wish.replaced = None), "R1");
    let replaces = |change: fn(&mut crate::exchange::csr_bundle::manifest::Replaces)| {
        codes(&world, &|wish| change(wish.asked.replaces.as_mut().unwrap()))
    };
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
        let mut wish = world.wish(ROLE, "w1");
        before.replaced_by(&mut wish);
        wish.make()
    };
    assert_eq!(world.codes_of(&[made()]), "");
    assert_eq!(world.codes_of(&numbered(vec![made(), made()])), "R1");
}

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

#[test]
fn an_officer_denies_what_the_rules_allow() {
    let world = World::default();
    let made = numbered(vec![world.wish(ROLE, "w1").make(), world.wish(Role::Scheduler, "cp1").make()]);
    let mut judged = world.judge(&made);
    let (first, second) = (made[0].asked.id, made[1].asked.id);
    assert!(judged.deny(first, super::violation::Code::S3));
    assert!(!judged.deny(crate::exchange::csr_bundle::number::Number::new(9, 9).unwrap(), super::violation::Code::S3));
    let denied: Vec<_> = judged.verdicts().iter().map(|verdict| verdict.is_denied()).collect();
    assert_eq!(denied, [true, false]);
    assert_eq!(judged.verdicts()[0].denied_for(), [super::violation::Code::S3]);
    assert_eq!(judged.verdicts()[1].number(), second);
}

#[test]
fn the_order_of_verdicts_is_that_of_the_requests_on_every_core() {
    let world = World::default();
    let wish = |i: usize| if i.is_multiple_of(2) { (ROLE, "w1") } else { (Role::Scheduler, "w1") };
    let made = numbered((0..200).map(wish).map(|(role, node)| world.wish(role, node).make()).collect());
    let judged = world.judge(&made);
    for (i, verdict) in judged.verdicts().iter().enumerate() {
        assert_eq!(verdict.number().value() as usize, i + 1);
        assert_eq!(verdict.is_denied(), !i.is_multiple_of(2));
    }
}
