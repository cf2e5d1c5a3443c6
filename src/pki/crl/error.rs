//! Why a revocation list was refused.

use thiserror::Error;

use super::MAX_DER;
use crate::pki::extension::ExtensionError;
use crate::pki::key::KeyError;
use crate::pki::name::{Name, NameError};
use crate::pki::serial::{Serial, SerialError};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::pem::PemError;
use crate::wire::time::Timestamp;

/// Why a list was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CrlError {
    /// Longer than [`MAX_DER`].
    #[error("the revocation list has {0} bytes, more than {MAX_DER}")]
    Size(usize),
    /// Not a DER CertificateList of version 2 in our form.
    #[error("not a version 2 revocation list in DER of the one valid form")]
    Encoding,
    /// Extensions other than cRLNumber and an authorityKeyIdentifier of a key identifier alone.
    #[error("the revocation list does not have exactly a number and the key identifier of its issuer")]
    Extensions,
    /// It ends before it begins.
    #[error("the revocation list of {this_update} has its next update at {next_update}")]
    Times {
        /// When it was made.
        this_update: Timestamp,
        /// When the next is promised.
        next_update: Timestamp,
    },
    /// A serial number twice.
    #[error("the serial number {0} stands twice in the revocation list")]
    Twice(Serial),
    /// A reason that does not exist here.
    #[error("the serial number {0} is revoked for a reason that is not used")]
    Reason(Serial),
    /// The algorithm inside is not the one outside.
    #[error("the revocation list names two signature algorithms")]
    TwoAlgorithms,
    /// The certificate is not of the CA that the list names.
    #[error("the revocation list is of {list}, not of {certificate}")]
    Issuer {
        /// Whom the list names.
        list: Name,
        /// Whom the certificate names.
        certificate: Name,
    },
    /// The certificate of the issuer does not let it sign lists.
    #[error("the certificate of the issuer has no key identifier or no keyUsage cRLSign")]
    IssuerUsage,
    /// Not the PEM we want.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The issuer's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A serial number.
    #[error(transparent)]
    Serial(#[from] SerialError),
    /// The algorithm or the signature.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The extensions.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
}

impl Refusal for CrlError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Size(_) => verification("CRL_SIZE", "give the list of one CA of a cluster"),
            Self::Encoding => verification("CRL_ENCODING", "give a list that airlock made"),
            Self::Extensions => verification("CRL_EXTENSIONS", "give a list that airlock made"),
            Self::Times { .. } => verification("CRL_TIMES", "check the clock of the machine that made it"),
            Self::Twice(_) => verification("CRL_TWICE", "name each revoked certificate once"),
            Self::Reason(_) => verification("CRL_REASON", "revoke for good; a hold is not used"),
            Self::TwoAlgorithms => verification("CRL_TWO_ALGORITHMS", "treat it as tampered with"),
            Self::Issuer { .. } => verification("CRL_ISSUER", "give the certificate of the CA that made the list"),
            Self::IssuerUsage => verification("CRL_ISSUER_USAGE", "use a CA certificate that may sign lists"),
            Self::Pem(_) => verification("CRL_PEM", "give one PEM block, 64 columns, labelled X509 CRL"),
            Self::Name(error) => error.reason(),
            Self::Serial(error) => error.reason(),
            Self::Key(error) => error.reason(),
            Self::Extension(error) => error.reason(),
        }
    }
}
