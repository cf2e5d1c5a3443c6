//! The signature algorithms airlock knows, each with the one encoding of its AlgorithmIdentifier.

use std::fmt;

use der::Decode;
use der::asn1::{AnyRef, ObjectIdentifier};

use super::KeyError;
use crate::pki::exact;

/// A signature algorithm of X.509 (RFC 5758, RFC 4055, RFC 8410).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256
    EcdsaSha256,
    /// ecdsa-with-SHA384
    EcdsaSha384,
    /// ecdsa-with-SHA512
    EcdsaSha512,
    /// sha256WithRSAEncryption, PKCS#1 v1.5
    RsaSha256,
    /// sha384WithRSAEncryption, PKCS#1 v1.5
    RsaSha384,
    /// sha512WithRSAEncryption, PKCS#1 v1.5
    RsaSha512,
    /// Ed25519
    Ed25519,
}

const ALL: [SignatureAlgorithm; 7] = [
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::EcdsaSha384,
    SignatureAlgorithm::EcdsaSha512,
    SignatureAlgorithm::RsaSha256,
    SignatureAlgorithm::RsaSha384,
    SignatureAlgorithm::RsaSha512,
    SignatureAlgorithm::Ed25519,
];

/// Algorithms that are refused as broken.
const WEAK: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.3.14.3.2.29", "sha1WithRSASignature"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10040.4.3", "dsa-with-sha1"),
];

/// Algorithms that are sound but not used here, by the name a person knows.
const UNUSED: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256"),
    ("1.3.101.113", "Ed448"),
    ("1.2.156.10197.1.501", "SM2-with-SM3"),
];

impl SignatureAlgorithm {
    /// The DER of its AlgorithmIdentifier: RSA with NULL (RFC 4055, 5), the others without parameters (RFC 5758, 3.2;
    /// RFC 8410, 3).
    pub const fn der(self) -> &'static [u8] {
        match self {
            Self::EcdsaSha256 => &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            Self::EcdsaSha384 => &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
            Self::EcdsaSha512 => &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4],
            Self::RsaSha256 => &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 5, 0],
            Self::RsaSha384 => &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0c, 5, 0],
            Self::RsaSha512 => &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0d, 5, 0],
            Self::Ed25519 => &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70],
        }
    }

    /// Reads an AlgorithmIdentifier, which must be exactly what [`Self::der`] gives for one of ours.
    ///
    /// # Errors
    /// [`KeyError::WeakAlgorithm`] and [`KeyError::UnknownAlgorithm`] with the name of what stands there,
    /// [`KeyError::AlgorithmEncoding`] for one of ours in another encoding, [`KeyError::Encoding`] for no algorithm.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        match ALL.into_iter().find(|known| known.der() == der) {
            Some(known) => Ok(known),
            None => Err(refusal(der)),
        }
    }

    /// The object identifier alone.
    fn oid(self) -> Option<ObjectIdentifier> {
        oid_of(self.der())
    }
}

/// The object identifier that an AlgorithmIdentifier begins with.
fn oid_of(der: &[u8]) -> Option<ObjectIdentifier> {
    let (oid, _) = AnyRef::from_der(der)
        .ok()?
        .sequence(|reader| {
            let oid = ObjectIdentifier::decode(reader)?;
            let parameters = Option::<AnyRef<'_>>::decode(reader)?;
            Ok::<_, der::Error>((oid, parameters))
        })
        .ok()?;
    exact::is_minimal(oid).then_some(oid)
}

/// Says by name what was read instead of one of ours.
fn refusal(der: &[u8]) -> KeyError {
    let Some(oid) = oid_of(der) else { return KeyError::Encoding };
    if let Some(ours) = ALL.into_iter().find(|known| known.oid() == Some(oid)) {
        return KeyError::AlgorithmEncoding(ours);
    }
    let dotted = oid.to_string();
    let named =
        |table: &[(&str, &'static str)]| table.iter().find(|(known, _)| *known == dotted).map(|(_, name)| *name);
    match (named(WEAK), named(UNUSED)) {
        (Some(name), _) => KeyError::WeakAlgorithm(name),
        (None, Some(name)) => KeyError::UnknownAlgorithm(name.to_owned()),
        (None, None) => KeyError::UnknownAlgorithm(dotted),
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaSha256 => "ecdsa-with-SHA256",
            Self::EcdsaSha384 => "ecdsa-with-SHA384",
            Self::EcdsaSha512 => "ecdsa-with-SHA512",
            Self::RsaSha256 => "sha256WithRSAEncryption",
            Self::RsaSha384 => "sha384WithRSAEncryption",
            Self::RsaSha512 => "sha512WithRSAEncryption",
            Self::Ed25519 => "Ed25519",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_algorithm_reads_back_from_its_one_encoding() {
        for algorithm in ALL {
            assert_eq!(SignatureAlgorithm::from_der(algorithm.der()), Ok(algorithm));
        }
    }

    #[test]
    fn other_parameters_are_refused() {
        let ecdsa_with_null = [&[0x30, 0x0c], &SignatureAlgorithm::EcdsaSha256.der()[2..], &[5, 0]].concat();
        let rsa_without_null = [&[0x30, 0x0b], &SignatureAlgorithm::RsaSha256.der()[2..13]].concat();
        for (der, algorithm) in
            [(ecdsa_with_null, SignatureAlgorithm::EcdsaSha256), (rsa_without_null, SignatureAlgorithm::RsaSha256)]
        {
            assert_eq!(SignatureAlgorithm::from_der(&der), Err(KeyError::AlgorithmEncoding(algorithm)));
        }
    }

    fn bare(oid: &str) -> Result<SignatureAlgorithm, KeyError> {
        let oid = ObjectIdentifier::new(oid).unwrap();
        let oid = exact::element(exact::tag::OBJECT_IDENTIFIER, &[oid.as_bytes()]);
        SignatureAlgorithm::from_der(&exact::element(exact::tag::SEQUENCE, &[&oid]))
    }

    #[test]
    fn others_are_refused_by_name() {
        assert_eq!(bare("1.2.840.113549.1.1.5"), Err(KeyError::WeakAlgorithm("sha1WithRSAEncryption")));
        assert_eq!(bare("1.2.840.113549.1.1.10"), Err(KeyError::UnknownAlgorithm("RSASSA-PSS".to_owned())));
        assert_eq!(bare("1.2.156.10197.1.501"), Err(KeyError::UnknownAlgorithm("SM2-with-SM3".to_owned())));
        assert_eq!(bare("1.3.6.1"), Err(KeyError::UnknownAlgorithm("1.3.6.1".to_owned())));
        let padded = [0x30, 0x0b, 6, 9, 0x2a, 0x80, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        for bad in [&padded[..], b""] {
            assert_eq!(SignatureAlgorithm::from_der(bad), Err(KeyError::Encoding));
        }
    }
}
