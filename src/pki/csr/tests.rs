use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use super::*;
use crate::pki::extension::{Extension, oid};
use crate::pki::key::Curve;
use crate::pki::san::AltName;

struct Holder(EcdsaKeyPair);

impl Holder {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn public_key(&self) -> PublicKey {
        PublicKey::from_ec_point(Curve::P256, self.0.public_key().as_ref()).unwrap()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    fn info(&self) -> RequestInfo {
        let subject = Name::from_pairs(&[("O", "system:nodes"), ("CN", "system:node:w1")]).unwrap();
        let san = SubjectAltNames::from_names(&[AltName::Dns("w1".to_owned())]).unwrap();
        let san = Extension::new(oid::SUBJECT_ALT_NAME, false, san.der().to_vec());
        RequestInfo::new(&subject, &self.public_key(), &Extensions::new(vec![san]).unwrap())
    }

    fn csr(&self) -> Csr {
        let info = self.info();
        info.assemble(SignatureAlgorithm::EcdsaSha256, &self.sign(info.der())).unwrap()
    }
}

#[test]
fn what_is_asked_is_what_was_written() {
    let holder = Holder::new();
    let csr = holder.csr();
    assert_eq!(csr.subject().safe(), "O=system:nodes, CN=system:node:w1");
    assert_eq!(csr.subject_alt_names().unwrap().to_string(), "DNS:w1");
    assert_eq!(csr.public_key(), &holder.public_key());
    assert_eq!(csr.requested().all().len(), 1);
    assert_eq!(Csr::parse_der(csr.der()), Ok(csr.clone()));
    assert_eq!(Csr::parse_pem(csr.to_pem().as_bytes()), Ok(csr));
}

#[test]
fn possession_is_proven_by_the_requested_key_over_these_bytes() {
    let (holder, other) = (Holder::new(), Holder::new());
    let info = holder.info();
    let algorithm = SignatureAlgorithm::EcdsaSha256;
    assert_eq!(info.assemble(algorithm, &other.sign(info.der())), Err(CsrError::Possession));
    assert_eq!(info.assemble(algorithm, &holder.sign(other.info().der())), Err(CsrError::Possession));
    assert_eq!(info.assemble(algorithm, &[]), Err(CsrError::Possession));
    assert_eq!(info.assemble(SignatureAlgorithm::EcdsaSha384, &holder.sign(info.der())), Err(CsrError::Possession));
    let mismatch = info.assemble(SignatureAlgorithm::Ed25519, &holder.sign(info.der()));
    assert!(matches!(mismatch, Err(CsrError::Key(KeyError::AlgorithmMismatch { .. }))));
}

#[test]
fn a_proof_of_the_past_is_for_the_same_bytes_only() {
    let holder = Holder::new();
    let csr = holder.csr();
    let proof = ProvenBefore::the_log_says_this_request_was_verified(csr.sha256());
    assert_eq!(Csr::assume_proven(csr.der(), proof), Ok(csr.clone()));
    assert_eq!(Csr::assume_proven(holder.csr().der(), proof), Err(CsrError::NotProven));
    let mut trailing = csr.der().to_vec();
    trailing.push(0);
    let proof = ProvenBefore::the_log_says_this_request_was_verified(Digest::of(&trailing));
    assert_eq!(Csr::assume_proven(&trailing, proof), Err(CsrError::Encoding));
}

#[test]
fn a_foreign_file_holds_one_request_and_nothing_else() {
    let csr = Holder::new().csr();
    let pem = csr.to_pem();
    let old_label = pem.replace("CERTIFICATE REQUEST", NEW_CERTIFICATE_REQUEST);
    for text in [pem.clone(), format!("Certificate Request:\n  Data:\n{pem}\n\n"), old_label, pem.replace('\n', "\r\n")]
    {
        assert_eq!(Csr::parse_foreign(&text), Ok(csr.clone()), "{text}");
    }
    assert_eq!(Csr::parse_foreign(""), Err(CsrError::Count(0)));
    assert_eq!(Csr::parse_foreign(&format!("{pem}{pem}")), Err(CsrError::Count(2)));
    let with_key = format!("{}{pem}", pem::encode("PRIVATE KEY", b"k"));
    assert_eq!(Csr::parse_foreign(&with_key), Err(CsrError::Label("PRIVATE KEY".to_owned())));
    assert_eq!(Csr::parse_foreign(&pem.replace("-----END", "-----FIN")), Err(CsrError::Pem(PemError::Malformed)));
}

#[test]
fn size_is_bounded_before_anything_is_decoded() {
    assert_eq!(Csr::parse_der(&vec![0x30; MAX_DER + 1]), Err(CsrError::Size(MAX_DER + 1)));
    assert_eq!(Csr::parse_der(&vec![0x30; MAX_DER]), Err(CsrError::Encoding));
    assert_eq!(Csr::parse_pem(&vec![b'A'; MAX_TEXT + 1]), Err(CsrError::Size(MAX_TEXT + 1)));
    assert_eq!(Csr::parse_foreign(&"A".repeat(MAX_TEXT + 1)), Err(CsrError::Size(MAX_TEXT + 1)));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_refused(der in proptest::collection::vec(0_u8.., 0..128)) {
        proptest::prop_assert!(Csr::parse_der(&der).is_err());
    }
}
