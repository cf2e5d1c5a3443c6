//! Certification requests, PKCS#10 (RFC 2986): to parse one is to have proven possession of its key.
//!
//! The proof is verified over the bytes of the CertificationRequestInfo as they came. It has no nonce, so it shows that
//! the key was held once, not that the request is fresh: that an old request is not used again is for the rules above
//! this floor to see.
//!
//! Of attributes there may be one extensionRequest and nothing else. A challengePassword is a secret that would lie in
//! clear on media and in the log; Microsoft's own extension attribute is read by some programs and not by others.

use std::fmt;

use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::{AnyRef, IntRef, ObjectIdentifier};
use der::referenced::OwnedToRef as _;
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use thiserror::Error;
use x509_cert::attr::Attributes;
use x509_cert::request::CertReqInfo;

use super::exact::{self, element, tag};
use super::extension::{ExtensionError, Extensions};
use super::key::{KeyError, PublicKey, SignatureAlgorithm};
use super::name::{Name, NameError};
use super::san::SubjectAltNames;
use super::signed;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::pem::{self, PemError};
use crate::wire::text;

/// The largest request that is read, in bytes of DER.
pub const MAX_DER: usize = 16 * 1024;
/// The largest PEM text that is decoded, in bytes: the base64 of [`MAX_DER`] with room for text around it.
pub const MAX_TEXT: usize = 2 * MAX_DER;

/// The label that openssl wrote before 1.0 and Microsoft still writes.
const NEW_CERTIFICATE_REQUEST: &str = "NEW CERTIFICATE REQUEST";
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");
const MICROSOFT_EXTENSIONS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");

/// A request whose signature was verified under its own key.
///
/// Nothing of it is changed or dropped: the subject keeps its DER, the requested extensions keep theirs.
#[derive(Clone)]
pub struct Csr {
    der: Vec<u8>,
    algorithm: SignatureAlgorithm,
    asked: Asked,
}

/// What a CertificationRequestInfo says.
#[derive(Clone)]
struct Asked {
    subject: Name,
    public_key: PublicKey,
    extensions: Extensions,
}

/// The bytes that the holder of the key has yet to sign.
pub struct RequestInfo {
    der: Vec<u8>,
}

/// The claim that the signature of one request was verified before and that this stands in the log.
///
/// ```
/// use airlock::pki::csr::ProvenBefore;
/// use airlock::wire::digest::Digest;
///
/// let proof = ProvenBefore::the_log_says_this_request_was_verified(Digest::of(b"request"));
/// ```
///
/// ```compile_fail
/// use airlock::pki::csr::ProvenBefore;
/// use airlock::wire::digest::Digest;
///
/// let proof = ProvenBefore { csr_sha256: Digest::of(b"request") };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenBefore {
    csr_sha256: Digest,
}

/// Why a request was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CsrError {
    /// Longer than [`MAX_DER`] or, as text, than [`MAX_TEXT`].
    #[error("the request has {0} bytes, more than the {MAX_DER} of DER or {MAX_TEXT} of text that are read")]
    Size(usize),
    /// Not a DER CertificationRequest.
    #[error("the request is not DER of the one valid form")]
    Encoding,
    /// Not version 1.
    #[error("the request is not of version 1")]
    Version,
    /// More than one extensionRequest, or one with more than one value.
    #[error("the request asks for extensions in more than one place")]
    TwoExtensionRequests,
    /// A secret in the request.
    #[error("the request holds a challenge password in clear")]
    ChallengePassword,
    /// Microsoft's form of the extensionRequest.
    #[error("the request asks for extensions in the attribute of Microsoft")]
    MicrosoftExtensions,
    /// Any other attribute.
    #[error("the request holds the attribute {0}, which is not used")]
    Attribute(ObjectIdentifier),
    /// The signature does not verify under the requested key.
    #[error("the request does not prove possession of its key: its signature does not verify")]
    Possession,
    /// The bytes are not those that were proven before.
    #[error("the request is not the one whose proof of possession stands in the log")]
    NotProven,
    /// The file does not hold exactly one request.
    #[error("the file holds {0} requests, expected one")]
    Count(usize),
    /// The file holds something beside the request.
    #[error("the file holds a block labelled {0:?} beside the request")]
    Label(String),
    /// Not the PEM we want.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The subject.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The key or the algorithm.
    #[error(transparent)]
    Key(KeyError),
    /// The requested extensions.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
}

impl From<KeyError> for CsrError {
    fn from(error: KeyError) -> Self {
        if error == KeyError::Signature { Self::Possession } else { Self::Key(error) }
    }
}

impl Refusal for CsrError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Size(_) => verification("CSR_SIZE", "make a request for one Kubernetes identity"),
            Self::Encoding => verification("CSR_ENCODING", "make the request again with a tool that writes DER"),
            Self::Version => verification("CSR_VERSION", "make the request again with a tool that follows RFC 2986"),
            Self::TwoExtensionRequests => verification("CSR_TWO_EXTENSION_REQUESTS", "ask for extensions once"),
            Self::ChallengePassword => verification(
                "CSR_CHALLENGE_PASSWORD",
                "make the request again without it, and use that password no more",
            ),
            Self::MicrosoftExtensions => {
                verification("CSR_MICROSOFT_EXTENSIONS", "ask for extensions in the attribute of RFC 2985")
            }
            Self::Attribute(_) => verification("CSR_ATTRIBUTE", "make the request again without other attributes"),
            Self::Possession => verification("CSR_POSSESSION", "make the request again with the key it asks for"),
            Self::NotProven => Reason::new(Class::Inconsistent, "CSR_NOT_PROVEN", "stop; stored state was changed"),
            Self::Count(_) => verification("CSR_COUNT", "give a file with one request"),
            Self::Label(_) => verification("CSR_LABEL", "give a file with the request alone; a private key stays home"),
            Self::Pem(_) => verification("CSR_PEM", "give one PEM block labelled CERTIFICATE REQUEST"),
            Self::Name(error) => error.reason(),
            Self::Key(error) => error.reason(),
            Self::Extension(error) => error.reason(),
        }
    }
}

impl ProvenBefore {
    /// Claims that the log holds the entry which records that [`Csr::parse_der`] accepted the request of this digest.
    /// Whoever calls this has just read that entry from a verified log: nothing else may lead here.
    pub fn the_log_says_this_request_was_verified(csr_sha256: Digest) -> Self {
        Self { csr_sha256 }
    }
}

impl Csr {
    /// Reads a DER request, which must fill `der`, and verifies its proof of possession.
    ///
    /// # Errors
    /// Any [`CsrError`] but those of PEM.
    pub fn parse_der(der: &[u8]) -> Result<Self, CsrError> {
        let (csr, body, signature) = Self::read(der)?;
        csr.asked.public_key.verify(csr.algorithm, body, signature)?;
        Ok(csr)
    }

    /// Reads one strict PEM block and nothing else.
    ///
    /// # Errors
    /// Any [`CsrError`].
    pub fn parse_pem(text: &[u8]) -> Result<Self, CsrError> {
        if text.len() > MAX_TEXT {
            return Err(CsrError::Size(text.len()));
        }
        Self::parse_der(&pem::decode(pem::CERTIFICATE_REQUEST, text)?)
    }

    /// Reads a file as openssl, kubeadm or Microsoft write it: there may be text around the block, but one block only.
    ///
    /// # Errors
    /// Any [`CsrError`].
    pub fn parse_foreign(text: &str) -> Result<Self, CsrError> {
        if text.len() > MAX_TEXT {
            return Err(CsrError::Size(text.len()));
        }
        let blocks = pem::blocks(text)?;
        let is_csr = |label: &str| label == pem::CERTIFICATE_REQUEST || label == NEW_CERTIFICATE_REQUEST;
        if let Some((label, _)) = blocks.iter().find(|(label, _)| !is_csr(label)) {
            return Err(CsrError::Label(text::clip(label, 64)));
        }
        match blocks.as_slice() {
            [(_, der)] => Self::parse_der(der),
            _ => Err(CsrError::Count(blocks.len())),
        }
    }

    /// Reads a request again whose proof of possession was verified before and stands in the log; every other check is
    /// made again.
    ///
    /// # Errors
    /// [`CsrError::NotProven`] for other bytes than those of `proof`, and any other.
    pub fn assume_proven(der: &[u8], proof: ProvenBefore) -> Result<Self, CsrError> {
        if Digest::of(der) != proof.csr_sha256 {
            return Err(CsrError::NotProven);
        }
        Self::read(der).map(|(csr, ..)| csr)
    }

    /// All but the proof: the request, and the bytes and the signature that would prove it.
    fn read(der: &[u8]) -> Result<(Self, &[u8], &[u8]), CsrError> {
        if der.len() > MAX_DER {
            return Err(CsrError::Size(der.len()));
        }
        let parts = signed::split(der).map_err(|_| CsrError::Encoding)?;
        let algorithm = SignatureAlgorithm::from_der(parts.algorithm)?;
        let asked = Asked::from_der(parts.body)?;
        Ok((Self { der: der.to_vec(), algorithm, asked }, parts.body, parts.signature))
    }

    /// The exact DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// One strict PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(pem::CERTIFICATE_REQUEST, &self.der)
    }

    /// SHA-256 of the DER.
    pub fn sha256(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Whom it asks to be named.
    pub fn subject(&self) -> &Name {
        &self.asked.subject
    }

    /// The key whose possession it proves.
    pub fn public_key(&self) -> &PublicKey {
        &self.asked.public_key
    }

    /// How it is signed.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Every extension it asks for, in order. They are wishes: what is issued comes from the profile.
    pub fn requested(&self) -> &Extensions {
        &self.asked.extensions
    }

    /// The subject alternative names it asks for.
    pub fn subject_alt_names(&self) -> Option<&SubjectAltNames> {
        self.asked.extensions.subject_alt_names()
    }
}

impl RequestInfo {
    /// Writes the CertificationRequestInfo for `subject` and `public_key`, with an extensionRequest where `extensions`
    /// holds any.
    pub fn new(subject: &Name, public_key: &PublicKey, extensions: &Extensions) -> Self {
        let attribute = || {
            let oid = element(tag::OBJECT_IDENTIFIER, &[ID_EXTENSION_REQ.as_bytes()]);
            element(tag::SEQUENCE, &[&oid, &element(tag::SET, &[&extensions.to_der()])])
        };
        let attributes = if extensions.all().is_empty() { Vec::new() } else { attribute() };
        let version = element(tag::INTEGER, &[&[0]]);
        let parts = [&version, subject.der(), public_key.der(), &element(0xa0, &[&attributes])];
        Self { der: element(tag::SEQUENCE, &parts) }
    }

    /// The bytes to sign.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Puts `signature` under these bytes and reads the whole as anyone else would.
    ///
    /// # Errors
    /// [`CsrError::Possession`] for another key or other bytes, and any other.
    pub fn assemble(&self, algorithm: SignatureAlgorithm, signature: &[u8]) -> Result<Csr, CsrError> {
        Csr::parse_der(&signed::join(&self.der, algorithm, signature))
    }
}

impl Asked {
    fn from_der(der: &[u8]) -> Result<Self, CsrError> {
        match version(der) {
            Some([0]) => {}
            Some(_) => return Err(CsrError::Version),
            None => return Err(CsrError::Encoding),
        }
        let not_der = |_| CsrError::Encoding;
        let info: CertReqInfo = exact::decode(der).map_err(|_| CsrError::Encoding)?;
        let key = &info.public_key;
        // What was encoded again whole without a difference is encoded again in parts without one.
        Ok(Self {
            subject: Name::read(&info.subject, info.subject.to_der().map_err(not_der)?.into())?,
            public_key: PublicKey::read(key.owned_to_ref(), key.to_der().map_err(not_der)?.into())?,
            extensions: requested(&info.attributes)?,
        })
    }
}

/// The octets of the INTEGER that a CertificationRequestInfo begins with.
fn version(info: &[u8]) -> Option<&[u8]> {
    let info = AnyRef::from_der(info).ok().filter(|info| info.tag() == Tag::Sequence)?;
    let mut reader = SliceReader::new(info.value()).ok()?;
    reader.decode::<IntRef<'_>>().ok().map(|version| version.as_bytes())
}

fn requested(attributes: &Attributes) -> Result<Extensions, CsrError> {
    for attribute in attributes.iter() {
        match attribute.oid {
            ID_EXTENSION_REQ => {}
            CHALLENGE_PASSWORD => return Err(CsrError::ChallengePassword),
            MICROSOFT_EXTENSIONS => return Err(CsrError::MicrosoftExtensions),
            other => return Err(CsrError::Attribute(other)),
        }
    }
    let mut values = attributes.iter().flat_map(|attribute| attribute.values.iter());
    match (attributes.len(), values.next(), values.next()) {
        (0, None, None) => Ok(Extensions::default()),
        (1, Some(value), None) => Ok(Extensions::from_der(&value.to_der().map_err(|_| CsrError::Encoding)?)?),
        (1, None, _) => Err(CsrError::Encoding),
        _ => Err(CsrError::TwoExtensionRequests),
    }
}

impl PartialEq for Csr {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Csr {}

impl fmt::Debug for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Csr({}, {})", self.subject(), self.sha256())
    }
}

#[cfg(test)]
mod tests;
