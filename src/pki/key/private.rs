//! The public half of a private key file, to see whether a certificate and a key belong together.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

use super::{Curve, KeyError, PublicKey};

/// The largest key file that is decoded, in bytes; RSA-8192 has some 6 500.
const MAX_TEXT: usize = 16 * 1024;

impl PublicKey {
    /// The public key of the one private key in a PEM file as openssl, kubeadm and Go write it: PKCS#1, SEC 1 or PKCS#8,
    /// not encrypted; other blocks, as `EC PARAMETERS` or a certificate, may stand beside it. The private key is not
    /// kept, and the decoded bytes are wiped.
    ///
    /// # Errors
    /// [`KeyError::PrivateEncrypted`], [`KeyError::Private`] for anything else that is not one private key, and what
    /// makes a public key unsound.
    pub fn of_private_pem(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_TEXT {
            return Err(KeyError::Private);
        }
        let mut keys =
            blocks(text).filter(|block| block.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")));
        let (Some(block), None) = (keys.next(), keys.next()) else { return Err(KeyError::Private) };
        if block.contains("ENCRYPTED") {
            return Err(KeyError::PrivateEncrypted);
        }
        let mut buffer = Zeroizing::new(vec![0; block.len()]);
        let (label, der) = der::pem::decode(block.as_bytes(), &mut buffer).map_err(|_| KeyError::Private)?;
        match label {
            "RSA PRIVATE KEY" => rsa(RsaKeyPair::from_der(der).ok()),
            "EC PRIVATE KEY" => ec(der),
            "PRIVATE KEY" => rsa(RsaKeyPair::from_pkcs8(der).ok()).or_else(|_| ec(der)).or_else(|_| ed25519(der)),
            _ => Err(KeyError::Private),
        }
    }
}

/// Each PEM block, from its first dash to its last.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("-----BEGIN ").filter_map(|(start, _)| {
        let block = text.get(start..)?;
        let end = block.find("-----END ")? + "-----END ".len();
        let close = block.get(end..)?.find("-----")? + "-----".len();
        block.get(..end + close)
    })
}

fn rsa(pair: Option<RsaKeyPair>) -> Result<PublicKey, KeyError> {
    let info = pair.and_then(|pair| pair.public_key().as_der().ok()).ok_or(KeyError::Private)?;
    PublicKey::from_spki(info.as_ref())
}

fn ec(der: &[u8]) -> Result<PublicKey, KeyError> {
    let curves = [
        (Curve::P256, &signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        (Curve::P384, &signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        (Curve::P521, &signature::ECDSA_P521_SHA512_ASN1_SIGNING),
    ];
    let pair = |(curve, algorithm)| Some((curve, EcdsaKeyPair::from_private_key_der(algorithm, der).ok()?));
    let (curve, pair) = curves.into_iter().find_map(pair).ok_or(KeyError::Private)?;
    PublicKey::from_ec_point(curve, pair.public_key().as_ref())
}

fn ed25519(der: &[u8]) -> Result<PublicKey, KeyError> {
    let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Private)?;
    let raw = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Private)?;
    PublicKey::from_ed25519(raw)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::pki::key::KeyType;
    use crate::wire::pem;

    fn openssl(arguments: &[&str], input: &str) -> String {
        let mut child =
            Command::new("openssl").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn pkcs8(arguments: &[&str]) -> String {
        openssl(&[&["genpkey", "-quiet", "-algorithm"], arguments].concat(), "")
    }

    fn public(private: &str) -> PublicKey {
        let text = openssl(&["pkey", "-pubout"], private);
        PublicKey::from_spki(&pem::decode(pem::PUBLIC_KEY, text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn every_form_that_openssl_writes_has_its_public_key() {
        let curve = |name: &str| pkcs8(&["EC", "-pkeyopt", &format!("ec_paramgen_curve:{name}")]);
        for (private, key_type) in [
            (curve("P-256"), KeyType::P256),
            (curve("P-384"), KeyType::P384),
            (curve("P-521"), KeyType::P521),
            (pkcs8(&["ED25519"]), KeyType::Ed25519),
            (pkcs8(&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]), KeyType::Rsa(2048)),
        ] {
            let key = PublicKey::of_private_pem(&private).unwrap();
            assert_eq!((key.key_type(), &key), (key_type, &public(&private)));
            if key_type != KeyType::Ed25519 {
                let traditional = openssl(&["pkey", "-traditional"], &private);
                assert!(!traditional.contains("BEGIN PRIVATE"));
                assert_eq!(PublicKey::of_private_pem(&traditional), Ok(key));
            }
        }
    }

    #[test]
    fn a_key_file_holds_one_private_key_in_clear() {
        let private = pkcs8(&["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        assert!(PublicKey::of_private_pem(&format!("{parameters}note\n{private}")).is_ok());
        let encrypted = openssl(&["pkcs8", "-topk8", "-passout", "pass:x"], &private);
        assert_eq!(PublicKey::of_private_pem(&encrypted), Err(KeyError::PrivateEncrypted));
        let traditional = openssl(&["ec", "-aes128", "-passout", "pass:x"], &private);
        assert_eq!(PublicKey::of_private_pem(&traditional), Err(KeyError::PrivateEncrypted));
        let secp256k1 = pkcs8(&["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]);
        let labelled = private.replace("PRIVATE KEY", "RSA PRIVATE KEY");
        for bad in
            [String::new(), parameters.to_owned(), private.repeat(2), secp256k1, labelled, private.replace('M', "N")]
        {
            assert_eq!(PublicKey::of_private_pem(&bad), Err(KeyError::Private), "{bad}");
        }
        assert!(PublicKey::of_private_pem(&format!("{private}{}", " ".repeat(1_000))).is_ok());
        assert_eq!(PublicKey::of_private_pem(&format!("{private}{}", " ".repeat(MAX_TEXT))), Err(KeyError::Private));
    }
}
