//! A public key that is sound and exact.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, ParsedPublicKey};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Encode, Sequence};
use spki::SubjectPublicKeyInfoRef;

use super::{KeyError, SignatureAlgorithm, Verifier};
use crate::pki::exact;
use crate::wire::digest::Digest;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Keys that are refused by the name a person knows.
const UNUSED: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.113", "Ed448"),
];

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// RSA, with the length of its modulus in bits.
    Rsa(usize),
    /// NIST P-256, secp256r1
    P256,
    /// NIST P-384, secp384r1
    P384,
    /// NIST P-521, secp521r1
    P521,
    /// Ed25519 (RFC 8410)
    Ed25519,
}

/// The elliptic curves of ECDSA keys (RFC 5480, 2.1.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256, secp256r1
    P256,
    /// NIST P-384, secp384r1
    P384,
    /// NIST P-521, secp521r1
    P521,
}

/// A checked public key, kept as the exact DER of its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
///
/// Points are uncompressed and on their curve; an RSA modulus is odd and of 2048 to 8192 bits, its exponent odd and from
/// 3 to 2^32. Two keys are equal when their DER is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    key_type: KeyType,
    der: Box<[u8]>,
    /// How many bytes the content of the BIT STRING has; they end the DER.
    bits: usize,
    /// Asked for many times, so made once.
    sha256: Digest,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo, which must fill `der`.
    ///
    /// # Errors
    /// Any [`KeyError`] of keys.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let info: SubjectPublicKeyInfoRef<'_> = exact::decode(der).map_err(|_| KeyError::Encoding)?;
        Self::read(info, der.into())
    }

    /// Takes over what spki parsed from `der`.
    pub(crate) fn read(info: SubjectPublicKeyInfoRef<'_>, der: Box<[u8]>) -> Result<Self, KeyError> {
        let bits = info.subject_public_key.as_bytes().ok_or(KeyError::Encoding)?;
        let parameters = info.algorithm.parameters;
        let key_type = match info.algorithm.oid {
            RSA_ENCRYPTION if parameters == Some(AnyRef::NULL) => rsa_type(bits)?,
            EC_PUBLIC_KEY => ec_type(parameters, bits)?,
            ED25519 if parameters.is_none() => ed25519_type(bits)?,
            RSA_ENCRYPTION | ED25519 => return Err(KeyError::Encoding),
            other => return Err(KeyError::Type(name_of(UNUSED, other))),
        };
        Ok(Self { key_type, bits: bits.len(), sha256: Digest::of(&der), der })
    }

    /// Makes the key of an uncompressed point, `04 || X || Y` (SEC 1, 2.3.3), as CKA_EC_POINT holds it.
    ///
    /// # Errors
    /// [`KeyError::Point`].
    pub fn from_ec_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let oid = curve.oid();
        let parameters = AnyRef::from(&oid);
        Self::from_parts(EC_PUBLIC_KEY, Some(parameters), point)
    }

    /// Makes the key of an RSA modulus and exponent, big-endian and without leading zeros, as CKA_MODULUS and
    /// CKA_PUBLIC_EXPONENT hold them.
    ///
    /// # Errors
    /// [`KeyError::RsaModulus`], [`KeyError::RsaExponent`], and [`KeyError::Encoding`] for leading zeros.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        if modulus.first().is_none_or(|byte| *byte == 0) || exponent.first().is_none_or(|byte| *byte == 0) {
            return Err(KeyError::Encoding);
        }
        let encode = || RsaPublicKey { modulus: UintRef::new(modulus)?, exponent: UintRef::new(exponent)? }.to_der();
        let key = encode().map_err(|_| KeyError::Encoding)?;
        Self::from_parts(RSA_ENCRYPTION, Some(AnyRef::NULL), &key)
    }

    /// Makes the key of a raw Ed25519 point (RFC 8032, 5.1.5).
    ///
    /// # Errors
    /// [`KeyError::Point`].
    pub fn from_ed25519(raw: &[u8; 32]) -> Result<Self, KeyError> {
        Self::from_parts(ED25519, None, raw)
    }

    fn from_parts(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, bits: &[u8]) -> Result<Self, KeyError> {
        let encode = || {
            let algorithm = spki::AlgorithmIdentifierRef { oid, parameters };
            SubjectPublicKeyInfoRef { algorithm, subject_public_key: BitStringRef::from_bytes(bits)? }.to_der()
        };
        Self::from_spki(&encode().map_err(|_| KeyError::Encoding)?)
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What kind of key it is.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The content of the BIT STRING: a point, a PKCS#1 RSAPublicKey, or 32 raw bytes.
    pub fn key_bits(&self) -> &[u8] {
        self.der.len().checked_sub(self.bits).and_then(|start| self.der.get(start..)).unwrap_or_default()
    }

    /// SHA-256 of the DER, the name of this key in manifests, plans and the log.
    pub fn spki_sha256(&self) -> Digest {
        self.sha256
    }

    /// The subject key identifier by method 1 of RFC 5280, 4.2.1.2: SHA-1 of the content of the BIT STRING. It is an
    /// index for building chains, never a proof.
    pub fn key_identifier(&self) -> [u8; 20] {
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, self.key_bits());
        sha1.as_ref().try_into().unwrap_or_default()
    }

    /// Verifies one signature of this key; for many, prepare a [`Verifier`].
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] and [`KeyError::Signature`].
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        Verifier::new(self, algorithm)?.verify(message, signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.key_type, self.spki_sha256())
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA-{bits}"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// Its object identifier (RFC 5480, 2.1.1.1).
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
            Self::P521 => ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        }
    }
}

/// RSAPublicKey of PKCS#1 (RFC 8017, A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

fn rsa_type(bits: &[u8]) -> Result<KeyType, KeyError> {
    let key: RsaPublicKey<'_> = exact::decode(bits).map_err(|_| KeyError::Encoding)?;
    let modulus = key.modulus.as_bytes();
    let zeros = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let length = modulus.len() * 8 - zeros;
    if !(2048..=8192).contains(&length) || modulus.last().is_none_or(|byte| byte % 2 == 0) {
        return Err(KeyError::RsaModulus(length));
    }
    let exponent = key.exponent.as_bytes();
    if exponent.len() > 4 || exponent == [1] || exponent.last().is_none_or(|byte| byte % 2 == 0) {
        return Err(KeyError::RsaExponent);
    }
    Ok(KeyType::Rsa(length))
}

fn ec_type(parameters: Option<AnyRef<'_>>, point: &[u8]) -> Result<KeyType, KeyError> {
    let named = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let Some(oid) = named else { return Err(KeyError::Curve("given by explicit parameters".to_owned())) };
    let curve = Curve::ALL.into_iter().find(|curve| curve.oid() == oid);
    let curve = curve.ok_or_else(|| KeyError::Curve(oid.to_string()))?;
    let (key_type, length, algorithm) = match curve {
        Curve::P256 => (KeyType::P256, 65, &signature::ECDSA_P256_SHA256_ASN1),
        Curve::P384 => (KeyType::P384, 97, &signature::ECDSA_P384_SHA384_ASN1),
        Curve::P521 => (KeyType::P521, 133, &signature::ECDSA_P521_SHA512_ASN1),
    };
    let uncompressed = point.len() == length && point.first() == Some(&4);
    // The library checks that the point is on the curve; it would also take a compressed one.
    if !uncompressed || ParsedPublicKey::new(algorithm, point).is_err() {
        return Err(KeyError::Point);
    }
    Ok(key_type)
}

fn ed25519_type(bits: &[u8]) -> Result<KeyType, KeyError> {
    let raw = bits.try_into().map_err(|_| KeyError::Encoding)?;
    // Anyone can sign for a key of small order, so it would prove possession of nothing.
    let key = ed25519_dalek::VerifyingKey::from_bytes(raw).map_err(|_| KeyError::Point)?;
    if key.is_weak() { Err(KeyError::Point) } else { Ok(KeyType::Ed25519) }
}

fn name_of(table: &[(&str, &str)], oid: ObjectIdentifier) -> String {
    let dotted = oid.to_string();
    table.iter().find(|(known, _)| *known == dotted).map_or(dotted, |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests;
