use der::asn1::ObjectIdentifier;

use super::*;
use crate::pki::exact::{element, tag};

const PRIVATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.3.4");

fn one(oid: ObjectIdentifier, value: &[u8]) -> Result<Extensions, ExtensionError> {
    Extensions::new(vec![Extension::new(oid, true, value.to_vec())])
}

#[test]
fn every_key_usage_is_written_without_trailing_zeros() {
    for bits in 1_u16..512 {
        let [first, second] = bits.reverse_bits().to_be_bytes();
        let content = if second == 0 { vec![first] } else { vec![first, second] };
        let unused = content.last().unwrap().trailing_zeros() as u8;
        let der = [&[3, content.len() as u8 + 1, unused][..], &content].concat();
        let usage = one(oid::KEY_USAGE, &der).unwrap().key_usage().unwrap();
        assert_eq!(usage.to_der(), der);
    }
    let usage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_ENCIPHERMENT);
    assert_eq!(usage.to_der(), [3, 2, 5, 0xa0]);
    assert_eq!(usage.to_string(), "digitalSignature, keyEncipherment");
    assert!(usage.contains(KeyUsage::DIGITAL_SIGNATURE) && !usage.contains(KeyUsage::KEY_CERT_SIGN));
}

#[test]
fn what_is_written_is_read_back() {
    for (ca, path_len) in [(false, None), (true, None), (true, Some(0)), (true, Some(255))] {
        let constraints = BasicConstraints { ca, path_len };
        assert_eq!(one(oid::BASIC_CONSTRAINTS, &constraints.to_der()).unwrap().basic_constraints(), Some(constraints));
    }
    let usage = ExtendedKeyUsage::new(&[oid::SERVER_AUTH, oid::CLIENT_AUTH, PRIVATE]).unwrap();
    let read = one(oid::EXTENDED_KEY_USAGE, &usage.to_der()).unwrap();
    assert_eq!(read.extended_key_usage(), Some(&usage));
    assert_eq!(usage.to_string(), "serverAuth, clientAuth, 1.2.3.4");
    assert_eq!(ExtendedKeyUsage::new(&[]), None);
    let ids =
        Extensions::new(vec![Extension::subject_key_id(&[1; 20]), Extension::authority_key_id(&[2; 20])]).unwrap();
    assert_eq!(ids.subject_key_id(), Some(&[1; 20][..]));
    assert_eq!(ids.authority_key_id().unwrap().key_id.as_deref(), Some(&[2; 20][..]));
    assert_eq!(Extensions::from_der(&ids.to_der()), Ok(ids));
}

#[test]
fn an_authority_by_issuer_and_serial_stays_visible() {
    let issuer = element(0xa1, &[&element(0x82, &[b"ca"])]);
    let value = element(tag::SEQUENCE, &[&issuer, &element(0x82, &[&[0, 0xff]])]);
    let read = one(oid::AUTHORITY_KEY_ID, &value).unwrap();
    let authority = read.authority_key_id().unwrap();
    assert_eq!(authority.key_id, None);
    assert_eq!(authority.serial.as_ref().unwrap().to_string(), "00ff");
    assert_eq!(authority.issuer.as_deref(), Some(&element(tag::SEQUENCE, &[&element(0x82, &[b"ca"])])[..]));
}

#[test]
fn no_extension_stands_twice() {
    let twice = vec![Extension::new(PRIVATE, false, vec![5, 0]), Extension::new(PRIVATE, true, vec![5, 0])];
    assert_eq!(Extensions::new(twice), Err(ExtensionError::Duplicate(PRIVATE)));
}

#[test]
fn malformed_values_are_refused() {
    for (oid, value) in [
        (oid::KEY_USAGE, &[3, 2, 0, 0xa0][..]),
        (oid::KEY_USAGE, &[3, 1, 0]),
        (oid::KEY_USAGE, &[3, 3, 6, 0x80, 0x40]),
        (oid::BASIC_CONSTRAINTS, &[0x30, 3, 1, 1, 0]),
        (oid::BASIC_CONSTRAINTS, &[0x30, 3, 1, 1, 1]),
        (oid::BASIC_CONSTRAINTS, &[0x30, 7, 1, 1, 0xff, 2, 2, 1, 0]),
        (oid::BASIC_CONSTRAINTS, &[0x30, 0, 0]),
        (oid::EXTENDED_KEY_USAGE, &[0x30, 0]),
        (oid::EXTENDED_KEY_USAGE, &[0x30, 6, 6, 4, 0x2a, 0x80, 3, 4]),
        (oid::SUBJECT_KEY_ID, &[3, 2, 0, 1]),
        (oid::AUTHORITY_KEY_ID, &[4, 1, 1]),
        (oid::AUTHORITY_KEY_ID, &[0x30, 3, 0x82, 1, 0xff]),
    ] {
        assert_eq!(one(oid, value), Err(ExtensionError::Value(oid)), "{value:02x?}");
    }
    assert_eq!(Extensions::from_der(&[0x30, 0]), Err(ExtensionError::Encoding));
}

#[test]
fn critical_extensions_that_are_not_read_are_named() {
    assert_eq!(one(PRIVATE, &[5, 0]).unwrap().unknown_critical(), [PRIVATE]);
    assert_eq!(one(oid::BASIC_CONSTRAINTS, &[0x30, 0]).unwrap().unknown_critical(), []);
    let optional = Extensions::new(vec![Extension::new(PRIVATE, false, vec![5, 0])]).unwrap();
    assert_eq!(optional.unknown_critical(), []);
}
