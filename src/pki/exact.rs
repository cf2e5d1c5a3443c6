//! DER with one valid encoding: what was read must be written again byte for byte.
//!
//! The `der` crate refuses indefinite and non-minimal lengths, but sorts unsorted sets, drops defaults that are written
//! out and takes object identifiers with padded arcs; comparing the re-encoding, and [`is_minimal`], close these.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};

use crate::wire::expected::Expected;

/// The bytes are not the DER encoding of the expected structure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotDer;

impl From<der::Error> for NotDer {
    fn from(_: der::Error) -> Self {
        Self
    }
}

/// Reads a `T` that fills `bytes` and that is encoded again as exactly `bytes`.
pub(crate) fn decode<'a, T>(bytes: &'a [u8]) -> Result<T, NotDer>
where
    T: Decode<'a, Error = der::Error> + Encode,
{
    let value = T::from_der(bytes)?;
    let mut expected = Expected::of(bytes);
    value.encode(&mut expected)?;
    if expected.is_done() { Ok(value) } else { Err(NotDer) }
}

/// Whether no arc of `oid` is padded with leading zeros (X.690, 8.19.2); `const-oid` does not look.
pub(crate) fn is_minimal(oid: ObjectIdentifier) -> bool {
    let mut arc_begins = true;
    oid.as_bytes().iter().all(|byte| {
        let padded = arc_begins && *byte == 0x80;
        arc_begins = byte & 0x80 == 0;
        !padded
    })
}

/// Writes one element: `tag` is its identifier octet, its content is the concatenation of `parts`.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = Vec::with_capacity(length + 6);
    der.push(tag);
    push_length(&mut der, length);
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

/// Appends the minimal definite form of `length` (X.690, 8.1.3 and 10.1).
fn push_length(der: &mut Vec<u8>, length: usize) {
    let bytes = length.to_be_bytes();
    let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if length < 0x80 {
        der.push(length.to_le_bytes()[0]);
    } else {
        der.push(0x80 | digits.len().to_le_bytes()[0]);
        der.extend_from_slice(&digits);
    }
}

/// Identifier octets that are written by hand.
pub(crate) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
}
