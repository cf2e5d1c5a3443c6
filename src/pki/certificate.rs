//! Certificates (RFC 5280, 4.1), and the TBS bytes they are made of.
//!
//! A certificate is made in two phases: the TBS bytes are written and frozen as a [`TbsCertificate`], people approve
//! them, and a signature turns the very same bytes into a [`Certificate`].

use std::fmt;
use std::ops::Deref;

use der::referenced::OwnedToRef as _;
use der::{Reader as _, SliceReader};
use thiserror::Error;

use super::exact::{self, NotDer, element, tag};
use super::extension::{ExtensionError, Extensions};
use super::key::{KeyError, PublicKey, SignatureAlgorithm, Verifier};
use super::name::{Name, NameError};
use super::san::SubjectAltNames;
use super::serial::{Serial, SerialError};
use super::signed;
use super::validity::{Validity, ValidityError};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::pem::{self, PemError};

/// The largest certificate that is read, in bytes of DER.
pub const MAX_DER: usize = 64 * 1024;

/// What a version 3 certificate says, before it is signed.
#[derive(Debug, Clone)]
pub struct TbsFields {
    /// Its number under its issuer.
    pub serial: Serial,
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
    /// Who will sign it: the issuer's subject, byte for byte.
    pub issuer: Name,
    /// From when until when it is valid.
    pub validity: Validity,
    /// Whom it names.
    pub subject: Name,
    /// The key it binds to that name.
    pub public_key: PublicKey,
    /// In the order in which they will stand there.
    pub extensions: Extensions,
}

/// The exact bytes that are signed, with what they say.
#[derive(Debug, Clone)]
pub struct TbsCertificate {
    der: Vec<u8>,
    fields: TbsFields,
}

/// A parsed version 3 certificate; its signature is not verified by parsing. It dereferences to its TBS.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: TbsCertificate,
    signature: Vec<u8>,
}

/// Why a certificate was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CertificateError {
    /// Longer than [`MAX_DER`].
    #[error("the certificate has {0} bytes, more than {MAX_DER}")]
    Size(usize),
    /// Not a DER certificate of version 3.
    #[error("not a version 3 certificate in DER of the one valid form")]
    Encoding,
    /// The algorithm inside the TBS is not the one outside.
    #[error("the certificate names two signature algorithms")]
    TwoAlgorithms,
    /// The file does not hold exactly one certificate.
    #[error("the file holds {0} certificates, expected one")]
    Count(usize),
    /// Not the PEM we want.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// Issuer or subject.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The serial number.
    #[error(transparent)]
    Serial(#[from] SerialError),
    /// The validity.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// The key, the algorithm or the signature.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The extensions.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
}

impl Refusal for CertificateError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Size(_) => {
                verification("CERTIFICATE_SIZE", "this is no certificate of a Kubernetes cluster; look at it")
            }
            Self::Encoding => verification("CERTIFICATE_ENCODING", "have it issued again with a tool that writes DER"),
            Self::TwoAlgorithms => verification("CERTIFICATE_TWO_ALGORITHMS", "treat it as tampered with"),
            Self::Count(_) => verification("CERTIFICATE_COUNT", "give a file with one certificate"),
            Self::Pem(_) => verification("CERTIFICATE_PEM", "give one PEM block, 64 columns, labelled CERTIFICATE"),
            Self::Name(error) => error.reason(),
            Self::Serial(error) => error.reason(),
            Self::Validity(error) => error.reason(),
            Self::Key(error) => error.reason(),
            Self::Extension(error) => error.reason(),
        }
    }
}

impl TbsCertificate {
    /// Writes `fields` as the TBS of a version 3 certificate, and reads it back. A name, a key and extensions that come
    /// back byte for byte were read when they became fields, and are not read a second time.
    ///
    /// # Errors
    /// What [`Self::from_der`] would refuse.
    pub fn finalize(fields: &TbsFields) -> Result<Self, CertificateError> {
        const VERSION_3: &[u8] = &[0xa0, 3, 2, 1, 2];
        let extensions = match fields.extensions.all() {
            [] => Vec::new(),
            _ => element(0xa3, &[&fields.extensions.to_der()]),
        };
        let der = element(
            tag::SEQUENCE,
            &[
                VERSION_3,
                &fields.serial.to_der(),
                fields.algorithm.der(),
                fields.issuer.der(),
                &fields.validity.to_der(),
                fields.subject.der(),
                fields.public_key.der(),
                &extensions,
            ],
        );
        Self::read(&der, Some(fields))
    }

    /// Reads a DER TBSCertificate of version 3 without unique identifiers, which must fill `der`.
    ///
    /// # Errors
    /// Any [`CertificateError`] but those of signatures and PEM.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        Self::read(der, None)
    }

    /// Reads `der`; parts that are those of `known` to the byte are taken from there.
    fn read(der: &[u8], known: Option<&TbsFields>) -> Result<Self, CertificateError> {
        if der.len() > MAX_DER {
            return Err(CertificateError::Size(der.len()));
        }
        let tbs: x509_cert::TbsCertificate = exact::decode(der).map_err(|_| CertificateError::Encoding)?;
        let unique_ids = tbs.issuer_unique_id().is_some() || tbs.subject_unique_id().is_some();
        if tbs.version() != x509_cert::Version::V3 || unique_ids {
            return Err(CertificateError::Encoding);
        }
        // What was encoded again whole without a difference would be encoded again in parts without one.
        let [_version, _serial, algorithm, issuer, _validity, subject, key] =
            parts(der).map_err(|NotDer| CertificateError::Encoding)?;
        let fields = TbsFields {
            serial: Serial::from_octets(tbs.serial_number().as_bytes())?,
            algorithm: SignatureAlgorithm::from_der(algorithm)?,
            issuer: Name::read_unless(known.map(|known| &known.issuer), tbs.issuer(), issuer)?,
            validity: Validity::read(tbs.validity())?,
            subject: Name::read_unless(known.map(|known| &known.subject), tbs.subject(), subject)?,
            public_key: match known.map(|known| &known.public_key) {
                Some(known) if known.der() == key => known.clone(),
                _ => PublicKey::read(tbs.subject_public_key_info().owned_to_ref(), key.into())?,
            },
            extensions: match (tbs.extensions(), known.map(|known| &known.extensions)) {
                (Some(list), _) if list.is_empty() => return Err(CertificateError::Encoding),
                (Some(list), Some(known)) if known.are(list) => known.clone(),
                (Some(list), _) => Extensions::read(list.clone())?,
                (None, _) => Extensions::default(),
            },
        };
        Ok(Self { der: der.to_vec(), fields })
    }

    /// Puts `signature` under these bytes, unverified: ask [`Certificate::verify_signed_by`] next.
    pub fn assemble(self, signature: &[u8]) -> Certificate {
        let der = signed::join(&self.der, self.fields.algorithm, signature);
        Certificate { der, tbs: self, signature: signature.to_vec() }
    }

    /// The exact bytes that are signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the bytes that are signed, the identity of a certificate in plans and in the log.
    pub fn tbs_sha256(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// All that it says.
    pub fn fields(&self) -> &TbsFields {
        &self.fields
    }

    /// Its number under its issuer.
    pub fn serial(&self) -> &Serial {
        &self.fields.serial
    }

    /// How it is signed.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.fields.algorithm
    }

    /// Who signs it.
    pub fn issuer(&self) -> &Name {
        &self.fields.issuer
    }

    /// From when until when it is valid.
    pub fn validity(&self) -> Validity {
        self.fields.validity
    }

    /// Whom it names.
    pub fn subject(&self) -> &Name {
        &self.fields.subject
    }

    /// The key it binds to its subject.
    pub fn public_key(&self) -> &PublicKey {
        &self.fields.public_key
    }

    /// Its extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.fields.extensions
    }

    /// Its subject alternative names.
    pub fn subject_alt_names(&self) -> Option<&SubjectAltNames> {
        self.fields.extensions.subject_alt_names()
    }

    /// Whether basicConstraints says CA.
    pub fn is_ca(&self) -> bool {
        self.fields.extensions.basic_constraints().is_some_and(|constraints| constraints.ca)
    }
}

impl Certificate {
    /// Reads a DER certificate, which must fill `der`.
    ///
    /// # Errors
    /// Any [`CertificateError`].
    pub fn parse_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_DER {
            return Err(CertificateError::Size(der.len()));
        }
        let parts = signed::split(der).map_err(|_| CertificateError::Encoding)?;
        let tbs = TbsCertificate::from_der(parts.body)?;
        if parts.algorithm != tbs.algorithm().der() {
            return Err(CertificateError::TwoAlgorithms);
        }
        Ok(Self { der: der.to_vec(), signature: parts.signature.to_vec(), tbs })
    }

    /// Reads one strict PEM block and nothing else.
    ///
    /// # Errors
    /// Any [`CertificateError`].
    pub fn parse_pem(text: &[u8]) -> Result<Self, CertificateError> {
        Self::parse_der(&pem::decode(pem::CERTIFICATE, text)?)
    }

    /// Reads every certificate of a foreign file in order, as a CA bundle or a kubeadm file holds them; text between
    /// the blocks and blocks with other labels are skipped.
    ///
    /// # Errors
    /// Any [`CertificateError`] of any of them.
    pub fn parse_foreign_all(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::blocks(text)?;
        blocks.iter().filter(|(label, _)| label == pem::CERTIFICATE).map(|(_, der)| Self::parse_der(der)).collect()
    }

    /// Reads the only certificate of a foreign file.
    ///
    /// # Errors
    /// [`CertificateError::Count`] where there is not exactly one, and any other.
    pub fn parse_foreign(text: &str) -> Result<Self, CertificateError> {
        let mut all = Self::parse_foreign_all(text)?;
        match (all.len(), all.pop()) {
            (1, Some(only)) => Ok(only),
            (count, _) => Err(CertificateError::Count(count)),
        }
    }

    /// The exact DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// One strict PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(pem::CERTIFICATE, &self.der)
    }

    /// The bytes that are signed, and what they say.
    pub fn tbs(&self) -> &TbsCertificate {
        &self.tbs
    }

    /// The octets of the signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the DER, as openssl prints it.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Verifies the signature over the TBS bytes under `issuer`. Names, validity and usages are not looked at.
    ///
    /// # Errors
    /// [`KeyError::AlgorithmMismatch`] and [`KeyError::Signature`].
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), KeyError> {
        issuer.verify(self.algorithm(), self.tbs_der(), &self.signature)
    }

    /// As [`Self::verify_signed_by`], with a key prepared for many.
    ///
    /// # Errors
    /// [`KeyError::Signature`], also where the certificate is signed with another algorithm than was prepared for.
    pub fn verify_with(&self, issuer: &Verifier) -> Result<(), KeyError> {
        if self.algorithm() != issuer.algorithm() {
            return Err(KeyError::Signature);
        }
        issuer.verify(self.tbs_der(), &self.signature)
    }

    /// Whether it names itself as its issuer and its own key verifies it.
    pub fn is_self_signed(&self) -> bool {
        self.issuer() == self.subject() && self.verify_signed_by(self.public_key()).is_ok()
    }
}

/// The DER of a certificate out of its three parts, none of which is looked at: for TBS bytes that were read before, and
/// name this algorithm.
pub fn join(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    signed::join(tbs, algorithm, signature)
}

/// The first seven elements of a TBSCertificate of version 3, as they stand in its DER.
fn parts(tbs: &[u8]) -> Result<[&[u8]; 7], NotDer> {
    let mut parts = [&[][..]; 7];
    SliceReader::new(tbs)?.sequence(|reader| {
        for part in &mut parts {
            *part = reader.tlv_bytes()?;
        }
        // What follows was read before: extensions, and no more than that.
        while !reader.is_finished() {
            reader.tlv_bytes()?;
        }
        Ok::<_, der::Error>(())
    })?;
    Ok(parts)
}

impl Deref for Certificate {
    type Target = TbsCertificate;

    fn deref(&self) -> &TbsCertificate {
        &self.tbs
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (serial {})", self.subject(), self.serial())
    }
}

#[cfg(test)]
mod tests;
