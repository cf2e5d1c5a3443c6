//! A list of extensions.

use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use thiserror::Error;

use super::{AuthorityKeyId, BasicConstraints, ExtendedKeyUsage, KeyUsage, oid};
use crate::pki::exact::{self, NotDer, element, tag};
use crate::pki::san::{SanError, SubjectAltNames};
use crate::refusal::{Class, Reason, Refusal};

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which one it is.
    pub oid: ObjectIdentifier,
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER of its value, the content of extnValue.
    pub value: Vec<u8>,
}

/// Extensions in their order, each at most once; the common ones are read, so that none of them is malformed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    list: Vec<Extension>,
    subject_alt_names: Option<SubjectAltNames>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Option<ExtendedKeyUsage>,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<AuthorityKeyId>,
}

/// Why extensions were refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ExtensionError {
    /// Not a DER list of extensions.
    #[error("the extensions are not DER of the one valid form")]
    Encoding,
    /// One extension twice (RFC 5280, 4.2, forbids it; programs differ in which they believe).
    #[error("the extension {0} stands there twice")]
    Duplicate(ObjectIdentifier),
    /// The value of a well-known extension is malformed.
    #[error("the value of the extension {0} is not DER of its one valid form")]
    Value(ObjectIdentifier),
    /// The subject alternative names are malformed.
    #[error(transparent)]
    San(#[from] SanError),
}

impl Refusal for ExtensionError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Encoding => verification("EXTENSIONS_ENCODING", "have it made again with a tool that writes DER"),
            Self::Duplicate(_) => verification("EXTENSION_DUPLICATE", "ask for each extension once"),
            Self::Value(_) => verification("EXTENSION_VALUE", "have it made again with a tool that follows RFC 5280"),
            Self::San(error) => error.reason(),
        }
    }
}

impl Extensions {
    /// Reads a DER Extensions, which must fill `der` and hold at least one.
    ///
    /// # Errors
    /// Any [`ExtensionError`].
    pub fn from_der(der: &[u8]) -> Result<Self, ExtensionError> {
        let list: x509_cert::ext::Extensions = exact::decode(der).map_err(|_| ExtensionError::Encoding)?;
        if list.is_empty() { Err(ExtensionError::Encoding) } else { Self::read(list) }
    }

    /// Takes `list` as it is, for writing; an empty one is fine.
    ///
    /// # Errors
    /// As [`Self::from_der`].
    pub fn new(list: Vec<Extension>) -> Result<Self, ExtensionError> {
        let mut all = Self::default();
        for extension in list {
            all.push(extension)?;
        }
        Ok(all)
    }

    /// Takes over what x509-cert parsed.
    pub(crate) fn read(list: x509_cert::ext::Extensions) -> Result<Self, ExtensionError> {
        Self::new(
            list.into_iter()
                .map(|x| Extension { oid: x.extn_id, critical: x.critical, value: x.extn_value.into_bytes().into() })
                .collect(),
        )
    }

    /// Whether x509-cert parsed these extensions, in their order.
    pub(crate) fn are(&self, list: &x509_cert::ext::Extensions) -> bool {
        let is = |(own, x): (&Extension, &x509_cert::ext::Extension)| {
            own.oid == x.extn_id && own.critical == x.critical && own.value == x.extn_value.as_bytes()
        };
        self.list.len() == list.len() && self.list.iter().zip(list).all(is)
    }

    fn push(&mut self, extension: Extension) -> Result<(), ExtensionError> {
        let Extension { oid, ref value, .. } = extension;
        if !exact::is_minimal(oid) {
            return Err(ExtensionError::Encoding);
        }
        if self.find(oid).is_some() {
            return Err(ExtensionError::Duplicate(oid));
        }
        let malformed = |NotDer| ExtensionError::Value(oid);
        match oid {
            oid::SUBJECT_ALT_NAME => self.subject_alt_names = Some(SubjectAltNames::from_der(value)?),
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(BasicConstraints::from_der(value).map_err(malformed)?)
            }
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage::from_der(value).map_err(malformed)?),
            oid::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Some(ExtendedKeyUsage::from_der(value).map_err(malformed)?);
            }
            oid::SUBJECT_KEY_ID => {
                let id: OctetString = exact::decode(value).map_err(malformed)?;
                self.subject_key_id = Some(id.into_bytes().into());
            }
            oid::AUTHORITY_KEY_ID => self.authority_key_id = Some(AuthorityKeyId::from_der(value).map_err(malformed)?),
            _ => {}
        }
        self.list.push(extension);
        Ok(())
    }

    /// All of them in their order.
    pub fn all(&self) -> &[Extension] {
        &self.list
    }

    /// The one with this object identifier.
    pub fn find(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.list.iter().find(|extension| extension.oid == oid)
    }

    /// subjectAltName
    pub fn subject_alt_names(&self) -> Option<&SubjectAltNames> {
        self.subject_alt_names.as_ref()
    }

    /// basicConstraints
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.basic_constraints
    }

    /// keyUsage
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    /// extKeyUsage
    pub fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.extended_key_usage.as_ref()
    }

    /// subjectKeyIdentifier
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.subject_key_id.as_deref()
    }

    /// authorityKeyIdentifier
    pub fn authority_key_id(&self) -> Option<&AuthorityKeyId> {
        self.authority_key_id.as_ref()
    }

    /// The DER value of nameConstraints.
    pub fn name_constraints(&self) -> Option<&[u8]> {
        self.find(oid::NAME_CONSTRAINTS).map(|extension| extension.value.as_slice())
    }

    /// The critical extensions that airlock does not read: a certificate with one must not be relied upon.
    pub fn unknown_critical(&self) -> Vec<ObjectIdentifier> {
        let known = [
            oid::SUBJECT_ALT_NAME,
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::EXTENDED_KEY_USAGE,
            oid::SUBJECT_KEY_ID,
            oid::AUTHORITY_KEY_ID,
            oid::NAME_CONSTRAINTS,
        ];
        self.list.iter().filter(|x| x.critical && !known.contains(&x.oid)).map(|x| x.oid).collect()
    }

    /// The DER Extensions; `SEQUENCE {}` where there is none.
    pub fn to_der(&self) -> Vec<u8> {
        let each: Vec<_> = self.list.iter().map(Extension::to_der).collect();
        element(tag::SEQUENCE, &each.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

impl Extension {
    /// Binds its three parts.
    pub fn new(oid: ObjectIdentifier, critical: bool, value: Vec<u8>) -> Self {
        Self { oid, critical, value }
    }

    /// A subjectKeyIdentifier (RFC 5280, 4.2.1.2), which is never critical.
    pub fn subject_key_id(id: &[u8]) -> Self {
        Self::new(oid::SUBJECT_KEY_ID, false, element(tag::OCTET_STRING, &[id]))
    }

    /// The DER Extension.
    pub fn to_der(&self) -> Vec<u8> {
        let oid = element(tag::OBJECT_IDENTIFIER, &[self.oid.as_bytes()]);
        let critical: &[u8] = if self.critical { &[0x01, 0x01, 0xff] } else { &[] };
        element(tag::SEQUENCE, &[&oid, critical, &element(tag::OCTET_STRING, &[&self.value])])
    }
}

/// Reads a value that x509-cert has a type for.
pub(super) fn value<T>(der: &[u8]) -> Result<T, NotDer>
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    exact::decode(der)
}
