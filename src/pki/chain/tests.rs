use super::*;
use crate::pki::certificate::TbsFields;
use crate::pki::exact::{element, tag};
use crate::pki::extension::{Extension, oid};
use crate::pki::key::Curve;
use crate::pki::mint::{Authority, Key, basic_constraints, drop, key_usage, now, put};
use crate::pki::serial::Serial;

fn key() -> Key {
    Key::ec(Curve::P256)
}

fn root() -> Authority {
    Authority::root("root", key())
}

fn validity(from: i64, to: i64) -> Validity {
    Validity::new(now().plus(from), now().plus(to)).unwrap()
}

/// Whether `root` issued a leaf with this change.
fn leaf(root: &Authority, change: impl FnOnce(&mut TbsFields)) -> Result<(), ChainError> {
    issued(&root.certificate, &root.leaf(&key(), change))
}

#[test]
fn leaves_and_cas_chain_to_their_root() {
    let root = root();
    let below = root.subordinate("below", key(), |fields| put(fields, basic_constraints(true, Some(0))));
    let leaf = below.leaf(&key(), |_| {});
    verify(&[&leaf, &below.certificate, &root.certificate], now()).unwrap();
    verify(&[&below.certificate, &root.certificate], now()).unwrap();
    verify(&[&root.certificate], now()).unwrap();
    verify(&[&root.certificate, &root.certificate], now()).unwrap();
    assert_eq!(verify(&[], now()), Err(ChainError::Empty));
}

#[test]
fn names_chain_by_der() {
    let (root, other) = (root(), Authority::root("roof", key()));
    let certificate = root.leaf(&key(), |_| {});
    assert!(matches!(issued(&other.certificate, &certificate), Err(ChainError::IssuerName { .. })));
    let same_text = |fields: &mut TbsFields| {
        let mut der = fields.issuer.der().to_vec();
        *der.iter_mut().find(|byte| **byte == 0x13).unwrap() = 0x0c;
        fields.issuer = Name::from_der(&der).unwrap();
    };
    assert!(matches!(leaf(&root, same_text), Err(ChainError::IssuerName { .. })));
}

#[test]
fn key_identifiers_match() {
    let root = root();
    let refused = |change: fn(&mut TbsFields)| matches!(leaf(&root, change), Err(ChainError::KeyId(_)));
    assert!(refused(|fields| put(fields, Extension::authority_key_id(&[7; 20]))));
    assert!(refused(|fields| drop(fields, oid::AUTHORITY_KEY_ID)));
    let by_serial = |root: &Authority, serial: &Serial| {
        let key_id = element(0x80, &[root.certificate.extensions().subject_key_id().unwrap()]);
        let issuer = element(0xa1, &[&element(0xa4, &[root.certificate.issuer().der()])]);
        let value = element(tag::SEQUENCE, &[&key_id, &issuer, &element(0x82, &[serial.octets()])]);
        leaf(root, |fields| put(fields, Extension::new(oid::AUTHORITY_KEY_ID, false, value)))
    };
    assert_eq!(by_serial(&root, root.certificate.serial()), Ok(()));
    assert!(matches!(by_serial(&root, &Serial::from_octets(&[1]).unwrap()), Err(ChainError::KeyId(_))));
    let without = Authority::root_with("root", key(), |fields| {
        drop(fields, oid::SUBJECT_KEY_ID);
        drop(fields, oid::AUTHORITY_KEY_ID);
    });
    assert_eq!(leaf(&without, |fields| drop(fields, oid::AUTHORITY_KEY_ID)), Ok(()));
    let twin = Authority::root("root", key());
    assert!(matches!(issued(&twin.certificate, &root.leaf(&key(), |_| {})), Err(ChainError::KeyId(_))));
}

#[test]
fn only_cas_that_may_sign_issue() {
    let no_ca = Authority::root_with("root", key(), |fields| put(fields, basic_constraints(false, None)));
    assert!(matches!(leaf(&no_ca, |_| {}), Err(ChainError::NotCa(_))));
    let no_constraints = Authority::root_with("root", key(), |fields| drop(fields, oid::BASIC_CONSTRAINTS));
    assert!(matches!(leaf(&no_constraints, |_| {}), Err(ChainError::NotCa(_))));
    let no_usage = Authority::root_with("root", key(), |fields| put(fields, key_usage(KeyUsage::CRL_SIGN)));
    assert!(matches!(leaf(&no_usage, |_| {}), Err(ChainError::KeyCertSign(_))));
}

#[test]
fn nothing_outlives_its_issuer() {
    let root = Authority::root_with("root", key(), |fields| fields.validity = validity(-10, 10));
    assert_eq!(leaf(&root, |fields| fields.validity = validity(-10, 10)), Ok(()));
    for (from, to) in [(-11, 10), (-10, 11)] {
        let outlives = leaf(&root, |fields| fields.validity = validity(from, to));
        assert!(matches!(outlives, Err(ChainError::Outlives { .. })));
    }
}

#[test]
fn every_certificate_counts_at_its_time_the_anchor_too() {
    let root = Authority::root_with("root", key(), |fields| fields.validity = validity(-20, 20));
    let certificate = root.leaf(&key(), |fields| fields.validity = validity(-10, 10));
    let chain = [&certificate, &root.certificate];
    for second in [-10, 0, 10] {
        verify(&chain, now().plus(second)).unwrap();
    }
    for second in [-11, 11] {
        assert!(matches!(verify(&chain, now().plus(second)), Err(ChainError::Time { .. })), "{second}");
    }
    let anchor = [&root.certificate];
    assert!(verify(&anchor, now().plus(20)).is_ok());
    assert!(matches!(verify(&anchor, now().plus(21)), Err(ChainError::Time { .. })));
}

#[test]
fn path_lengths_hold_of_the_anchor_too() {
    let root = Authority::root_with("root", key(), |fields| put(fields, basic_constraints(true, Some(1))));
    let first = root.subordinate("first", key(), |_| {});
    let second = first.subordinate("second", key(), |_| {});
    let leaf = second.leaf(&key(), |_| {});
    verify(&[&first.leaf(&key(), |_| {}), &first.certificate, &root.certificate], now()).unwrap();
    let too_long = verify(&[&leaf, &second.certificate, &first.certificate, &root.certificate], now());
    assert!(matches!(too_long, Err(ChainError::PathLength { allowed: 1, found: 2, .. })));
    let as_target = verify(&[&second.certificate, &first.certificate, &root.certificate], now());
    assert!(matches!(as_target, Err(ChainError::PathLength { allowed: 1, found: 2, .. })));

    let none = Authority::root_with("root", key(), |fields| put(fields, basic_constraints(true, Some(0))));
    let below = none.subordinate("below", key(), |_| {});
    assert!(matches!(issued(&none.certificate, &below.certificate), Err(ChainError::PathLength { .. })));
    assert!(issued(&none.certificate, &none.leaf(&key(), |_| {})).is_ok());
    // A CA that keeps its name under a new key does not count.
    let renewed = none.subordinate("root", key(), |_| {});
    assert!(issued(&none.certificate, &renewed.certificate).is_ok());
}

#[test]
fn unknown_critical_extensions_are_refused() {
    let root = root();
    let private = der::asn1::ObjectIdentifier::new_unwrap("1.2.3.4");
    for (critical, refused) in [(true, true), (false, false)] {
        let leaf = root.leaf(&key(), |fields| put(fields, Extension::new(private, critical, vec![5, 0])));
        let unknown = matches!(verify(&[&leaf, &root.certificate], now()), Err(ChainError::UnknownCritical(_)));
        assert_eq!(unknown, refused);
    }
}

#[test]
fn signatures_are_of_the_issuers_key() {
    let root = root();
    let impostor = Authority { key: key(), certificate: root.certificate.clone() };
    let forged = impostor.leaf(&key(), |fields| fields.algorithm = root.key.algorithm());
    assert!(matches!(issued(&root.certificate, &forged), Err(ChainError::Signature { .. })));
    assert_eq!(may_issue(&root.certificate, forged.tbs()), Ok(()));
}

/// A new root, and its cross-certificate from an old one with a change.
fn crossed(change: impl FnOnce(&mut TbsFields)) -> Result<(), CrossError> {
    let old = Authority::root_with("old", key(), |fields| fields.validity = validity(-1_000, 1_000));
    let new = Authority::root_with("new", key(), |fields| {
        fields.validity = validity(-100, 2_000);
        put(fields, basic_constraints(true, Some(1)));
        put(fields, Extension::new(oid::NAME_CONSTRAINTS, true, vec![0x30, 0]));
    });
    let cross = old.subordinate("new", key(), |fields| {
        fields.public_key = new.certificate.public_key().clone();
        fields.validity = validity(-100, 1_000);
        for extension in new.certificate.extensions().all().iter().filter(|x| x.oid != oid::AUTHORITY_KEY_ID) {
            put(fields, extension.clone());
        }
        change(fields);
    });
    issued(&old.certificate, &cross.certificate).unwrap();
    cross_certifies(&cross.certificate, &new.certificate)
}

#[test]
fn a_cross_certificate_gives_the_same_or_less() {
    assert_eq!(crossed(|_| {}), Ok(()));
    assert_eq!(crossed(|fields| put(fields, basic_constraints(true, Some(0)))), Ok(()));
    assert_eq!(crossed(|fields| put(fields, key_usage(KeyUsage::KEY_CERT_SIGN))), Ok(()));
    // A CA that changes its key may keep its name.
    assert_eq!(crossed(|fields| fields.subject = Name::from_pairs(&[("CN", "new")]).unwrap()), Ok(()));
}

#[test]
fn a_cross_certificate_never_gives_more() {
    let other_key = |fields: &mut TbsFields| fields.public_key = key().public();
    let other_key_id = |fields: &mut TbsFields| put(fields, Extension::subject_key_id(&[7; 20]));
    let no_constraints = |fields: &mut TbsFields| drop(fields, oid::NAME_CONSTRAINTS);
    let more_usage = KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN).and(KeyUsage::DIGITAL_SIGNATURE);
    assert_eq!(crossed(|fields| fields.subject = Name::from_pairs(&[("CN", "n")]).unwrap()), Err(CrossError::Subject));
    assert_eq!(crossed(other_key), Err(CrossError::Key));
    assert_eq!(crossed(other_key_id), Err(CrossError::Key));
    assert_eq!(crossed(|fields| put(fields, basic_constraints(false, None))), Err(CrossError::NotCa));
    assert_eq!(crossed(|fields| put(fields, basic_constraints(true, Some(2)))), Err(CrossError::PathLength));
    assert_eq!(crossed(|fields| put(fields, basic_constraints(true, None))), Err(CrossError::PathLength));
    assert_eq!(crossed(|fields| put(fields, key_usage(more_usage))), Err(CrossError::Usages));
    assert_eq!(crossed(|fields| drop(fields, oid::KEY_USAGE)), Err(CrossError::Usages));
    assert_eq!(crossed(no_constraints), Err(CrossError::NameConstraints));
    assert_eq!(crossed(|fields| fields.validity = validity(-101, 1_000)), Err(CrossError::Validity));
    let new = root();
    assert_eq!(cross_certifies(&new.certificate, &new.certificate), Err(CrossError::SelfSigned));
}
