use super::*;
use crate::pki::certificate::TbsFields;
use crate::pki::key::Curve;
use crate::pki::mint::{Authority, Key, drop, key_usage, now, openssl, put};

fn root() -> Authority {
    Authority::root("root", Key::ec(Curve::P256))
}

fn serial(last: u8) -> Serial {
    Serial::from_octets(&[1, last]).unwrap()
}

fn revoked(last: u8, reason: RevocationReason) -> Revoked {
    Revoked { serial: serial(last), time: now(), reason }
}

fn list(root: &Authority) -> CrlFields {
    let next = now().plus(86_400);
    CrlFields::of(&root.certificate, root.key.algorithm(), 20_250_101_000_000, now(), next).unwrap()
}

fn sign(root: &Authority, fields: &CrlFields) -> Crl {
    let tbs = TbsCrl::finalize(fields).unwrap();
    let signature = root.key.sign(tbs.tbs_der());
    tbs.assemble(&signature)
}

#[test]
fn a_list_reads_back_and_verifies() {
    let root = root();
    let mut fields = list(&root);
    fields.revoked.push(revoked(1, RevocationReason::Unspecified));
    fields.revoked.extend(RevocationReason::WRITTEN.into_iter().zip(2..).map(|(reason, last)| revoked(last, reason)));
    let crl = sign(&root, &fields);
    assert_eq!(crl.tbs().fields(), &fields);
    assert_eq!(crl.find(&serial(2)).unwrap().reason, RevocationReason::KeyCompromise);
    assert_eq!(crl.find(&serial(99)), None);
    assert_eq!(Crl::parse_der(crl.der()).unwrap().tbs().fields(), &fields);
    assert_eq!(Crl::parse_pem(crl.to_pem().as_bytes()).unwrap().der(), crl.der());
    crl.verify_issued_by(&root.certificate).unwrap();
}

#[test]
fn an_empty_list_has_no_entries_element() {
    let root = root();
    let crl = sign(&root, &list(&root));
    crl.verify_issued_by(&root.certificate).unwrap();
    assert!(crl.tbs().fields().revoked.is_empty());
    let entries = [0x30, 0].as_slice();
    let with_empty_element = {
        let der = crl.tbs().tbs_der();
        let extensions = der.iter().rposition(|byte| *byte == 0xa0).unwrap();
        element(tag::SEQUENCE, &[&der[2..extensions], entries, &der[extensions..]])
    };
    assert_eq!(TbsCrl::from_der(&with_empty_element).unwrap_err(), CrlError::Encoding);
}

#[test]
fn the_authority_of_a_list_is_its_issuer() {
    let root = root();
    let below = root.subordinate("below", Key::ec(Curve::P256), |_| {});
    let crl = sign(&below, &list(&below));
    assert_eq!(Some(crl.tbs().fields().issuer_key_id.as_slice()), below.certificate.extensions().subject_key_id());
    crl.verify_issued_by(&below.certificate).unwrap();
    assert!(matches!(crl.verify_issued_by(&root.certificate), Err(CrlError::Issuer { .. })));
    let other_name = |fields: &mut TbsFields| {
        fields.public_key = below.certificate.public_key().clone();
        put(fields, Extension::subject_key_id(&fields.public_key.key_identifier()));
    };
    let other_name = root.subordinate("beneath", Key::ec(Curve::P256), other_name);
    assert!(matches!(crl.verify_issued_by(&other_name.certificate), Err(CrlError::Issuer { .. })));
    let twin = root.subordinate("below", Key::ec(Curve::P256), |_| {});
    assert!(matches!(crl.verify_issued_by(&twin.certificate), Err(CrlError::Issuer { .. })));
}

#[test]
fn only_cas_that_may_sign_lists_sign_them() {
    let may_not = |change: fn(&mut TbsFields)| {
        let root = Authority::root_with("root", Key::ec(Curve::P256), change);
        CrlFields::of(&root.certificate, root.key.algorithm(), 1, now(), now().plus(1)) == Err(CrlError::IssuerUsage)
    };
    assert!(may_not(|fields| put(fields, key_usage(KeyUsage::KEY_CERT_SIGN))));
    assert!(may_not(|fields| drop(fields, oid::SUBJECT_KEY_ID)));
    assert!(may_not(|fields| drop(fields, oid::BASIC_CONSTRAINTS)));
    assert!(!may_not(|_| {}));
}

#[test]
fn a_forged_list_does_not_verify() {
    let root = root();
    let crl = TbsCrl::finalize(&list(&root)).unwrap().assemble(&Key::ec(Curve::P256).sign(b""));
    assert_eq!(crl.verify_issued_by(&root.certificate), Err(CrlError::Key(KeyError::Signature)));
    let other = TbsCrl::finalize(&list(&root)).unwrap();
    let two = signed::join(other.tbs_der(), SignatureAlgorithm::Ed25519, &[0; 64]);
    assert_eq!(Crl::parse_der(&two).unwrap_err(), CrlError::TwoAlgorithms);
}

#[test]
fn times_serials_and_sizes_are_sound() {
    let root = root();
    let mut fields = list(&root);
    fields.next_update = fields.this_update;
    assert!(matches!(TbsCrl::finalize(&fields), Err(CrlError::Times { .. })));
    let mut fields = list(&root);
    fields.revoked = vec![revoked(1, RevocationReason::Superseded), revoked(1, RevocationReason::KeyCompromise)];
    assert_eq!(TbsCrl::finalize(&fields).unwrap_err(), CrlError::Twice(serial(1)));
    assert_eq!(Crl::parse_der(&vec![0; MAX_DER + 1]).unwrap_err(), CrlError::Size(MAX_DER + 1));
}

/// Replaces `from` by `to`, of the same length, in the bytes of a list with one entry.
fn wounded(from: &[u8], to: &[u8]) -> CrlError {
    let root = root();
    let mut fields = list(&root);
    fields.revoked.push(revoked(1, RevocationReason::KeyCompromise));
    let mut der = TbsCrl::finalize(&fields).unwrap().tbs_der().to_vec();
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    TbsCrl::from_der(&der).unwrap_err()
}

#[test]
fn what_is_not_of_our_making_is_refused() {
    for code in [0, 6, 8, 10] {
        assert_eq!(wounded(&[0x0a, 1, 1], &[0x0a, 1, code]), CrlError::Reason(serial(1)));
    }
    assert_eq!(wounded(&[0x0a, 1, 1], &[0x0a, 1, 7]), CrlError::Reason(serial(1)));
    assert_eq!(wounded(&[0x55, 0x1d, 0x14], &[0x55, 0x1d, 0x1b]), CrlError::Extensions);
    assert_eq!(wounded(&[2, 1, 1, 0x30], &[2, 1, 0, 0x30]), CrlError::Encoding);
    assert_eq!(wounded(&[2, 2, 1, 1, 0x17], &[2, 2, 0x81, 1, 0x17]), CrlError::Serial(crate::pki::serial::SerialError));
}

#[test]
fn openssl_finds_the_revoked_by_our_list() {
    let root = root();
    let below = root.subordinate("below", Key::ec(Curve::P256), |_| {});
    let (bad, good) = (below.leaf(&Key::ec(Curve::P256), |_| {}), below.leaf(&Key::ec(Curve::P256), |_| {}));
    let mut fields = list(&below);
    fields.revoked =
        vec![Revoked { serial: bad.serial().clone(), time: now(), reason: RevocationReason::KeyCompromise }];
    let crl = sign(&below, &fields);
    let at = now().plus(1).unix().to_string();
    let check = |leaf: &Certificate| {
        let files = [root.certificate.to_pem(), below.certificate.to_pem(), crl.to_pem(), leaf.to_pem()];
        let arguments = ["verify", "-x509_strict", "-crl_check", "-attime", &at];
        let files_of = ["-CAfile", "{0}", "-untrusted", "{1}", "-CRLfile", "{2}", "{3}"];
        openssl(&[&arguments[..], &files_of].concat(), &files)
    };
    let (verified, said) = check(&good);
    assert!(verified, "{said}");
    let (verified, said) = check(&bad);
    assert!(!verified && said.contains("error 23"), "{said}");
}

/// A list whose parts after the issuer are given: times, entries, extensions.
fn list_of(times: &[&[u8]], entries: &[u8], extensions: &[Extension]) -> Result<TbsCrl, CrlError> {
    let extensions: Vec<_> = extensions.iter().map(Extension::to_der).collect();
    let extensions = element(tag::SEQUENCE, &extensions.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let name = Name::from_pairs(&[("CN", "root")]).unwrap();
    let head = [&[2, 1, 1], SignatureAlgorithm::EcdsaSha256.der(), name.der()];
    let tail = [entries, &element(0xa0, &[&extensions])];
    TbsCrl::from_der(&element(tag::SEQUENCE, &[&head[..], times, &tail].concat()))
}

#[test]
fn every_part_has_its_one_form() {
    let times: [&[u8]; 2] = [b"\x17\x0d250101000000Z", b"\x17\x0d260101000000Z"];
    let (key_id, number) =
        (Extension::authority_key_id(&[7; 20]), Extension::new(oid::CRL_NUMBER, false, vec![2, 1, 9]));
    let good = [key_id.clone(), number.clone()];
    assert_eq!(list_of(&times, &[], &good).unwrap().fields().number, 9);

    let early_generalized: [&[u8]; 2] = [times[0], b"\x18\x0f20260101000000Z"];
    assert_eq!(list_of(&early_generalized, &[], &good).unwrap_err(), CrlError::Encoding);
    assert_eq!(list_of(&times[..1], &[], &good).unwrap_err(), CrlError::Encoding);

    let refused = |extensions: &[Extension]| list_of(&times, &[], extensions).unwrap_err() == CrlError::Extensions;
    let private = Extension::new(der::asn1::ObjectIdentifier::new_unwrap("1.2.3.4"), false, vec![5, 0]);
    let by_serial = element(tag::SEQUENCE, &[&element(0x80, &[&[7; 20]]), &element(0x82, &[&[1]])]);
    let by_serial = Extension::new(oid::AUTHORITY_KEY_ID, false, by_serial);
    let critical = |extension: &Extension| Extension { critical: true, ..extension.clone() };
    assert!(refused(&[key_id.clone(), number.clone(), private]));
    assert!(refused(&[critical(&key_id), number.clone()]));
    assert!(refused(&[key_id.clone(), critical(&number)]));
    assert!(refused(&[by_serial, number.clone()]));
    assert!(refused(&[number.clone(), key_id.clone()]));
    assert!(refused(std::slice::from_ref(&key_id)) && refused(&[number]));

    let entry = |critical| {
        let reason = Extension::new(oid::CRL_REASON, critical, vec![0x0a, 1, 1]).to_der();
        let entry = element(tag::SEQUENCE, &[&serial(1).to_der(), times[0], &element(tag::SEQUENCE, &[&reason])]);
        list_of(&times, &element(tag::SEQUENCE, &[&entry]), &good)
    };
    assert_eq!(entry(false).unwrap().fields().revoked.len(), 1);
    assert_eq!(entry(true).unwrap_err(), CrlError::Reason(serial(1)));
}
