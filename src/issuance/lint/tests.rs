//! Every lint sees its wound; what the templates write has none.

use std::collections::BTreeSet;

use aws_lc_rs::rsa::KeySize;
use der::asn1::ObjectIdentifier;

use super::*;
use crate::cluster::role::{Domain, Role};
use crate::exchange::roots::RootStatus;
use crate::issuance::profile::constraints;
use crate::issuance::specimen::{Root, World, dns, ip, now, root, serial};
use crate::issuance::template;
use crate::pki::certificate::TbsFields;
use crate::pki::crl::{CrlFields, RevocationReason, Revoked};
use crate::pki::extension::{BasicConstraints, Extension, Extensions, KeyUsage, NameConstraints, oid};
use crate::pki::key::{Curve, SignatureAlgorithm};
use crate::pki::mint::{Key, basic_constraints, drop, extended_key_usage, key_usage, put};
use crate::pki::name::Name;
use crate::pki::san::{AltName, SubjectAltNames};
use crate::pki::serial::Serial;
use crate::pki::validity::Validity;

/// A TBS that the templates wrote, with what it is expected to be.
struct Case {
    world: World,
    profile: Profile,
    issuer: Authority,
    certified: Option<TbsCertificate>,
    tbs: TbsCertificate,
}

fn authority(domain: Domain, root: &Root) -> Authority {
    Authority { domain, status: RootStatus::Current, tbs: root.certificate.tbs().clone() }
}

impl Case {
    fn leaf(role: Role, node: &str, key: Key) -> Self {
        let world = World::default();
        let mut wish = world.wish(role, node);
        wish.key = Some(key.into());
        let csr = wish.make().csr;
        let issuer = authority(role.domain(), world.root_of(role.domain()));
        let validity = template::validity(now(), 30 * DAY, &issuer.tbs).unwrap();
        let constraints = constraints::of(role.domain(), &world.record).filter(|_| role.identity().is_ca);
        let tbs = template::of_request(&csr, role, constraints.as_ref(), &issuer, validity, serial()).unwrap();
        Self { world, profile: Profile::Role(role), issuer, certified: None, tbs }
    }

    fn kubelet() -> Self {
        Self::leaf(Role::KubeletServer, "w1", Key::ec(Curve::P256))
    }

    fn intermediate() -> Self {
        Self::leaf(Role::IntermediateKubernetes, "cp1", Key::ec(Curve::P256))
    }

    fn root() -> Self {
        let made = root(Domain::Etcd, "2027-1");
        let issuer = authority(Domain::Etcd, &made);
        let tbs = issuer.tbs.clone();
        Self { world: World::default(), profile: Profile::Root(Domain::Etcd), issuer, certified: None, tbs }
    }

    fn cross() -> Self {
        let world = World::default();
        let next = root(Domain::Etcd, "2027-1").certificate.tbs().clone();
        let issuer = authority(Domain::Etcd, world.root_of(Domain::Etcd));
        let validity = template::cross_validity(now(), 1_095 * DAY, &next, &issuer.tbs).unwrap();
        let tbs = template::cross(&next, &issuer, validity, serial()).unwrap();
        Self { world, profile: Profile::Cross(Domain::Etcd), issuer, certified: Some(next), tbs }
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            profile: self.profile,
            issuer: &self.issuer,
            certified: self.certified.as_ref(),
            record: Some(&self.world.record),
            policy: Some(&self.world.policy),
            privileged: true,
        }
    }

    /// What is wrong after a change of the fields.
    fn with(&self, change: impl FnOnce(&mut TbsFields)) -> Vec<&'static str> {
        let mut fields = self.tbs.fields().clone();
        change(&mut fields);
        certificate(&TbsCertificate::finalize(&fields).unwrap(), &self.expected()).ids().to_vec()
    }

    /// What is wrong after a change of the bytes, where nothing else reads them.
    fn with_bytes(&self, from: &[u8], to: &[u8]) -> Vec<&'static str> {
        let der = self.tbs.tbs_der();
        let at = der.windows(from.len()).position(|window| window == from).unwrap();
        let der = [&der[..at], to, &der[at + from.len()..]].concat();
        let Some(anatomy) = Anatomy::of(&der) else { return vec!["anatomy"] };
        let all = frame::LINTS.iter().chain(extensions::LINTS).chain(names::LINTS);
        all.filter(|lint| !(lint.holds)(&anatomy, &self.expected())).map(|lint| lint.id).collect()
    }
}

#[test]
fn what_the_templates_write_breaks_no_lint() {
    for role in Role::ALL {
        for key in [Key::ec(Curve::P384), Key::rsa(KeySize::Rsa2048), Key::ed25519()] {
            let case = Case::leaf(*role, "cp1", key);
            let expected = Expected { policy: None, ..case.expected() };
            assert!(certificate(&case.tbs, &expected).is_empty(), "{role}");
        }
    }
    for case in [Case::kubelet(), Case::root(), Case::cross()] {
        assert_eq!(case.with(|_| {}), [""; 0]);
    }
}

#[test]
fn what_stands_around_the_extensions() {
    let case = Case::kubelet();
    let serial_of = |octets: &[u8]| Serial::from_octets(octets).unwrap();
    let validity = |from, to| Validity::new(now().plus(from), now().plus(to)).unwrap();
    assert_eq!(case.with(|f| f.serial = serial_of(&[1; 19])), ["serial-20-octets-positive"]);
    assert_eq!(
        case.with(|f| f.serial = serial_of(&[&[0, 0x80][..], &[1; 18]].concat())),
        ["serial-20-octets-positive"]
    );
    assert_eq!(case.with(|f| f.algorithm = SignatureAlgorithm::EcdsaSha384), ["algorithm-is-the-issuers"]);
    let other = Name::from_pairs(&[("O", "prod-1"), ("CN", "kubernetes-ca-2026-2")]).unwrap();
    assert_eq!(case.with(|f| f.issuer = other), ["issuer-is-the-issuers-subject", "issuer-may-issue"]);
    assert_eq!(case.with(|f| f.validity = validity(0, 0)), ["validity-order"]);
    let day = DAY.cast_signed();
    assert_eq!(case.with(|f| f.validity = validity(-2 * day, 0)), ["validity-within-the-issuers", "issuer-may-issue"]);
    assert_eq!(
        case.with(|f| f.validity = validity(0, 9_999 * day)),
        ["validity-within-the-issuers", "validity-within-the-longest", "issuer-may-issue"]
    );
    assert_eq!(case.with(|f| f.validity = validity(0, 366 * day)), [""; 0]);
    assert_eq!(case.with(|f| f.validity = validity(0, 366 * day + 1)), ["validity-within-the-longest"]);
    let narrow = World::default().policy("\"P-256\", ", "");
    let without_p256 = Expected { policy: Some(&narrow.policy), ..case.expected() };
    assert_eq!(certificate(&case.tbs, &without_p256).ids(), ["key-type-is-allowed"]);
    let issuers_key = case.issuer.tbs.public_key().clone();
    assert_eq!(case.with(|f| f.public_key = issuers_key), ["key-is-not-the-issuers", "subject-key-id"]);
}

#[test]
fn encodings_that_no_type_of_ours_has() {
    let case = Case::kubelet();
    assert_eq!(case.with_bytes(&[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]), ["version-3"]);
    let utc = b"\x17\x0d261122025000Z";
    assert_eq!(case.with_bytes(utc, utc), [""; 0]);
    for (time, broken) in [
        (&b"\x17\x0d261122025060Z"[..], &["validity-encoding"][..]),
        (b"\x17\x0d261122025000z", &["validity-encoding"]),
        (b"\x17\x0d26112202500 Z", &["validity-encoding"]),
        (b"\x17\x0d991122025000Z", &["validity-within-the-issuers", "validity-within-the-longest"]),
        (b"\x17\x0d601122025000Z", &["validity-encoding"]),
    ] {
        let found = case.with_bytes(utc, time);
        assert!(broken.iter().all(|id| found.contains(id)), "{}: {found:?}", String::from_utf8_lossy(time));
    }
    // BOOLEAN TRUE written as 1, and FALSE written out.
    let critical = b"\x06\x03\x55\x1d\x0f\x01\x01\xff";
    assert_eq!(case.with_bytes(critical, b"\x06\x03\x55\x1d\x0f\x01\x01\x01"), ["criticality"]);
    assert_eq!(case.with_bytes(critical, b"\x06\x03\x55\x1d\x0f\x01\x01\x00"), ["criticality"]);
    // A part of another tag in the place of the version, and a longer length.
    assert_eq!(case.with_bytes(&[0xa0, 3, 2, 1, 2], &[0xa1, 3, 2, 1, 2]), ["anatomy"]);
    assert_eq!(case.with_bytes(critical, b"\x06\x03\x55\x1d\x0f\x04\x01\xff"), ["anatomy"]);
}

#[test]
fn extensions_are_exactly_the_profiles() {
    let case = Case::kubelet();
    let swapped = |fields: &mut TbsFields| {
        let mut list = fields.extensions.all().to_vec();
        list.swap(0, 1);
        fields.extensions = Extensions::new(list).unwrap();
    };
    assert_eq!(case.with(swapped), ["extensions-are-the-profiles"]);
    let private = Extension::new(ObjectIdentifier::new_unwrap("1.2.3.4"), false, vec![5, 0]);
    assert_eq!(case.with(|f| put(f, private)), ["extensions-are-the-profiles"]);
    let digital = KeyUsage::DIGITAL_SIGNATURE;
    let lax = Extension::new(oid::KEY_USAGE, false, digital.to_der());
    assert_eq!(case.with(|f| put(f, lax)), ["criticality"]);
    let strict = |fields: &mut TbsFields| {
        let value = fields.extensions.find(oid::SUBJECT_ALT_NAME).unwrap().value.clone();
        put(fields, Extension::new(oid::SUBJECT_ALT_NAME, true, value));
    };
    assert_eq!(case.with(strict), ["criticality"]);
    assert_eq!(case.with(|f| put(f, key_usage(digital.and(KeyUsage::KEY_ENCIPHERMENT)))), ["key-usage"]);
    assert_eq!(case.with(|f| put(f, key_usage(KeyUsage::KEY_CERT_SIGN))), ["key-usage"]);
    assert_eq!(case.with(|f| put(f, extended_key_usage(&[oid::CLIENT_AUTH]))), ["extended-key-usage"]);
    let both = extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]);
    assert_eq!(case.with(|f| put(f, both)), ["extended-key-usage"]);
    assert_eq!(case.with(|f| put(f, basic_constraints(true, None))), ["basic-constraints"]);
    assert_eq!(case.with(|f| put(f, Extension::subject_key_id(&[7; 20]))), ["subject-key-id"]);
    let foreign = Extension::authority_key_id(&[7; 20]);
    assert_eq!(case.with(|f| put(f, foreign)), ["authority-key-id", "issuer-may-issue"]);
    let missing = case.with(|f| drop(f, oid::SUBJECT_KEY_ID));
    assert_eq!(missing, ["extensions-are-the-profiles", "subject-key-id"]);
    let rsa = Case::leaf(Role::KubeletServer, "w1", Key::rsa(KeySize::Rsa2048));
    assert_eq!(rsa.with(|f| put(f, key_usage(digital))), ["key-usage"]);
}

fn named(names: &[AltName]) -> impl FnOnce(&mut TbsFields) {
    let value = SubjectAltNames::from_names(names).unwrap().der().to_vec();
    |fields| put(fields, Extension::new(oid::SUBJECT_ALT_NAME, false, value))
}

#[test]
fn whom_a_certificate_names() {
    let case = Case::kubelet();
    let subject = |pairs: &[(&str, &str)]| case.with(|f| f.subject = Name::from_pairs(pairs).unwrap());
    let nodes = ("O", "system:nodes");
    assert_eq!(subject(&[nodes, ("CN", "system:node:w1")]), [""; 0]);
    assert_eq!(subject(&[nodes, ("CN", "system:node:w9")]), ["subject-is-the-profiles", "alt-names-are-the-records"]);
    assert_eq!(subject(&[nodes, ("CN", "system:node:cp1")]), ["alt-names-are-the-records"]);
    for other in [&[("CN", "kubernetes-admin")][..], &[nodes, ("O", "system:masters"), ("CN", "system:node:w1")], &[]] {
        assert_eq!(subject(other), ["subject-is-the-profiles", "alt-names-are-the-records"], "{other:?}");
    }
    let (own, address) = (dns("w1"), ip("10.66.0.21"));
    for further in [dns("*.w1"), dns("w1"), dns("W1"), AltName::Other { tag: 6, der: vec![0x86, 1, b'x'] }] {
        let found = case.with(named(&[own.clone(), address.clone(), further.clone()]));
        assert!(found.contains(&"alt-names-are-plain"), "{further}");
    }
    assert_eq!(case.with(named(&[own.clone(), address, ip("10.66.0.11")])), ["alt-names-are-the-records"]);
    assert_eq!(case.with(named(&[own])), ["alt-names-are-the-records"]);

    let server = Case::leaf(Role::Apiserver, "cp1", Key::ec(Curve::P256));
    let names = server.tbs.subject_alt_names().unwrap().names().to_vec();
    let without_node = names.iter().filter(|name| **name != dns("cp1")).cloned().collect::<Vec<_>>();
    assert_eq!(server.with(named(&names)), [""; 0]);
    assert_eq!(server.with(named(&without_node)), ["alt-names-are-the-records"]);
    assert_eq!(server.with(named(&[names, vec![ip("10.0.0.99")]].concat())), ["alt-names-are-the-records"]);
}

#[test]
fn an_intermediate_is_constrained() {
    let case = Case::intermediate();
    let wider = NameConstraints::default().to_extension();
    assert_eq!(case.with(|f| put(f, wider)), ["name-constraints-are-the-records"]);
    let none = case.with(|f| drop(f, oid::NAME_CONSTRAINTS));
    assert_eq!(none, ["extensions-are-the-profiles", "name-constraints-are-the-records"]);
    let deeper =
        Extension::new(oid::BASIC_CONSTRAINTS, true, BasicConstraints { ca: true, path_len: Some(1) }.to_der());
    assert_eq!(case.with(|f| put(f, deeper)), ["basic-constraints"]);
    let leaf = Case::kubelet();
    let on_a_leaf = leaf.with(|f| put(f, NameConstraints::default().to_extension()));
    assert_eq!(on_a_leaf, ["extensions-are-the-profiles", "name-constraints-are-the-records"]);
}

#[test]
fn roots_issue_themselves_and_cross_certificates_give_no_more() {
    let case = Case::root();
    let other = Name::from_pairs(&[("O", "prod-1"), ("CN", "etcd-ca-other")]).unwrap();
    assert_eq!(case.with(|f| f.subject = other.clone()), ["root-is-self-issued"]);
    let of_another_domain = Name::from_pairs(&[("O", "prod-1"), ("CN", "kubernetes-ca-1")]).unwrap();
    let found = case.with(|f| {
        f.subject = of_another_domain.clone();
        f.issuer = of_another_domain;
    });
    assert_eq!(found, ["issuer-is-the-issuers-subject", "subject-is-the-profiles", "issuer-may-issue"]);
    let fresh = Key::ec(Curve::P256).public();
    assert_eq!(case.with(|f| f.public_key = fresh), ["key-is-not-the-issuers", "subject-key-id"]);
    assert_eq!(case.with(|f| put(f, basic_constraints(true, Some(3)))), ["basic-constraints"]);

    let case = Case::cross();
    assert_eq!(case.with(|f| f.subject = other), ["cross-is-the-same-ca", "cross-gives-no-more"]);
    let found = case.with(|f| f.public_key = Key::ec(Curve::P256).public());
    assert_eq!(found, ["cross-is-the-same-ca", "subject-key-id", "cross-gives-no-more"]);
    let unknown = Expected { certified: None, ..case.expected() };
    assert_eq!(certificate(&case.tbs, &unknown).ids(), ["cross-is-the-same-ca"]);
}

#[test]
fn a_revocation_list_is_its_issuers() {
    let world = World::default();
    let issuer = authority(Domain::Etcd, world.root_of(Domain::Etcd));
    let fields =
        || CrlFields::of(&issuer.tbs, issuer.algorithm(), 7, now(), now().plus(90 * DAY.cast_signed())).unwrap();
    let with = |change: &dyn Fn(&mut CrlFields)| {
        let mut fields = fields();
        change(&mut fields);
        crl(&TbsCrl::finalize(&fields).unwrap(), &issuer, Some(&world.policy)).ids().to_vec()
    };
    let revoked = |at: i64| Revoked { serial: serial(), time: now().plus(at), reason: RevocationReason::Superseded };
    assert_eq!(with(&|_| {}), [""; 0]);
    assert_eq!(with(&|f| f.revoked = vec![revoked(0)]), [""; 0]);
    for (change, id) in [
        (
            &(|f: &mut CrlFields| f.algorithm = SignatureAlgorithm::RsaSha256) as &dyn Fn(&mut CrlFields),
            "crl-algorithm-is-the-issuers",
        ),
        (&|f| f.issuer = Name::from_pairs(&[("CN", "x")]).unwrap(), "crl-issuer-is-the-issuers-subject"),
        (&|f| f.issuer_key_id = vec![7; 20], "crl-authority-key-id"),
        (&|f| f.next_update = f.next_update.plus(1), "crl-within-the-longest"),
        (&|f| f.this_update = f.this_update.plus(-9 * DAY.cast_signed()), "crl-within-the-issuers"),
        (&|f| f.revoked = vec![revoked(1)], "crl-revokes-nothing-in-the-future"),
        (&|f| f.number = 0, "crl-number"),
    ] {
        assert!(with(change).contains(&id), "{id}");
    }
    let leaf = Authority { tbs: Case::kubelet().tbs, ..issuer.clone() };
    assert!(crl(&TbsCrl::finalize(&fields()).unwrap(), &leaf, None).ids().contains(&"crl-issuer-may-sign-lists"));
}

/// No lint is forgotten above: each id occurs in this file as one that was seen to break.
#[test]
fn every_lint_has_a_wound() {
    let all = frame::LINTS.iter().chain(extensions::LINTS).chain(names::LINTS).map(|lint| lint.id);
    let text = include_str!("tests.rs");
    let ids: Vec<_> = all.chain(["anatomy", "issuer-may-issue", "cross-gives-no-more"]).collect();
    let unseen: Vec<_> = ids.iter().filter(|id| !text.contains(&format!("\"{id}\""))).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
