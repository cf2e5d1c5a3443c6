//! Writes names.

use der::asn1::ObjectIdentifier;

use super::{NameError, TYPES, string};
use crate::pki::exact::{element, tag};

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;

/// The DER of a Name.
pub(super) fn name(rdns: &[&[(&str, &str)]]) -> Result<Vec<u8>, NameError> {
    let rdns = rdns.iter().map(|attributes| rdn(attributes)).collect::<Result<Vec<_>, _>>()?;
    Ok(element(tag::SEQUENCE, &slices(&rdns)))
}

fn rdn(attributes: &[(&str, &str)]) -> Result<Vec<u8>, NameError> {
    let mut encoded = attributes.iter().map(|pair| attribute(*pair)).collect::<Result<Vec<_>, _>>()?;
    encoded.sort();
    Ok(element(tag::SET, &slices(&encoded)))
}

fn attribute((type_name, text): (&str, &str)) -> Result<Vec<u8>, NameError> {
    let known = TYPES.iter().find(|(name, ..)| *name == type_name).map(|(_, oid, _)| *oid);
    let oid = known.or_else(|| ObjectIdentifier::new(type_name).ok());
    let oid = oid.ok_or_else(|| NameError::Type(crate::wire::text::clip(type_name, 64)))?;
    let kind = match type_name {
        "DC" | "EMAIL" => IA5_STRING,
        _ if text.bytes().all(string::is_printable) => PRINTABLE_STRING,
        _ => UTF8_STRING,
    };
    let oid = element(tag::OBJECT_IDENTIFIER, &[oid.as_bytes()]);
    Ok(element(tag::SEQUENCE, &[&oid, &element(kind, &[text.as_bytes()])]))
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}
