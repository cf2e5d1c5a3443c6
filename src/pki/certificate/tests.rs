use std::process::Command;

use super::*;
use crate::pki::chain;
use crate::pki::extension::{Extension, oid};
use crate::pki::key::Curve;
use crate::pki::mint::{Authority, Key, basic_constraints, now, openssl, put};
use crate::pki::name::Oddity;
use crate::pki::san::AltName;
use crate::wire::time::Timestamp;

fn root() -> Authority {
    Authority::root("root", Key::ec(Curve::P256))
}

fn leaf_of(root: &Authority) -> Certificate {
    root.leaf(&Key::ec(Curve::P384), |fields| {
        fields.subject = Name::from_rdns(&[&[("O", "b"), ("O", "a")], &[("O", "a")], &[("CN", "根")]]).unwrap();
        let san = SubjectAltNames::from_names(&[AltName::Dns("w1".to_owned()), AltName::Ip([10, 0, 0, 1].into())]);
        put(fields, Extension::new(oid::SUBJECT_ALT_NAME, false, san.unwrap().der().to_vec()));
    })
}

#[test]
fn what_was_written_is_read_back() {
    let root = root();
    let leaf = leaf_of(&root);
    let read = Certificate::parse_der(leaf.der()).unwrap();
    assert_eq!(read, leaf);
    assert_eq!(read.tbs_der(), leaf.tbs_der());
    assert_eq!(read.subject().safe(), r"O=a+O=b, O=a, CN=\u{6839}");
    assert_eq!(read.subject().oddities(), [Oddity::NotAscii]);
    assert_eq!(read.subject_alt_names().unwrap().to_string(), "DNS:w1, IP:10.0.0.1");
    assert_eq!(read.serial(), leaf.serial());
    assert_eq!(read.validity(), leaf.validity());
    assert_eq!(read.public_key(), leaf.public_key());
    assert_eq!(TbsCertificate::finalize(read.fields()).unwrap().tbs_der(), leaf.tbs_der());
    assert!(!read.is_ca() && root.certificate.is_ca());
    read.verify_signed_by(root.certificate.public_key()).unwrap();
}

#[test]
fn a_signature_is_of_one_key_and_one_algorithm() {
    let (root, other) = (root(), root());
    let leaf = leaf_of(&root);
    let prepare = |ca: &Authority, algorithm| Verifier::new(ca.certificate.public_key(), algorithm).unwrap();
    assert_eq!(leaf.verify_with(&prepare(&root, SignatureAlgorithm::EcdsaSha256)), Ok(()));
    assert_eq!(leaf.verify_with(&prepare(&root, SignatureAlgorithm::EcdsaSha384)), Err(KeyError::Signature));
    assert_eq!(leaf.verify_with(&prepare(&other, SignatureAlgorithm::EcdsaSha256)), Err(KeyError::Signature));
    assert_eq!(leaf.verify_signed_by(other.certificate.public_key()), Err(KeyError::Signature));
    // Labelled SHA-384, signed with SHA-256: the label counts.
    let mislabelled = root.leaf(&Key::ec(Curve::P256), |fields| fields.algorithm = SignatureAlgorithm::EcdsaSha384);
    assert_eq!(mislabelled.verify_with(&prepare(&root, SignatureAlgorithm::EcdsaSha256)), Err(KeyError::Signature));
    let renamed = |fields: &mut TbsFields| fields.issuer = Name::from_pairs(&[("CN", "other")]).unwrap();
    let under_another_name = Authority::root_with("root", Key::ec(Curve::P256), renamed);
    under_another_name.certificate.verify_signed_by(under_another_name.certificate.public_key()).unwrap();
    assert!(!under_another_name.certificate.is_self_signed());
    assert!(root.certificate.is_self_signed());
    let twin = root.subordinate("root", Key::ec(Curve::P256), |_| {});
    assert!(twin.certificate.subject() == twin.certificate.issuer() && !twin.certificate.is_self_signed());
    assert!(!leaf.is_self_signed());
}

#[test]
fn no_flipped_bit_keeps_a_signature() {
    let root = root();
    let leaf = leaf_of(&root);
    let key = Verifier::new(root.certificate.public_key(), leaf.algorithm()).unwrap();
    for at in 0..leaf.der().len() * 8 {
        let mut der = leaf.der().to_vec();
        der[at / 8] ^= 1 << (at % 8);
        if let Ok(flipped) = Certificate::parse_der(&der) {
            assert_eq!(flipped.der(), der, "bit {at}");
            assert_eq!(flipped.verify_with(&key), Err(KeyError::Signature), "bit {at}");
        }
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let leaf = leaf_of(&root());
    let der = leaf.der();
    for length in 0..der.len() {
        assert!(Certificate::parse_der(&der[..length]).is_err(), "{length}");
    }
    assert_eq!(Certificate::parse_der(&[der, &[0]].concat()), Err(CertificateError::Encoding));
    assert_eq!(Certificate::parse_der(&vec![0; MAX_DER + 1]), Err(CertificateError::Size(MAX_DER + 1)));
    let two = signed::join(leaf.tbs_der(), SignatureAlgorithm::EcdsaSha384, leaf.signature());
    assert_eq!(Certificate::parse_der(&two), Err(CertificateError::TwoAlgorithms));
}

/// The TBS of a leaf with `change` made to the content after its header, under a new header.
fn rewritten(change: impl FnOnce(&mut Vec<u8>)) -> Result<TbsCertificate, CertificateError> {
    let leaf = root().leaf(&Key::ec(Curve::P256), |_| {});
    assert_eq!(leaf.tbs_der()[..2], [0x30, 0x82]);
    let mut content = leaf.tbs_der()[4..].to_vec();
    change(&mut content);
    TbsCertificate::from_der(&element(tag::SEQUENCE, &[&content]))
}

/// Where a SubjectPublicKeyInfo of P-256, 91 bytes, ends.
fn after_key(content: &[u8]) -> usize {
    content.windows(4).position(|window| window == [0x30, 0x59, 0x30, 0x13]).unwrap() + 91
}

#[test]
fn only_version_3_without_unique_ids_is_read() {
    assert!(rewritten(|_| {}).is_ok());
    let refused = |change: &dyn Fn(&mut Vec<u8>)| matches!(rewritten(change), Err(CertificateError::Encoding));
    assert!(refused(&|content| drop(content.drain(..5))));
    for version in [0, 1, 3] {
        assert!(refused(&|content| content[4] = version), "{version}");
    }
    assert!(refused(&|content| {
        content.truncate(after_key(content));
        content.extend([0xa3, 2, 0x30, 0]);
    }));
    assert!(rewritten(|content| content.truncate(after_key(content))).is_ok());
    assert!(refused(&|content| {
        let extensions = after_key(content);
        content.splice(extensions..extensions, [0x81, 2, 0, 7]);
    }));
}

#[test]
fn foreign_files_hold_one_certificate_or_several() {
    let root = root();
    let leaf = leaf_of(&root);
    let (leaf_pem, root_pem) = (leaf.to_pem(), root.certificate.to_pem());
    assert_eq!(Certificate::parse_pem(leaf_pem.as_bytes()), Ok(leaf.clone()));
    let noted = format!("subject=x\n{leaf_pem}{}", pem::encode("PRIVATE KEY", b"k"));
    assert_eq!(Certificate::parse_foreign(&noted), Ok(leaf.clone()));
    assert!(matches!(Certificate::parse_pem(noted.as_bytes()), Err(CertificateError::Pem(_))));
    let both = format!("{leaf_pem}{root_pem}");
    assert_eq!(Certificate::parse_foreign_all(&both), Ok(vec![leaf, root.certificate]));
    assert_eq!(Certificate::parse_foreign(&both), Err(CertificateError::Count(2)));
    assert_eq!(Certificate::parse_foreign(""), Err(CertificateError::Count(0)));
}

#[test]
fn openssl_verifies_our_chains_strictly() {
    let root = root();
    let below = root.subordinate("below", Key::ec(Curve::P384), |fields| put(fields, basic_constraints(true, Some(0))));
    let leaf = below.leaf(&Key::ed25519(), |_| {});
    chain::verify(&[&leaf, &below.certificate, &root.certificate], now()).unwrap();
    let at = now().unix().to_string();
    let files = [root.certificate.to_pem(), below.certificate.to_pem(), leaf.to_pem()];
    let verify = ["verify", "-x509_strict", "-attime", &at, "-CAfile", "{0}", "-untrusted", "{1}", "{2}"];
    let (verified, said) = openssl(&verify, &files);
    assert!(verified, "{said}");
}

#[test]
fn what_openssl_makes_is_read_and_written_again() {
    let made = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let common = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/O=a/O=b/CN=x_y"];
    let extensions =
        ["-addext", "subjectAltName=critical,DNS:w1,email:a@b,IP:::1", "-addext", "keyUsage=cRLSign,keyCertSign"];
    let text = made(&[&common[..], &extensions, &["-days", "9999", "-set_serial", "255"]].concat());
    let certificate = Certificate::parse_foreign(&text).unwrap();
    assert_eq!(certificate.subject().safe(), "O=a, O=b, CN=x_y");
    assert_eq!(certificate.serial().to_string(), "00ff");
    assert_eq!(certificate.subject_alt_names().unwrap().to_string(), "DNS:w1, email:8103614062, IP:::1");
    assert_eq!(certificate.extensions().key_usage().unwrap().to_string(), "keyCertSign, cRLSign");
    assert!(certificate.is_ca() && certificate.is_self_signed());
    let after_2049: Timestamp = "2050-01-01T00:00:00Z".parse().unwrap();
    assert!(certificate.validity().not_after() > after_2049);
    assert_eq!(TbsCertificate::finalize(certificate.fields()).unwrap().tbs_der(), certificate.tbs_der());
}
