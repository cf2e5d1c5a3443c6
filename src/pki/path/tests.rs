mod differential;

use aws_lc_rs::rsa::KeySize;

use super::*;
use crate::pki::certificate::TbsFields;
use crate::pki::exact::{element, tag};
use crate::pki::extension::{Extension, oid};
use crate::pki::key::Curve;
use crate::pki::mint::{Authority, Key, basic_constraints, drop, extended_key_usage, now, put};
use crate::pki::san::{AltName, SubjectAltNames};
use crate::pki::validity::Validity;

fn key() -> Key {
    Key::ec(Curve::P256)
}

fn root() -> Authority {
    Authority::root("root", key())
}

fn check(leaf: &Certificate, cas: &[&Authority], anchor: &Authority, leaf_use: LeafUse) -> Result<(), PathError> {
    let cas: Vec<_> = cas.iter().map(|ca| ca.certificate.clone()).collect();
    verify(leaf, &cas, std::slice::from_ref(&anchor.certificate), now(), leaf_use)
}

#[test]
fn every_kind_of_key_leads_to_its_root() {
    let keys = [
        Key::ec(Curve::P384),
        Key::ec(Curve::P521),
        Key::rsa(KeySize::Rsa3072),
        Key::rsa(KeySize::Rsa4096),
        Key::ed25519(),
    ];
    for key in keys {
        let name = key.public().key_type().to_string();
        let root = Authority::root("root", key);
        let below = root.subordinate("below", Key::ec(Curve::P521), |_| {});
        for leaf_key in [Key::ec(Curve::P256), Key::ec(Curve::P521), Key::rsa(KeySize::Rsa2048)] {
            let leaf = below.leaf(&leaf_key, |_| {});
            assert_eq!(check(&leaf, &[&below], &root, LeafUse::Both), Ok(()), "{name}");
        }
    }
}

#[test]
fn a_leaf_must_name_its_use() {
    let root = root();
    let server = root.leaf(&key(), |fields| put(fields, extended_key_usage(&[oid::SERVER_AUTH])));
    let client = root.leaf(&key(), |fields| put(fields, extended_key_usage(&[oid::CLIENT_AUTH])));
    let silent = root.leaf(&key(), |fields| drop(fields, oid::EXTENDED_KEY_USAGE));
    let good = |leaf, leaf_use| check(leaf, &[], &root, leaf_use) == Ok(());
    let wrong = |leaf, leaf_use| matches!(check(leaf, &[], &root, leaf_use), Err(PathError::Use(_)));
    assert!(good(&server, LeafUse::Server) && wrong(&server, LeafUse::Client) && wrong(&server, LeafUse::Both));
    assert!(good(&client, LeafUse::Client) && wrong(&client, LeafUse::Server) && wrong(&client, LeafUse::Both));
    assert!(wrong(&silent, LeafUse::Server) && wrong(&silent, LeafUse::Client));
    let limited = root.subordinate("below", key(), |fields| put(fields, extended_key_usage(&[oid::SERVER_AUTH])));
    let leaf = limited.leaf(&key(), |_| {});
    assert_eq!(check(&leaf, &[&limited], &root, LeafUse::Server), Ok(()));
    assert!(matches!(check(&leaf, &[&limited], &root, LeafUse::Both), Err(PathError::Use(_))));
}

fn names(fields: &mut TbsFields, names: &[AltName]) {
    let value = SubjectAltNames::from_names(names).unwrap().der().to_vec();
    put(fields, Extension::new(oid::SUBJECT_ALT_NAME, false, value));
}

#[test]
fn name_constraints_of_cas_hold() {
    let root = root();
    let permitted = element(0xa0, &[&element(tag::SEQUENCE, &[&element(0x82, &[b"cluster.local"])])]);
    let constraints = Extension::new(oid::NAME_CONSTRAINTS, true, element(tag::SEQUENCE, &[&permitted]));
    let below = root.subordinate("below", key(), |fields| put(fields, constraints));
    let leaf = |dns: &str| below.leaf(&key(), |fields| names(fields, &[AltName::Dns(dns.to_owned())]));
    assert_eq!(check(&leaf("api.cluster.local"), &[&below], &root, LeafUse::Server), Ok(()));
    let outside = check(&leaf("api.example.com"), &[&below], &root, LeafUse::Server);
    assert!(matches!(outside, Err(PathError::NameConstraints(_))));
}

#[test]
fn strangers_cas_and_missing_cas_lead_nowhere() {
    let (root, twin) = (root(), root());
    let below = root.subordinate("below", key(), |_| {});
    let leaf = below.leaf(&key(), |_| {});
    let unknown = |result| matches!(result, Err(PathError::UnknownIssuer(_)));
    assert_eq!(check(&leaf, &[&below], &root, LeafUse::Both), Ok(()));
    assert!(unknown(check(&leaf, &[], &root, LeafUse::Both)));
    assert!(matches!(check(&leaf, &[&below], &twin, LeafUse::Both), Err(PathError::Signature(_))));
    let ca = check(&below.certificate, &[], &root, LeafUse::Both);
    assert!(matches!(ca, Err(PathError::LeafIsCa(_))));
}

#[test]
fn what_the_library_lets_pass_is_refused() {
    let short = |fields: &mut TbsFields| fields.validity = Validity::new(now().plus(-100), now().plus(-10)).unwrap();
    let expired = Authority::root_with("root", key(), short);
    let leaf = expired.leaf(&key(), |_| {});
    assert!(matches!(check(&leaf, &[], &expired, LeafUse::Both), Err(PathError::Chain(ChainError::Time { .. }))));

    let flat = Authority::root_with("root", key(), |fields| put(fields, basic_constraints(true, Some(0))));
    let below = flat.subordinate("below", key(), |_| {});
    let deep = check(&below.leaf(&key(), |_| {}), &[&below], &flat, LeafUse::Both);
    assert!(matches!(deep, Err(PathError::Chain(ChainError::PathLength { .. }))));
}

#[test]
fn of_several_anchors_one_good_one_is_enough() {
    let old = root();
    let expired = |fields: &mut TbsFields| fields.validity = Validity::new(now().plus(-100), now().plus(-10)).unwrap();
    let leaf = old.leaf(&key(), |_| {});
    // The same name and key in an expired certificate: to the library they are one anchor.
    let mut fields = old.certificate.fields().clone();
    expired(&mut fields);
    let stale = old.key.certify(&fields);
    let anchors = |list: &[&Certificate]| list.iter().map(|x| (*x).clone()).collect::<Vec<_>>();
    for list in [[&stale, &old.certificate], [&old.certificate, &stale]] {
        assert_eq!(verify(&leaf, &[], &anchors(&list), now(), LeafUse::Both), Ok(()));
    }
    let stale_only = verify(&leaf, &[], &anchors(&[&stale]), now(), LeafUse::Both);
    assert!(matches!(stale_only, Err(PathError::Chain(ChainError::Time { .. }))));
}

#[test]
fn a_cross_certificate_carries_a_leaf_to_the_other_root() {
    let (old, new) = (Authority::root("old", key()), Authority::root("new", key()));
    let cross = old.subordinate("new", key(), |fields| {
        fields.public_key = new.certificate.public_key().clone();
        put(fields, Extension::subject_key_id(&fields.public_key.key_identifier()));
    });
    let leaf = new.leaf(&key(), |_| {});
    assert_eq!(check(&leaf, &[&cross], &old, LeafUse::Both), Ok(()));
    assert_eq!(check(&leaf, &[&cross], &new, LeafUse::Both), Ok(()));
}

#[test]
fn a_leaf_is_good_at_its_time() {
    let root = root();
    let leaf = root.leaf(&key(), |_| {});
    let anchors = [root.certificate.clone()];
    let at = |time| verify(&leaf, &[], &anchors, time, LeafUse::Both);
    let validity = leaf.validity();
    assert_eq!(at(validity.not_before()), Ok(()));
    assert_eq!(at(validity.not_after()), Ok(()));
    for time in [validity.not_before().plus(-1), validity.not_after().plus(1)] {
        assert!(matches!(at(time), Err(PathError::Chain(ChainError::Time { .. }))), "{time}");
    }
}
