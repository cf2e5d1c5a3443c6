//! What a request, a certificate and a CRL have in common: a body, an algorithm and a signature over the body's bytes.

use der::asn1::BitStringRef;
use der::{Reader, SliceReader};

use super::exact::{NotDer, element, tag};
use super::key::SignatureAlgorithm;

/// The three parts as they stand in the DER.
pub(crate) struct Signed<'a> {
    /// The whole element that is signed.
    pub(crate) body: &'a [u8],
    /// The whole AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    /// The octets of the signature.
    pub(crate) signature: &'a [u8],
}

/// Splits `der` without looking into its parts.
pub(crate) fn split(der: &[u8]) -> Result<Signed<'_>, NotDer> {
    let mut reader = SliceReader::new(der)?;
    let parts = reader.sequence(|reader| {
        let body = reader.tlv_bytes()?;
        let algorithm = reader.tlv_bytes()?;
        let bits: BitStringRef<'_> = reader.decode()?;
        Ok::<_, der::Error>((body, algorithm, bits))
    })?;
    reader.finish()?;
    let (body, algorithm, bits) = parts;
    Ok(Signed { body, algorithm, signature: bits.as_bytes().ok_or(NotDer)? })
}

/// Puts the three parts together.
pub(crate) fn join(body: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    element(tag::SEQUENCE, &[body, algorithm.der(), &element(tag::BIT_STRING, &[&[0], signature])])
}
