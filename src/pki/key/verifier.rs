//! A public key prepared for many signatures: an issuer key verifies thousands, and is parsed once.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

use super::{KeyError, KeyType, PublicKey, SignatureAlgorithm};

/// A public key bound to one algorithm, ready to verify without parsing the key again.
#[derive(Debug)]
pub struct Verifier {
    algorithm: SignatureAlgorithm,
    key: ParsedPublicKey,
}

impl Verifier {
    /// Prepares `key` for signatures of `algorithm`.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] where keys of this type make no such signatures.
    pub fn new(key: &PublicKey, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        let Some(verification) = verification(key.key_type(), algorithm) else {
            return Err(KeyError::AlgorithmMismatch { algorithm, key: key.key_type() });
        };
        let key = ParsedPublicKey::new(verification, key.key_bits()).map_err(|_| KeyError::Encoding)?;
        Ok(Self { algorithm, key })
    }

    /// The algorithm it was prepared for.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Verifies `signature` over `message`: ECDSA signatures as DER (RFC 3279, 2.2.3), the others as raw bytes.
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        self.key.verify_sig(message, signature).map_err(|_| KeyError::Signature)
    }
}

/// Any hash goes with any curve, as RFC 5758 allows and openssl makes.
fn verification(key: KeyType, algorithm: SignatureAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    use SignatureAlgorithm as A;
    Some(match (key, algorithm) {
        (KeyType::P256, A::EcdsaSha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyType::P256, A::EcdsaSha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyType::P256, A::EcdsaSha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyType::P384, A::EcdsaSha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyType::P384, A::EcdsaSha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyType::P384, A::EcdsaSha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (KeyType::P521, A::EcdsaSha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (KeyType::P521, A::EcdsaSha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (KeyType::P521, A::EcdsaSha512) => &signature::ECDSA_P521_SHA512_ASN1,
        (KeyType::Rsa(_), A::RsaSha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyType::Rsa(_), A::RsaSha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyType::Rsa(_), A::RsaSha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyType::Ed25519, A::Ed25519) => &signature::ED25519,
        _ => return None,
    })
}
