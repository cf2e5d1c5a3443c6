//! A CA of throw-away Ed25519 keys, so that what it signs is the same in every run.

use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::pki::certificate::{Certificate, TbsCertificate, TbsFields};
use airlock::pki::crl::{Crl, CrlFields, TbsCrl};
use airlock::pki::extension::{BasicConstraints, Extension, Extensions, KeyUsage, oid};
use airlock::pki::key::{PublicKey, SignatureAlgorithm};
use airlock::pki::name::Name;
use airlock::pki::serial::Serial;
use airlock::pki::validity::Validity;

use crate::world::{key, time};

pub(crate) fn public(key: &SoftwareKey) -> PublicKey {
    PublicKey::from_ed25519(key.public_key().as_ed25519()).unwrap()
}

fn serial(number: u8) -> Serial {
    Serial::from_entropy([number; 20], [0; 20])
}

fn certify(signer: u8, fields: &TbsFields) -> Certificate {
    let tbs = TbsCertificate::finalize(fields).unwrap();
    let signature = key(signer).sign(tbs.tbs_der()).unwrap();
    tbs.assemble(&signature)
}

/// A self-signed root with this key.
pub(crate) fn root(number: u8, common_name: &str) -> Certificate {
    let (name, public_key) = (Name::from_pairs(&[("CN", common_name)]).unwrap(), public(&key(number)));
    let constraints = BasicConstraints { ca: true, path_len: None }.to_der();
    let usage = KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN).to_der();
    let extensions = vec![
        Extension::new(oid::BASIC_CONSTRAINTS, true, constraints),
        Extension::new(oid::KEY_USAGE, true, usage),
        Extension::subject_key_id(&public_key.key_identifier()),
    ];
    let validity = Validity::new(time("2025-07-01T00:00:00Z"), time("2035-07-01T00:00:00Z")).unwrap();
    certify(
        number,
        &TbsFields {
            serial: serial(number),
            algorithm: SignatureAlgorithm::Ed25519,
            issuer: name.clone(),
            validity,
            subject: name,
            public_key,
            extensions: Extensions::new(extensions).unwrap(),
        },
    )
}

/// A leaf by the root with this key.
pub(crate) fn leaf(
    signer: u8,
    issuer: &Certificate,
    subject: &Name,
    public_key: &PublicKey,
    number: u8,
) -> Certificate {
    let validity = Validity::new(time("2025-07-22T02:55:00Z"), time("2026-07-22T02:55:00Z")).unwrap();
    let extensions = vec![
        Extension::new(oid::KEY_USAGE, true, KeyUsage::DIGITAL_SIGNATURE.to_der()),
        Extension::authority_key_id(issuer.extensions().subject_key_id().unwrap()),
    ];
    certify(
        signer,
        &TbsFields {
            serial: serial(number),
            algorithm: SignatureAlgorithm::Ed25519,
            issuer: issuer.subject().clone(),
            validity,
            subject: subject.clone(),
            public_key: public_key.clone(),
            extensions: Extensions::new(extensions).unwrap(),
        },
    )
}

/// An empty CRL by the root with this key.
pub(crate) fn crl(signer: u8, issuer: &Certificate, number: u64) -> Crl {
    let (now, next) = (time("2025-07-22T03:19:00Z"), time("2025-10-20T03:19:00Z"));
    let tbs =
        TbsCrl::finalize(&CrlFields::of(issuer, SignatureAlgorithm::Ed25519, number, now, next).unwrap()).unwrap();
    let signature = key(signer).sign(tbs.tbs_der()).unwrap();
    tbs.assemble(&signature)
}
