//! Signature verification against the vectors of Project Wycheproof: hostile encodings, edge cases of arithmetic and
//! forged paddings, each with the verdict it must get.

use std::fs;
use std::path::Path;

use airlock::pki::key::{PublicKey, SignatureAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Each file with its algorithm, and how many of its vectors must be accepted and refused.
const FILES: [(&str, SignatureAlgorithm, usize, usize); 9] = [
    ("ecdsa_secp256r1_sha256", SignatureAlgorithm::EcdsaSha256, 174, 310),
    ("ecdsa_secp256r1_sha512", SignatureAlgorithm::EcdsaSha512, 243, 311),
    ("ecdsa_secp384r1_sha256", SignatureAlgorithm::EcdsaSha256, 162, 310),
    ("ecdsa_secp384r1_sha384", SignatureAlgorithm::EcdsaSha384, 194, 310),
    ("ecdsa_secp521r1_sha512", SignatureAlgorithm::EcdsaSha512, 232, 310),
    ("ed25519", SignatureAlgorithm::Ed25519, 88, 63),
    ("rsa_signature_2048_sha256", SignatureAlgorithm::RsaSha256, 9, 250),
    ("rsa_signature_3072_sha384", SignatureAlgorithm::RsaSha384, 7, 252),
    ("rsa_signature_4096_sha512", SignatureAlgorithm::RsaSha512, 7, 252),
];

/// What Wycheproof leaves open and airlock refuses: a DigestInfo without NULL is another encoding (RFC 8017, A.2.4).
const REFUSED_ALTHOUGH_ACCEPTABLE: [&str; 1] = ["MissingNull"];

fn bytes(field: &str) -> Vec<u8> {
    if field == "-" { Vec::new() } else { STANDARD.decode(field).unwrap() }
}

/// Judges every vector of a file; returns how many were accepted and refused, as they should be, and the faults.
fn judge(name: &str, algorithm: SignatureAlgorithm) -> (usize, usize, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/wycheproof/{name}.txt"));
    let text = fs::read_to_string(path).unwrap();
    let mut key = None;
    let (mut accepted, mut refused, mut faults) = (0, 0, Vec::new());
    for line in text.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [number, result, flags, message, signature] = fields[..] else {
            key = Some(PublicKey::from_spki(&bytes(fields[1])).unwrap());
            continue;
        };
        let expected = match result {
            "valid" => true,
            "acceptable" if REFUSED_ALTHOUGH_ACCEPTABLE.contains(&flags) => false,
            "invalid" => false,
            open => panic!("{name} {number}: {open} with {flags}"),
        };
        let verdict = key.as_ref().unwrap().verify(algorithm, &bytes(message), &bytes(signature)).is_ok();
        match (verdict, expected) {
            (true, true) => accepted += 1,
            (false, false) => refused += 1,
            _ => faults.push(format!("{name} {number} ({flags}): {result}, accepted: {verdict}")),
        }
    }
    (accepted, refused, faults)
}

#[test]
fn every_vector_gets_its_verdict() {
    for (name, algorithm, accepted, refused) in FILES {
        assert_eq!(judge(name, algorithm), (accepted, refused, Vec::new()), "{name}");
    }
}

/// The judgement above can fail: under another hash no signature of a file is good.
#[test]
fn under_another_algorithm_nothing_verifies() {
    let (accepted, _, faults) = judge("ecdsa_secp256r1_sha256", SignatureAlgorithm::EcdsaSha384);
    assert_eq!((accepted, faults.len()), (0, 174));
}
