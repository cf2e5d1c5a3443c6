//! Which key signed.

use der::Encode;
use x509_cert::ext::pkix;

use super::list::value;
use super::{Extension, oid};
use crate::pki::exact::{NotDer, element, tag};
use crate::pki::serial::Serial;

/// authorityKeyIdentifier (RFC 5280, 4.2.1.1)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// The key identifier, which should be the issuer's subjectKeyIdentifier.
    pub key_id: Option<Vec<u8>>,
    /// The DER of the names of the issuer's issuer; airlock never writes them.
    pub issuer: Option<Vec<u8>>,
    /// The serial number of the issuer's certificate; airlock never writes it.
    pub serial: Option<Serial>,
}

impl AuthorityKeyId {
    pub(super) fn from_der(der: &[u8]) -> Result<Self, NotDer> {
        let read: pkix::AuthorityKeyIdentifier = value(der)?;
        let serial = read.authority_cert_serial_number.map(|serial| Serial::from_octets(serial.as_bytes()));
        Ok(Self {
            key_id: read.key_identifier.map(|id| id.into_bytes().into()),
            issuer: read.authority_cert_issuer.map(|names| names.to_der()).transpose()?,
            serial: serial.transpose().map_err(|_| NotDer)?,
        })
    }
}

impl Extension {
    /// An authorityKeyIdentifier of the key identifier alone (RFC 5280, 4.2.1.1), which is never critical.
    pub fn authority_key_id(id: &[u8]) -> Self {
        Self::new(oid::AUTHORITY_KEY_ID, false, element(tag::SEQUENCE, &[&element(0x80, &[id])]))
    }
}
