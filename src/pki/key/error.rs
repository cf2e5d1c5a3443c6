//! Why a key, an algorithm or a signature was refused.

use thiserror::Error;

use super::{KeyType, SignatureAlgorithm};
use crate::refusal::{Class, Reason, Refusal};

/// Why a key, an algorithm or a signature was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// The bytes are not a DER SubjectPublicKeyInfo, or its key is not encoded as its algorithm wants.
    #[error("the public key is not a well-formed DER SubjectPublicKeyInfo")]
    Encoding,
    /// A kind of key that is not used here.
    #[error("keys of type {0} are not used")]
    Type(String),
    /// An elliptic curve that is not used here, or parameters that are not a named curve.
    #[error("the curve {0} is not used")]
    Curve(String),
    /// The point is compressed, not on its curve, or of small order.
    #[error("the public key is not an uncompressed point of its curve with full order")]
    Point,
    /// The RSA modulus is too short, too long, or even.
    #[error("the RSA modulus of {0} bits is not an odd number of 2048 to 8192 bits")]
    RsaModulus(usize),
    /// The RSA exponent is even, 1, or too long.
    #[error("the RSA exponent is not an odd number from 3 to 2^32")]
    RsaExponent,
    /// The algorithm is broken; its name stands here.
    #[error("{0} is too weak to sign with")]
    WeakAlgorithm(&'static str),
    /// The algorithm is not used here; its name or its object identifier stands here.
    #[error("the signature algorithm {0} is not used")]
    UnknownAlgorithm(String),
    /// The algorithm is one of ours, its parameters or its encoding are not.
    #[error("the AlgorithmIdentifier of {0} is not encoded as its standard says")]
    AlgorithmEncoding(SignatureAlgorithm),
    /// The algorithm cannot be used with this key.
    #[error("{algorithm} cannot be a signature of a key of type {key}")]
    AlgorithmMismatch {
        /// The algorithm that is claimed.
        algorithm: SignatureAlgorithm,
        /// The key it is claimed of.
        key: KeyType,
    },
    /// The file does not hold one private key that is used here.
    #[error("not a file with one unencrypted private key in PKCS#1, SEC 1 or PKCS#8")]
    Private,
    /// The private key is encrypted.
    #[error("the private key is encrypted")]
    PrivateEncrypted,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

impl Refusal for KeyError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Encoding => verification("KEY_ENCODING", "have the key made again with a current tool"),
            Self::Type(_) => verification("KEY_TYPE", "use an EC key on P-256, P-384 or P-521, RSA, or Ed25519"),
            Self::Curve(_) => verification("KEY_CURVE", "use P-256, P-384 or P-521 as a named curve"),
            Self::Point => verification("KEY_POINT", "treat the key as hostile or broken and have it made again"),
            Self::RsaModulus(_) => verification("KEY_RSA_MODULUS", "use an RSA key of 2048 to 8192 bits"),
            Self::RsaExponent => verification("KEY_RSA_EXPONENT", "use an RSA key with exponent 65537"),
            Self::WeakAlgorithm(_) => verification("ALGORITHM_WEAK", "sign with SHA-256, SHA-384 or SHA-512"),
            Self::UnknownAlgorithm(_) => {
                verification("ALGORITHM_UNKNOWN", "sign with ECDSA, RSA PKCS#1 v1.5 or Ed25519")
            }
            Self::AlgorithmEncoding(_) => verification(
                "ALGORITHM_ENCODING",
                "have it signed again with a tool that follows RFC 5758 and RFC 4055",
            ),
            Self::AlgorithmMismatch { .. } => verification(
                "ALGORITHM_MISMATCH",
                "treat it as tampered with: key and signature are of different kinds",
            ),
            Self::Private => verification("KEY_PRIVATE", "give the PEM file of the private key"),
            Self::PrivateEncrypted => {
                verification("KEY_PRIVATE_ENCRYPTED", "Kubernetes reads private keys in clear only")
            }
            Self::Signature => {
                verification("SIGNATURE_INVALID", "treat it as tampered with, or made with another key; do not use it")
            }
        }
    }
}
