//! Certificate revocation lists, version 2 (RFC 5280, 5), made in two phases like certificates.
//!
//! Only lists of our own making are read: a cRLNumber and the key identifier of the issuer, nothing else. The authority
//! key identifier is the issuer's *subject* key identifier; the builder of x509-cert takes the issuer's authority's.

use der::Encode;
use x509_cert::crl::TbsCertList;
use x509_cert::time::Time;

use super::certificate::{Certificate, TbsCertificate};
use super::exact::{self, element, tag};
use super::extension::{Extension, Extensions, KeyUsage, oid};
use super::key::{KeyError, PublicKey, SignatureAlgorithm};
use super::name::Name;
use super::serial::Serial;
use super::signed;
use super::validity::{time_der, timestamp};
use crate::wire::digest::Digest;
use crate::wire::pem;
use crate::wire::time::Timestamp;

mod entry;
mod error;

pub use entry::{RevocationReason, Revoked};
pub use error::CrlError;

/// The largest list that is read, in bytes of DER: some 20 000 entries.
pub const MAX_DER: usize = 1024 * 1024;

/// What a list says, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlFields {
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
    /// The issuer's subject.
    pub issuer: Name,
    /// The issuer's subjectKeyIdentifier.
    pub issuer_key_id: Vec<u8>,
    /// cRLNumber, rising with each list of the issuer.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next will stand ready at the latest.
    pub next_update: Timestamp,
    /// Whom it names, in any order, each serial once.
    pub revoked: Vec<Revoked>,
}

/// The exact bytes that are signed, with what they say.
#[derive(Debug, Clone)]
pub struct TbsCrl {
    der: Vec<u8>,
    fields: CrlFields,
}

/// A parsed list; its signature is not verified by parsing.
#[derive(Debug, Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs: TbsCrl,
    signature: Vec<u8>,
}

impl CrlFields {
    /// An empty list of `issuer`, which is legal, and whose own certificate may yet have to be signed; push what is
    /// revoked.
    ///
    /// # Errors
    /// [`CrlError::IssuerUsage`] where `issuer` may not sign lists.
    pub fn of(
        issuer: &TbsCertificate,
        algorithm: SignatureAlgorithm,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Self, CrlError> {
        let issuer_key_id = list_key_id(issuer)?.to_vec();
        let issuer = issuer.subject().clone();
        Ok(Self { algorithm, issuer, issuer_key_id, number, this_update, next_update, revoked: Vec::new() })
    }
}

impl TbsCrl {
    /// Writes `fields`, and reads them back.
    ///
    /// # Errors
    /// What [`Self::from_der`] would refuse.
    pub fn finalize(fields: &CrlFields) -> Result<Self, CrlError> {
        const VERSION_2: &[u8] = &[2, 1, 1];
        let entries: Vec<_> = fields.revoked.iter().map(Revoked::to_der).collect();
        let entries = match entries.as_slice() {
            [] => Vec::new(),
            some => element(tag::SEQUENCE, &some.iter().map(Vec::as_slice).collect::<Vec<_>>()),
        };
        let extensions = Extensions::new(vec![
            Extension::authority_key_id(&fields.issuer_key_id),
            Extension::new(oid::CRL_NUMBER, false, fields.number.to_der().map_err(|_| CrlError::Encoding)?),
        ])?;
        Self::from_der(&element(
            tag::SEQUENCE,
            &[
                VERSION_2,
                fields.algorithm.der(),
                fields.issuer.der(),
                &time_der(fields.this_update),
                &time_der(fields.next_update),
                &entries,
                &element(0xa0, &[&extensions.to_der()]),
            ],
        ))
    }

    /// Reads a DER TBSCertList, which must fill `der`.
    ///
    /// # Errors
    /// Any [`CrlError`] but those of signatures, issuers and PEM.
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        if der.len() > MAX_DER {
            return Err(CrlError::Size(der.len()));
        }
        let not_der = |_| CrlError::Encoding;
        let list: TbsCertList = exact::decode(der).map_err(|_| CrlError::Encoding)?;
        let empty_list = list.revoked_certificates.as_ref().is_some_and(Vec::is_empty);
        if list.version != x509_cert::Version::V2 || empty_list {
            return Err(CrlError::Encoding);
        }
        let algorithm = SignatureAlgorithm::from_der(&list.signature.to_der().map_err(not_der)?)?;
        let issuer = Name::read(&list.issuer, list.issuer.to_der().map_err(not_der)?.into())?;
        let (issuer_key_id, number) = extensions(list.crl_extensions)?;
        let (this_update, next_update) = (time(list.this_update)?, time(list.next_update.ok_or(CrlError::Encoding)?)?);
        if next_update <= this_update {
            return Err(CrlError::Times { this_update, next_update });
        }
        let revoked = entry::read(list.revoked_certificates.unwrap_or_default())?;
        let fields = CrlFields { algorithm, issuer, issuer_key_id, number, this_update, next_update, revoked };
        Ok(Self { der: der.to_vec(), fields })
    }

    /// Puts `signature` under these bytes, unverified: ask [`Crl::verify_issued_by`] next.
    pub fn assemble(self, signature: &[u8]) -> Crl {
        let der = signed::join(&self.der, self.fields.algorithm, signature);
        Crl { der, tbs: self, signature: signature.to_vec() }
    }

    /// The exact bytes that are signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the bytes that are signed.
    pub fn tbs_sha256(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// All that it says.
    pub fn fields(&self) -> &CrlFields {
        &self.fields
    }
}

impl Crl {
    /// Reads a DER list, which must fill `der`.
    ///
    /// # Errors
    /// Any [`CrlError`] but those of signatures and issuers.
    pub fn parse_der(der: &[u8]) -> Result<Self, CrlError> {
        if der.len() > MAX_DER {
            return Err(CrlError::Size(der.len()));
        }
        let parts = signed::split(der).map_err(|_| CrlError::Encoding)?;
        let tbs = TbsCrl::from_der(parts.body)?;
        if parts.algorithm != tbs.fields.algorithm.der() {
            return Err(CrlError::TwoAlgorithms);
        }
        Ok(Self { der: der.to_vec(), signature: parts.signature.to_vec(), tbs })
    }

    /// Reads one strict PEM block and nothing else.
    ///
    /// # Errors
    /// As [`Self::parse_der`], and [`CrlError::Pem`].
    pub fn parse_pem(text: &[u8]) -> Result<Self, CrlError> {
        Self::parse_der(&pem::decode(pem::X509_CRL, text)?)
    }

    /// The exact DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// One strict PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(pem::X509_CRL, &self.der)
    }

    /// The bytes that are signed, and what they say.
    pub fn tbs(&self) -> &TbsCrl {
        &self.tbs
    }

    /// The entry of a certificate, where it is revoked.
    pub fn find(&self, serial: &Serial) -> Option<&Revoked> {
        self.tbs.fields.revoked.iter().find(|entry| entry.serial == *serial)
    }

    /// Verifies the signature under `issuer`, and nothing else.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] and [`KeyError::Signature`].
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), KeyError> {
        issuer.verify(self.tbs.fields.algorithm, &self.tbs.der, &self.signature)
    }

    /// Verifies that `issuer` may sign lists and signed this one: names equal by DER, key identifiers equal, keyUsage
    /// cRLSign (RFC 5280, 6.3.3 f).
    ///
    /// # Errors
    /// [`CrlError::Issuer`], [`CrlError::IssuerUsage`] and [`CrlError::Key`].
    pub fn verify_issued_by(&self, issuer: &Certificate) -> Result<(), CrlError> {
        let fields = &self.tbs.fields;
        if fields.issuer != *issuer.subject() || fields.issuer_key_id != list_key_id(issuer)? {
            let (list, certificate) = (fields.issuer.clone(), issuer.subject().clone());
            return Err(CrlError::Issuer { list, certificate });
        }
        Ok(self.verify_signed_by(issuer.public_key())?)
    }
}

/// The key identifier under which `issuer` may sign lists.
fn list_key_id(issuer: &TbsCertificate) -> Result<&[u8], CrlError> {
    let usage = issuer.extensions().key_usage();
    let may_sign = issuer.is_ca() && usage.is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGN));
    issuer.extensions().subject_key_id().filter(|_| may_sign).ok_or(CrlError::IssuerUsage)
}

fn time(time: Time) -> Result<Timestamp, CrlError> {
    let read = timestamp(time).map_err(|_| CrlError::Encoding)?;
    // x509-cert takes GeneralizedTime before 2050 here.
    if time.to_der().is_ok_and(|der| der == time_der(read)) { Ok(read) } else { Err(CrlError::Encoding) }
}

/// The issuer's key identifier and the number of the list.
fn extensions(list: Option<x509_cert::ext::Extensions>) -> Result<(Vec<u8>, u64), CrlError> {
    let all = Extensions::read(list.unwrap_or_default())?;
    let key_id = all.authority_key_id().filter(|id| id.issuer.is_none() && id.serial.is_none());
    let key_id = key_id.and_then(|id| id.key_id.clone());
    let number = all.find(oid::CRL_NUMBER).and_then(|number| exact::decode::<u64>(&number.value).ok());
    let in_order = all.all().iter().map(|extension| extension.oid).eq([oid::AUTHORITY_KEY_ID, oid::CRL_NUMBER]);
    let critical = all.all().iter().any(|extension| extension.critical);
    match (key_id, number) {
        (Some(key_id), Some(number)) if in_order && !critical => Ok((key_id, number)),
        _ => Err(CrlError::Extensions),
    }
}

#[cfg(test)]
mod tests;
