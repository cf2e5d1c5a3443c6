use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};

use super::*;
use crate::pki::exact::{element, tag};

fn ec(curve: Curve) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    })
    .unwrap()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<KeyType, KeyError> {
    PublicKey::from_rsa(modulus, exponent).map(|key| key.key_type())
}

#[test]
fn each_curve_reads_back_from_its_point() {
    for (curve, key_type) in [(Curve::P256, KeyType::P256), (Curve::P384, KeyType::P384), (Curve::P521, KeyType::P521)]
    {
        let pair = ec(curve);
        let key = PublicKey::from_ec_point(curve, pair.public_key().as_ref()).unwrap();
        assert_eq!(key.key_type(), key_type);
        assert_eq!(key.der(), AsDer::as_der(pair.public_key()).unwrap().as_ref());
        assert_eq!(PublicKey::from_spki(key.der()), Ok(key));
    }
}

#[test]
fn points_are_uncompressed_and_on_their_curve() {
    let pair = ec(Curve::P256);
    let point = pair.public_key().as_ref();
    let refused = |point: &[u8]| PublicKey::from_ec_point(Curve::P256, point) == Err(KeyError::Point);
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let mut off_curve = point.to_vec();
    off_curve[64] ^= 1;
    let hybrid = [&[6 + (point[64] & 1)], &point[1..]].concat();
    for bad in [&compressed[..], &off_curve, &hybrid, &point[1..], &[0], &[], &[point, &[0]].concat()] {
        assert!(refused(bad), "{bad:02x?}");
    }
    assert_eq!(PublicKey::from_ec_point(Curve::P384, point), Err(KeyError::Point));
}

#[test]
fn rsa_numbers_are_sane() {
    let modulus = |bytes: usize, first: u8, last: u8| {
        let mut modulus = vec![0x5a; bytes];
        modulus[0] = first;
        modulus[bytes - 1] = last;
        modulus
    };
    assert_eq!(rsa(&modulus(256, 0x80, 1), &[1, 0, 1]), Ok(KeyType::Rsa(2048)));
    assert_eq!(rsa(&modulus(384, 0xff, 1), &[3]), Ok(KeyType::Rsa(3072)));
    assert_eq!(rsa(&modulus(256, 0x7f, 1), &[1, 0, 1]), Err(KeyError::RsaModulus(2047)));
    assert_eq!(rsa(&modulus(128, 0x80, 1), &[1, 0, 1]), Err(KeyError::RsaModulus(1024)));
    assert_eq!(rsa(&modulus(1025, 0x01, 1), &[1, 0, 1]), Err(KeyError::RsaModulus(8193)));
    assert_eq!(rsa(&modulus(256, 0x80, 2), &[1, 0, 1]), Err(KeyError::RsaModulus(2048)));
    for exponent in [&[1][..], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert_eq!(rsa(&modulus(256, 0x80, 1), exponent), Err(KeyError::RsaExponent), "{exponent:?}");
    }
    for (zeros, exponent) in [(&[0; 257][..], &[3][..]), (&[], &[3]), (&[0x80; 256], &[0, 3]), (&[0x80; 256], &[])] {
        assert_eq!(rsa(zeros, exponent), Err(KeyError::Encoding));
    }
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    for weak in [[0; 32], identity] {
        assert_eq!(PublicKey::from_ed25519(&weak), Err(KeyError::Point));
    }
    let pair = Ed25519KeyPair::generate().unwrap();
    let key = PublicKey::from_ed25519(pair.public_key().as_ref().try_into().unwrap()).unwrap();
    assert_eq!(key.key_type(), KeyType::Ed25519);
}

fn spki(algorithm: &[&[u8]], bits: &[u8]) -> Result<PublicKey, KeyError> {
    let bits = element(tag::BIT_STRING, &[&[0], bits]);
    PublicKey::from_spki(&element(tag::SEQUENCE, &[&element(tag::SEQUENCE, algorithm), &bits]))
}

fn oid(dotted: &str) -> Vec<u8> {
    element(tag::OBJECT_IDENTIFIER, &[ObjectIdentifier::new(dotted).unwrap().as_bytes()])
}

#[test]
fn other_keys_are_refused_by_name() {
    let named = |dotted: &str, name: &str| {
        assert_eq!(spki(&[&oid(dotted)], &[4; 65]), Err(KeyError::Type(name.to_owned())));
    };
    named("1.2.840.113549.1.1.10", "RSASSA-PSS");
    named("1.2.840.10040.4.1", "DSA");
    named("1.3.6.1.5", "1.3.6.1.5");
    let secp256k1 = spki(&[&oid("1.2.840.10045.2.1"), &oid("1.3.132.0.10")], &[4; 65]);
    assert_eq!(secp256k1, Err(KeyError::Curve("1.3.132.0.10".to_owned())));
    let explicit = spki(&[&oid("1.2.840.10045.2.1"), &[0x30, 0]], &[4; 65]);
    assert!(matches!(explicit, Err(KeyError::Curve(_))));
}

#[test]
fn other_encodings_of_a_key_are_refused() {
    let pair = ec(Curve::P256);
    let key = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
    let trailing = [key.der(), &[0]].concat();
    let mut unused_bits = key.der().to_vec();
    unused_bits[25] = 4;
    for bad in [&trailing[..], &unused_bits, &key.der()[1..], &[]] {
        assert_eq!(PublicKey::from_spki(bad), Err(KeyError::Encoding));
    }
    assert_eq!(spki(&[&oid("1.2.840.113549.1.1.1")], &[0x30, 0]), Err(KeyError::Encoding));
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let bits = pair.public_key().as_ref();
    let rsa = oid("1.2.840.113549.1.1.1");
    assert_eq!(spki(&[&rsa, &[5, 0]], bits).unwrap().key_type(), KeyType::Rsa(2048));
    assert_eq!(spki(&[&rsa], bits), Err(KeyError::Encoding));
    assert_eq!(spki(&[&rsa, &[0x30, 0]], bits), Err(KeyError::Encoding));
    assert_eq!(spki(&[&oid("1.3.101.112"), &[5, 0]], &[7; 32]), Err(KeyError::Encoding));
    assert_eq!(spki(&[&oid("1.3.101.112")], &[7; 31]), Err(KeyError::Encoding));
}

#[test]
fn signatures_verify_under_their_key_and_algorithm_only() {
    let pair = ec(Curve::P256);
    let key = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
    let signed = pair.sign(&SystemRandom::new(), b"message").unwrap();
    let algorithm = SignatureAlgorithm::EcdsaSha256;
    assert_eq!(key.verify(algorithm, b"message", signed.as_ref()), Ok(()));
    assert_eq!(key.verify(algorithm, b"massage", signed.as_ref()), Err(KeyError::Signature));
    assert_eq!(key.verify(SignatureAlgorithm::EcdsaSha384, b"message", signed.as_ref()), Err(KeyError::Signature));
    let wrong = SignatureAlgorithm::RsaSha256;
    let mismatch = Err(KeyError::AlgorithmMismatch { algorithm: wrong, key: KeyType::P256 });
    assert_eq!(key.verify(wrong, b"message", signed.as_ref()), mismatch);

    let other = ec(Curve::P256);
    let other = PublicKey::from_ec_point(Curve::P256, other.public_key().as_ref()).unwrap();
    assert_eq!(other.verify(algorithm, b"message", signed.as_ref()), Err(KeyError::Signature));
}

#[test]
fn rsa_signatures_verify() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut signed = vec![0; pair.public_modulus_len()];
    pair.sign(&signature::RSA_PKCS1_SHA384, &SystemRandom::new(), b"message", &mut signed).unwrap();
    let info = AsDer::as_der(pair.public_key()).unwrap();
    let key = PublicKey::from_spki(info.as_ref()).unwrap();
    assert_eq!(key.verify(SignatureAlgorithm::RsaSha384, b"message", &signed), Ok(()));
    assert_eq!(key.verify(SignatureAlgorithm::RsaSha256, b"message", &signed), Err(KeyError::Signature));
    assert_eq!(key.verify(SignatureAlgorithm::RsaSha384, b"message", &signed[1..]), Err(KeyError::Signature));
}
