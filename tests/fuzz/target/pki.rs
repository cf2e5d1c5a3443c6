//! Keys, names, certificates and lists.

use airlock::pki::certificate::{Certificate, TbsCertificate};
use airlock::pki::crl::{Crl, TbsCrl};
use airlock::pki::csr::{Csr, ProvenBefore};
use airlock::pki::extension::Extensions;
use airlock::pki::key::{PublicKey, SignatureAlgorithm};
use airlock::pki::key_uri::KeyUri;
use airlock::pki::name::Name;
use airlock::pki::san::SubjectAltNames;
use airlock::pki::serial::Serial;
use airlock::pki::validity::Validity;
use airlock::wire::digest::Digest;

use super::{Target, Verdict, exact, taken, texts};
use crate::mutate::Shape;
use crate::seeds::{self, blocks, trees};

const URIS: [&str; 3] = [
    "pkcs11:token=CA-ROOT;serial=0123456789;object=kubernetes-ca;id=%7f%02;type=private?module-path=/usr/lib/p11.so",
    "pkcs11:token=ca;object=x%20y?pin-source=file:/etc/pin",
    "pkcs11:manufacturer=SoftHSM%20project;model=SoftHSM%20v2;type=cert",
];

pub(super) fn all() -> Vec<Target> {
    let certificates = || blocks(&trees(&["cluster/kubeadm-ha/cp1"], &["crt"]));
    let requests = || blocks(&trees(&["csr"], &["csr"]));
    let tbs = || certificates_of(|certificate| certificate.tbs_der().to_vec());
    vec![
        Target::new(
            "name",
            Shape::Der,
            || certificates_of(|c| c.subject().der().to_vec()),
            |input| exact(input, Name::from_der(input), |name| shown(name.der(), &name.safe(), name)),
        ),
        Target::new("san", Shape::Der, sans, |input| {
            exact(input, SubjectAltNames::from_der(input), |san| {
                assert!(san.duplicates().len() < san.names().len().max(1));
                shown(san.der(), &san.to_string(), san)
            })
        }),
        Target::new("extensions", Shape::Der, || certificates_of(|c| c.extensions().to_der()), extensions),
        Target::new(
            "validity",
            Shape::Der,
            || certificates_of(|c| c.validity().to_der()),
            |input| exact(input, Validity::from_der(input), Validity::to_der),
        ),
        Target::new(
            "serial",
            Shape::Text,
            || texts(&["4a", "00ff", "7f00112233445566778899aabbccddeeff001122"]),
            |input| {
                let octets = exact(input, Serial::from_octets(input), |serial| serial.octets().to_vec());
                let text =
                    super::text(input, |text| exact(input, text.parse::<Serial>(), |s| s.to_string().into_bytes()));
                if octets == Verdict::Accepted { octets } else { text }
            },
        ),
        Target::new(
            "public_key",
            Shape::Der,
            || certificates_of(|c| c.public_key().der().to_vec()),
            |input| {
                exact(input, PublicKey::from_spki(input), |key| {
                    assert!(input.ends_with(key.key_bits()) && !key.key_bits().is_empty());
                    shown(key.der(), &format!("{} {key:?}", key.key_type()), key)
                })
            },
        ),
        Target::new(
            "private_key",
            Shape::Text,
            || trees(&["cluster/kubeadm-ha/cp1"], &["key"]),
            |input| {
                super::text(input, |text| taken(PublicKey::of_private_pem(text), |key| assert!(!key.der().is_empty())))
            },
        ),
        Target::new("algorithm", Shape::Der, algorithms, |input| {
            exact(input, SignatureAlgorithm::from_der(input), |algorithm| algorithm.der().to_vec())
        }),
        Target::new("signature_value", Shape::Der, signatures, signature),
        Target::new("tbs_certificate", Shape::Der, tbs, |input| {
            exact(input, TbsCertificate::from_der(input), |tbs| {
                TbsCertificate::finalize(tbs.fields()).unwrap().tbs_der().to_vec()
            })
        }),
        Target::new("certificate", Shape::Der, certificates, certificate),
        Target::new(
            "certificate_file",
            Shape::Text,
            || trees(&["cluster/kubeadm-ha/cp1"], &["crt"]),
            |input| {
                super::text(input, |text| {
                    taken(Certificate::parse_foreign_all(text), |all| assert!(all.len() <= text.len()))
                })
            },
        ),
        Target::new("crl", Shape::Der, Vec::new, |input| {
            exact(input, Crl::parse_der(input), |crl| {
                assert_eq!(TbsCrl::finalize(crl.tbs().fields()).unwrap().tbs_der(), crl.tbs().tbs_der());
                crl.der().to_vec()
            })
        }),
        Target::new("csr", Shape::Der, requests, request),
        Target::new(
            "csr_file",
            Shape::Text,
            || trees(&["csr"], &["csr"]),
            |input| {
                super::text(input, |text| {
                    taken(Csr::parse_foreign(text), |csr| assert!(Csr::parse_der(csr.der()).is_ok()))
                })
            },
        )
        .slow(),
        Target::new(
            "key_uri",
            Shape::Text,
            || texts(&URIS),
            |input| {
                super::text(input, |text| {
                    taken(text.parse::<KeyUri>(), |uri| assert_eq!(uri.to_string().parse().as_ref(), Ok(uri)))
                })
            },
        ),
    ]
}

/// Whatever is shown of a value that was read is printable ASCII; returns its encoding.
fn shown(der: &[u8], text: &str, value: &impl std::fmt::Debug) -> Vec<u8> {
    for text in [text, &format!("{value:?}")] {
        assert!(text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "{text:?} is shown");
    }
    der.to_vec()
}

fn extensions(input: &[u8]) -> Verdict {
    exact(input, Extensions::from_der(input), |list| {
        let usage = list.extended_key_usage().map(ToString::to_string).unwrap_or_default();
        let _ = (list.basic_constraints(), list.key_usage().map(|u| u.to_string()), list.name_constraints());
        shown(&list.to_der(), &usage, &list.unknown_critical())
    })
}

fn certificate(input: &[u8]) -> Verdict {
    exact(input, Certificate::parse_der(input), |certificate| {
        assert_eq!(Certificate::parse_pem(certificate.to_pem().as_bytes()).as_ref(), Ok(certificate));
        let _ = (certificate.is_self_signed(), certificate.fingerprint());
        shown(certificate.der(), &certificate.to_string(), certificate.subject())
    })
}

/// A request is read with and without its signature: most that is hostile is in what a wrong signature would hide.
fn request(input: &[u8]) -> Verdict {
    let proof = ProvenBefore::the_log_says_this_request_was_verified(Digest::of(input));
    let read = exact(input, Csr::assume_proven(input, proof), |csr| {
        assert_eq!(csr.subject_alt_names(), csr.requested().subject_alt_names());
        shown(csr.der(), &csr.subject().safe(), csr.public_key())
    });
    let proven = exact(input, Csr::parse_der(input), |csr| csr.der().to_vec());
    assert!(read == Verdict::Accepted || proven == Verdict::Refused);
    read
}

/// The signature of a certificate, under every kind of key.
fn signature(input: &[u8]) -> Verdict {
    for (key, algorithm, message, good) in &signed() {
        let verified = key.verify(*algorithm, message, input);
        // ECDSA has a second signature for each; any other forgery would be news.
        assert!(verified.is_err() || good == input || matches!(algorithm, SignatureAlgorithm::EcdsaSha256));
        if verified.is_ok() {
            return Verdict::Accepted;
        }
    }
    Verdict::Refused
}

fn signatures() -> Vec<Vec<u8>> {
    signed().into_iter().map(|(.., signature)| signature).collect()
}

/// A key, an algorithm, a message, a signature: an RSA root and a P-256 request of the fixtures.
fn signed() -> Vec<(PublicKey, SignatureAlgorithm, Vec<u8>, Vec<u8>)> {
    let root = seeds::file("cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt");
    let root = Certificate::parse_foreign(std::str::from_utf8(&root).unwrap()).unwrap();
    vec![(root.public_key().clone(), root.algorithm(), root.tbs_der().to_vec(), root.signature().to_vec())]
}

fn algorithms() -> Vec<Vec<u8>> {
    use SignatureAlgorithm as A;
    [A::EcdsaSha256, A::RsaSha512, A::Ed25519].iter().map(|algorithm| algorithm.der().to_vec()).collect()
}

fn sans() -> Vec<Vec<u8>> {
    let of = |certificate: &Certificate| certificate.subject_alt_names().map(|san| san.der().to_vec());
    certificates_of(|certificate| of(certificate).unwrap_or_default())
        .into_iter()
        .filter(|san| !san.is_empty())
        .collect()
}

/// A part of each certificate of the fixtures.
fn certificates_of(part: impl Fn(&Certificate) -> Vec<u8>) -> Vec<Vec<u8>> {
    let files = trees(&["cluster/kubeadm-ha/cp1"], &["crt"]);
    let read = |file: &Vec<u8>| Certificate::parse_foreign_all(std::str::from_utf8(file).unwrap()).unwrap();
    let mut parts: Vec<_> = files.iter().flat_map(read).map(|certificate| part(&certificate)).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}
