//! Which public key a private key file belongs to. The private key itself is read, checked and forgotten.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::pki::key::PublicKey;
use crate::wire::pem;

/// Why a file gives no public key. Says nothing of what the file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PrivateKeyError {
    /// No PEM block of a private key.
    #[error("no private key in PEM")]
    NoKey,
    /// More than one private key.
    #[error("more than one private key")]
    Several,
    /// The key is locked by a passphrase.
    #[error("the private key is encrypted")]
    Encrypted,
    /// No sound RSA, EC or Ed25519 key of a size that is used.
    #[error("no sound RSA, P-256, P-384, P-521 or Ed25519 private key")]
    Unsound,
}

const CURVES: [&EcdsaSigningAlgorithm; 3] =
    [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];

/// The public key of the only private key in the PEM file `text`: PKCS#1 (RFC 8017, A.1.2), SEC 1 (RFC 5915) or PKCS#8
/// (RFC 5208). Other blocks, certificates and EC parameters, may stand beside it.
///
/// # Errors
/// Any [`PrivateKeyError`].
pub fn public_key_of(text: &str) -> Result<PublicKey, PrivateKeyError> {
    // An encrypted PKCS#1 or SEC 1 block has header lines (RFC 1421), which strict PEM has not.
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(PrivateKeyError::Encrypted);
    }
    let blocks = pem::blocks(text).map_err(|_| PrivateKeyError::NoKey)?;
    let blocks: Vec<_> = blocks.into_iter().map(|(label, der)| (label, Zeroizing::new(der))).collect();
    let mut keys = blocks.iter().filter(|(label, _)| label.ends_with("PRIVATE KEY"));
    match (keys.next(), keys.next()) {
        (Some((label, _)), None) if label == "ENCRYPTED PRIVATE KEY" => Err(PrivateKeyError::Encrypted),
        (Some((label, der)), None) => parse(label, der).ok_or(PrivateKeyError::Unsound),
        (None, _) => Err(PrivateKeyError::NoKey),
        _ => Err(PrivateKeyError::Several),
    }
}

fn parse(label: &str, der: &[u8]) -> Option<PublicKey> {
    match label {
        "RSA PRIVATE KEY" => rsa::KeyPair::from_der(der).ok().and_then(|pair| spki(pair.public_key())),
        "EC PRIVATE KEY" => ec(der),
        "PRIVATE KEY" => rsa::KeyPair::from_pkcs8(der)
            .ok()
            .and_then(|pair| spki(pair.public_key()))
            .or_else(|| ec(der))
            .or_else(|| Ed25519KeyPair::from_pkcs8(der).ok().and_then(|pair| spki(pair.public_key()))),
        _ => None,
    }
}

fn ec(der: &[u8]) -> Option<PublicKey> {
    let pair = CURVES.iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok())?;
    spki(pair.public_key())
}

fn spki(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Option<PublicKey> {
    PublicKey::from_spki(key.as_der().ok()?.as_ref()).ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs openssl on `input` and returns what it prints.
    fn openssl(arguments: &str, input: &str) -> String {
        use std::io::Write as _;
        let mut child = Command::new("openssl")
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    fn public_by_openssl(key: &str) -> Vec<u8> {
        pem::decode(pem::PUBLIC_KEY, openssl("pkey -pubout", key).as_bytes()).unwrap()
    }

    #[test]
    fn every_kind_and_every_encoding_of_key_is_told_as_openssl_tells_it() {
        for kind in [
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
            "genpkey -algorithm ED25519",
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        ] {
            let pkcs8 = openssl(kind, "");
            let expected = public_by_openssl(&pkcs8);
            let traditional = match openssl("pkey -traditional", &pkcs8) {
                none if none.is_empty() && kind.contains("ED25519") => pkcs8.clone(),
                traditional => traditional,
            };
            let with_text = format!("subject=x\n{}{traditional}", pem::encode(pem::CERTIFICATE, b"x"));
            for text in [&pkcs8, &traditional, &with_text] {
                assert_eq!(public_key_of(text).unwrap().der(), expected, "{kind}");
            }
        }
        let with_parameters = openssl("ecparam -name prime256v1 -genkey", "");
        assert!(with_parameters.contains("EC PARAMETERS"));
        assert_eq!(public_key_of(&with_parameters).unwrap().der(), public_by_openssl(&with_parameters));
    }

    #[test]
    fn what_is_no_usable_key_is_refused_by_reason() {
        let key = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "");
        let locked = openssl("pkey -aes128 -passout pass:x", &key);
        let locked_traditional = openssl("ec -aes128 -passout pass:x", &key);
        assert!(locked_traditional.contains("Proc-Type"));
        let weak = openssl("genrsa 1024", "");
        let other_curve = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "");
        for (text, error) in [
            ("", PrivateKeyError::NoKey),
            ("-----BEGIN PRIVATE KEY-----\n", PrivateKeyError::NoKey),
            (&pem::encode(pem::CERTIFICATE, b"x"), PrivateKeyError::NoKey),
            (&format!("{key}{key}"), PrivateKeyError::Several),
            (&locked, PrivateKeyError::Encrypted),
            (&locked_traditional, PrivateKeyError::Encrypted),
            (&weak, PrivateKeyError::Unsound),
            (&other_curve, PrivateKeyError::Unsound),
            (&key.replace("PRIVATE KEY", "RSA PRIVATE KEY"), PrivateKeyError::Unsound),
            (&key.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"), PrivateKeyError::Unsound),
        ] {
            assert_eq!(public_key_of(text).unwrap_err(), error);
        }
    }
}
