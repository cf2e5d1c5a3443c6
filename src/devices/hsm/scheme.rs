//! What a token is given to sign, and what a signature becomes before anyone sees it.
//!
//! The digest is made here and its length is fixed by the key: every module we know takes any length for CKM_ECDSA and
//! truncates. RSA is PKCS#1 v1.5 by CKM_RSA_PKCS over a DigestInfo made here, which every module has, where
//! CKM_SHA256_RSA_PKCS is missing from some; so one path, and one length of input, serves all.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use der::asn1::UintRef;
use der::{Encode as _, Sequence};
use sha2::{Digest as _, Sha256, Sha384};

use super::HsmError;
use crate::pki::key::{KeyType, PublicKey, SignatureAlgorithm, Verifier};

/// A signature that has verified in software under the key that was meant; there is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    algorithm: SignatureAlgorithm,
    bytes: Vec<u8>,
}

impl Signature {
    /// The algorithm.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The signature as it stands in a certificate: DER for ECDSA (RFC 3279, 2.2.3), raw for the others.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The one way in which keys of a type sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    EcdsaP256,
    EcdsaP384,
    Rsa { bytes: usize },
    Ed25519,
}

impl Scheme {
    /// The scheme of a key type, for the types that may sign here.
    pub(super) fn of(key: KeyType) -> Result<Self, HsmError> {
        match key {
            KeyType::P256 => Ok(Self::EcdsaP256),
            KeyType::P384 => Ok(Self::EcdsaP384),
            KeyType::Rsa(bits) => Ok(Self::Rsa { bytes: bits.div_ceil(8) }),
            KeyType::Ed25519 => Ok(Self::Ed25519),
            KeyType::P521 => Err(HsmError::KeyMechanism(key)),
        }
    }

    pub(super) fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::EcdsaP256 => SignatureAlgorithm::EcdsaSha256,
            Self::EcdsaP384 => SignatureAlgorithm::EcdsaSha384,
            Self::Rsa { .. } => SignatureAlgorithm::RsaSha256,
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }

    pub(super) fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::EcdsaP256 | Self::EcdsaP384 => Mechanism::Ecdsa,
            Self::Rsa { .. } => Mechanism::RsaPkcs,
            Self::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)),
        }
    }

    pub(super) fn mechanism_type(self) -> MechanismType {
        self.mechanism().mechanism_type()
    }

    /// How many sessions sign at once, where nobody says otherwise: measured with SoftHSM on two cores, which also
    /// verify (`bench`). A P-256 signature costs about what its verification costs, and a second session signs while the
    /// first one waits for a core; P-384 verifies in a quarter of the time it signs in, and a third session fills the
    /// gaps; RSA verifies in next to none.
    pub(super) fn sessions(self) -> usize {
        match self {
            Self::Ed25519 => 1,
            Self::EcdsaP256 | Self::Rsa { .. } => 2,
            Self::EcdsaP384 => 3,
        }
    }

    /// What C_Sign is given for `message`.
    pub(super) fn input(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::EcdsaP256 => Sha256::digest(message).to_vec(),
            Self::EcdsaP384 => Sha384::digest(message).to_vec(),
            Self::Rsa { .. } => [&SHA256_INFO[..], &Sha256::digest(message)].concat(),
            Self::Ed25519 => message.to_vec(),
        }
    }

    /// What C_Sign returned as it stands in a certificate; [`None`] where its length or its numbers are none.
    fn encode(self, raw: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::EcdsaP256 => ecdsa_der(&raw, 64),
            Self::EcdsaP384 => ecdsa_der(&raw, 96),
            Self::Rsa { bytes } => (raw.len() == bytes).then_some(raw),
            Self::Ed25519 => (raw.len() == 64).then_some(raw),
        }
    }
}

/// Turns what the token returned into signatures, under one key.
#[derive(Debug)]
pub(super) struct Check {
    scheme: Scheme,
    verifier: Verifier,
}

impl Check {
    /// Prepares to check under `intended`.
    pub(super) fn new(intended: &PublicKey) -> Result<Self, HsmError> {
        let scheme = Scheme::of(intended.key_type())?;
        let unreadable = |source| HsmError::KeyUnreadable { label: "the intended key".to_owned(), source };
        let verifier = Verifier::new(intended, scheme.algorithm()).map_err(unreadable)?;
        Ok(Self { scheme, verifier })
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Verifies what the token returned for `message`.
    pub(super) fn signature(&self, message: &[u8], raw: Vec<u8>) -> Result<Signature, HsmError> {
        let bytes = self.scheme.encode(raw).ok_or(HsmError::SignatureWrong)?;
        self.verifier.verify(message, &bytes).map_err(|_| HsmError::SignatureWrong)?;
        Ok(Signature { algorithm: self.scheme.algorithm(), bytes })
    }
}

/// DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2, note 1).
const SHA256_INFO: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

/// Ecdsa-Sig-Value (RFC 3279, 2.2.3).
#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// `r || s` of exactly `length` bytes as DER. That both are below the order is for the verification to see.
fn ecdsa_der(raw: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(length / 2).filter(|_| raw.len() == length)?;
    let is_zero = |number: &[u8]| number.iter().all(|byte| *byte == 0);
    if is_zero(r) || is_zero(s) {
        return None;
    }
    EcdsaSignature { r: UintRef::new(r).ok()?, s: UintRef::new(s).ok()? }.to_der().ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use proptest::prelude::*;

    use super::*;
    use crate::pki::key::Curve;

    fn key() -> (EcdsaKeyPair, PublicKey) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        (pair, public)
    }

    fn sign(pair: &EcdsaKeyPair, message: &[u8]) -> Vec<u8> {
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    #[test]
    fn only_a_signature_of_the_intended_key_over_the_message_passes() {
        let (pair, public) = key();
        let check = Check::new(&public).unwrap();
        let raw = sign(&pair, b"message");
        let signature = check.signature(b"message", raw.clone()).unwrap();
        assert_eq!(public.verify(signature.algorithm(), b"message", signature.as_bytes()), Ok(()));
        let (other, _) = key();
        for (message, raw) in [
            (&b"message"[..], sign(&other, b"message")),
            (b"massage", raw.clone()),
            (b"message", raw[1..].to_vec()),
            (b"message", [&[0][..], &raw].concat()),
            (b"message", vec![0; 64]),
            (b"message", vec![0xff; 64]),
            (b"message", Vec::new()),
        ] {
            assert!(matches!(check.signature(message, raw), Err(HsmError::SignatureWrong)));
        }
    }

    #[test]
    fn the_input_has_one_length_per_scheme() {
        for (scheme, length) in
            [(Scheme::EcdsaP256, 32), (Scheme::EcdsaP384, 48), (Scheme::Rsa { bytes: 384 }, 51), (Scheme::Ed25519, 100)]
        {
            assert_eq!(scheme.input(&[7; 100]).len(), length);
        }
        assert!(matches!(Scheme::of(KeyType::P521), Err(HsmError::KeyMechanism(_))));
    }

    #[test]
    fn lengths_of_other_schemes_are_refused() {
        assert_eq!(Scheme::EcdsaP384.encode(vec![1; 64]), None);
        assert_eq!(Scheme::EcdsaP256.encode(vec![1; 96]), None);
        assert_eq!(Scheme::Rsa { bytes: 384 }.encode(vec![1; 512]), None);
        assert_eq!(Scheme::Ed25519.encode(vec![1; 65]), None);
        assert_eq!(Scheme::EcdsaP256.encode([&[0; 32][..], &[1; 32]].concat()), None);
        assert_eq!(Scheme::EcdsaP256.encode([&[1; 32][..], &[0; 32]].concat()), None);
    }

    proptest! {
        #[test]
        fn numbers_become_minimal_der_and_read_back(raw in proptest::collection::vec(any::<u8>(), 64..=64), lead in 0..33_usize) {
            let mut raw = raw;
            raw[..lead.min(31)].fill(0);
            raw[31] |= 1;
            raw[63] |= 1;
            let der = ecdsa_der(&raw, 64).unwrap();
            let read: EcdsaSignature<'_> = der::Decode::from_der(&der).unwrap();
            let widen = |number: UintRef<'_>| [&vec![0; 32 - number.as_bytes().len()][..], number.as_bytes()].concat();
            prop_assert_eq!([widen(read.r), widen(read.s)].concat(), raw);
        }
    }
}
