//! CAs and certificates for tests, of fresh keys.

use std::io::Write as _;
use std::process::{Command, Stdio};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};

use crate::pki::certificate::{Certificate, TbsCertificate, TbsFields};
use crate::pki::extension::{BasicConstraints, ExtendedKeyUsage, Extension, Extensions, KeyUsage, oid};
use crate::pki::key::{Curve, PublicKey, SignatureAlgorithm};
use crate::pki::name::Name;
use crate::pki::serial::Serial;
use crate::pki::validity::Validity;
use crate::wire::time::Timestamp;

/// A private key.
pub(crate) enum Key {
    Ec(EcdsaKeyPair, Curve),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn ec(curve: Curve) -> Self {
        let algorithm = match curve {
            Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
            Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        };
        Self::Ec(EcdsaKeyPair::generate(algorithm).unwrap(), curve)
    }

    pub(crate) fn rsa(size: KeySize) -> Self {
        Self::Rsa(RsaKeyPair::generate(size).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Ec(pair, curve) => PublicKey::from_ec_point(*curve, pair.public_key().as_ref()),
            Self::Rsa(pair) => PublicKey::from_spki(pair.public_key().as_der().unwrap().as_ref()),
            Self::Ed25519(pair) => PublicKey::from_ed25519(pair.public_key().as_ref().try_into().unwrap()),
        }
        .unwrap()
    }

    pub(crate) fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ec(_, Curve::P256) => SignatureAlgorithm::EcdsaSha256,
            Self::Ec(_, Curve::P384) => SignatureAlgorithm::EcdsaSha384,
            Self::Ec(_, Curve::P521) => SignatureAlgorithm::EcdsaSha512,
            Self::Rsa(_) => SignatureAlgorithm::RsaSha256,
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(pair, _) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// Signs what `fields` say.
    pub(crate) fn certify(&self, fields: &TbsFields) -> Certificate {
        let tbs = TbsCertificate::finalize(fields).unwrap();
        let signature = self.sign(tbs.tbs_der());
        tbs.assemble(&signature)
    }
}

/// A CA with its certificate.
pub(crate) struct Authority {
    pub(crate) key: Key,
    pub(crate) certificate: Certificate,
}

/// The first second of 2025, when every minted certificate is valid.
pub(crate) fn now() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

fn around(days: i64) -> Validity {
    Validity::new(now().plus(-86_400 * days), now().plus(86_400 * days)).unwrap()
}

/// Replaces or adds one extension.
pub(crate) fn put(fields: &mut TbsFields, extension: Extension) {
    let mut list = fields.extensions.all().to_vec();
    match list.iter_mut().find(|other| other.oid == extension.oid) {
        Some(other) => *other = extension,
        None => list.push(extension),
    }
    fields.extensions = Extensions::new(list).unwrap();
}

/// Leaves one extension out.
pub(crate) fn drop(fields: &mut TbsFields, oid: der::asn1::ObjectIdentifier) {
    let kept = fields.extensions.all().iter().filter(|extension| extension.oid != oid).cloned().collect();
    fields.extensions = Extensions::new(kept).unwrap();
}

pub(crate) fn basic_constraints(ca: bool, path_len: Option<u8>) -> Extension {
    Extension::new(oid::BASIC_CONSTRAINTS, true, BasicConstraints { ca, path_len }.to_der())
}

pub(crate) fn key_usage(usage: KeyUsage) -> Extension {
    Extension::new(oid::KEY_USAGE, true, usage.to_der())
}

pub(crate) fn extended_key_usage(usages: &[der::asn1::ObjectIdentifier]) -> Extension {
    Extension::new(oid::EXTENDED_KEY_USAGE, false, ExtendedKeyUsage::new(usages).unwrap().to_der())
}

fn fields(common_name: &str, public_key: PublicKey, issuer: &Name, signer: &Key, days: i64) -> TbsFields {
    let mut entropy = [0; 20];
    aws_lc_rs::rand::fill(&mut entropy).unwrap();
    TbsFields {
        serial: Serial::from_entropy(entropy, [0; 20]),
        algorithm: signer.algorithm(),
        issuer: issuer.clone(),
        validity: around(days),
        subject: Name::from_pairs(&[("CN", common_name)]).unwrap(),
        public_key,
        extensions: Extensions::default(),
    }
}

fn ca_extensions(fields: &mut TbsFields, path_len: Option<u8>) {
    put(fields, basic_constraints(true, path_len));
    put(fields, key_usage(KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN)));
    put(fields, Extension::subject_key_id(&fields.public_key.key_identifier()));
}

impl Authority {
    /// A self-signed root.
    pub(crate) fn root(common_name: &str, key: Key) -> Self {
        Self::root_with(common_name, key, |_| {})
    }

    /// A self-signed root with a change.
    pub(crate) fn root_with(common_name: &str, key: Key, change: impl FnOnce(&mut TbsFields)) -> Self {
        let name = Name::from_pairs(&[("CN", common_name)]).unwrap();
        let mut fields = fields(common_name, key.public(), &name, &key, 3_000);
        ca_extensions(&mut fields, None);
        put(&mut fields, Extension::authority_key_id(&key.public().key_identifier()));
        change(&mut fields);
        Self { certificate: key.certify(&fields), key }
    }

    /// A CA below this one, with a change.
    pub(crate) fn subordinate(&self, common_name: &str, key: Key, change: impl FnOnce(&mut TbsFields)) -> Self {
        let mut fields = fields(common_name, key.public(), self.certificate.subject(), &self.key, 2_000);
        ca_extensions(&mut fields, None);
        put(&mut fields, self.authority_key_id());
        change(&mut fields);
        Self { certificate: self.key.certify(&fields), key }
    }

    /// A leaf for server and client, with a change.
    pub(crate) fn leaf(&self, key: &Key, change: impl FnOnce(&mut TbsFields)) -> Certificate {
        let mut fields = fields("leaf", key.public(), self.certificate.subject(), &self.key, 100);
        put(&mut fields, basic_constraints(false, None));
        put(&mut fields, key_usage(KeyUsage::DIGITAL_SIGNATURE));
        put(&mut fields, extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]));
        put(&mut fields, self.authority_key_id());
        change(&mut fields);
        self.key.certify(&fields)
    }

    fn authority_key_id(&self) -> Extension {
        Extension::authority_key_id(self.certificate.extensions().subject_key_id().unwrap_or_default())
    }
}

/// Runs openssl with `files` in temporary files, whose paths stand for `{0}`, `{1}` and so on.
pub(crate) fn openssl(arguments: &[&str], files: &[String]) -> (bool, String) {
    let written: Vec<_> = files
        .iter()
        .map(|text| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        })
        .collect();
    let path = |argument: &&str| match argument.strip_prefix('{').and_then(|x| x.strip_suffix('}')) {
        Some(at) => written[at.parse::<usize>().unwrap()].path().to_str().unwrap().to_owned(),
        None => (*argument).to_owned(),
    };
    let output = Command::new("openssl").args(arguments.iter().map(path)).stdin(Stdio::null()).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}
