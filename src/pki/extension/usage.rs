//! What a key may do.

use std::fmt;

use der::Encode;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix;

use super::list::value;
use super::oid;
use crate::pki::exact::{self, NotDer, element, tag};

/// basicConstraints (RFC 5280, 4.2.1.9)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediate CAs may follow below.
    pub path_len: Option<u8>,
}

/// keyUsage (RFC 5280, 4.2.1.3), at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

/// extKeyUsage (RFC 5280, 4.2.1.12), at least one, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedKeyUsage(Vec<ObjectIdentifier>);

impl BasicConstraints {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, NotDer> {
        let read: pkix::BasicConstraints = value(der)?;
        Ok(Self { ca: read.ca, path_len: read.path_len_constraint })
    }

    /// The value of the extension.
    pub fn to_der(self) -> Vec<u8> {
        let value = pkix::BasicConstraints { ca: self.ca, path_len_constraint: self.path_len };
        value.to_der().unwrap_or_default()
    }
}

/// The bits and their names in RFC 5280, in order.
const NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

impl KeyUsage {
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// keyEncipherment
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// keyCertSign
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// cRLSign
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// These usages and those of `other`.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all usages of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn from_der(der: &[u8]) -> Result<Self, NotDer> {
        let read: pkix::KeyUsage = value(der)?;
        match read.0.bits() {
            0 => Err(NotDer),
            bits => Ok(Self(bits)),
        }
    }

    /// The value of the extension, a BIT STRING without trailing zero bits (X.690, 11.2.2).
    pub fn to_der(self) -> Vec<u8> {
        let [first, second] = self.0.reverse_bits().to_be_bytes();
        let (content, unused) = if second == 0 {
            (vec![first], first.trailing_zeros())
        } else {
            (vec![first, second], second.trailing_zeros())
        };
        element(tag::BIT_STRING, &[&unused.to_le_bytes()[..1], &content])
    }
}

impl fmt::Display for KeyUsage {
    /// The names of RFC 5280, joined by a comma and a blank.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name);
        f.write_str(&set.collect::<Vec<_>>().join(", "))
    }
}

impl ExtendedKeyUsage {
    /// Takes usages in their order; `None` for no usage.
    pub fn new(usages: &[ObjectIdentifier]) -> Option<Self> {
        if usages.is_empty() { None } else { Some(Self(usages.to_vec())) }
    }

    pub(super) fn from_der(der: &[u8]) -> Result<Self, NotDer> {
        let read: pkix::ExtendedKeyUsage = value(der)?;
        if read.0.iter().any(|usage| !exact::is_minimal(*usage)) {
            return Err(NotDer);
        }
        Self::new(&read.0).ok_or(NotDer)
    }

    /// The usages in their order.
    pub fn usages(&self) -> &[ObjectIdentifier] {
        &self.0
    }

    /// The value of the extension.
    pub fn to_der(&self) -> Vec<u8> {
        let each: Vec<_> = self.0.iter().map(|x| element(tag::OBJECT_IDENTIFIER, &[x.as_bytes()])).collect();
        element(tag::SEQUENCE, &each.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

impl fmt::Display for ExtendedKeyUsage {
    /// `serverAuth, clientAuth`, other usages as dotted object identifiers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |usage: &ObjectIdentifier| match *usage {
            oid::SERVER_AUTH => "serverAuth".to_owned(),
            oid::CLIENT_AUTH => "clientAuth".to_owned(),
            other => other.to_string(),
        };
        f.write_str(&self.0.iter().map(name).collect::<Vec<_>>().join(", "))
    }
}
