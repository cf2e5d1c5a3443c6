//! What will be asked for, before any key exists.

use zeroize::Zeroizing;

use super::finding::{self, Finding};
use crate::cluster::record::Record;
use crate::cluster::role::Role;
use crate::exchange::csr_bundle::manifest::KeyOrigin;
use crate::pki::certificate::Certificate;
use crate::pki::csr::Csr;
use crate::pki::extension::Extensions;
use crate::pki::key::KeyType;
use crate::pki::name::Name;
use crate::pki::san::SubjectAltNames;
use crate::wire::digest::Digest;

/// One certificate that will be asked for.
#[derive(Debug)]
pub struct Ask {
    /// The profile.
    pub role: Role,
    /// The node it will live on.
    pub node: String,
    /// Whom it names.
    pub subject: Name,
    /// The subject alternative names, where there are any; nothing else is asked for by us.
    pub extensions: Extensions,
    /// Where its key comes from.
    pub key: KeySource,
    /// The certificate that lives there today.
    pub today: Option<Today>,
}

/// The certificate that a new one takes the place of.
#[derive(Debug)]
pub struct Today {
    /// The certificate.
    pub certificate: Certificate,
    /// The digest of the key that signed it, where a CA on disk did.
    pub issuer: Option<Digest>,
}

/// Where the key of a request comes from.
pub enum KeySource {
    /// It will be made, and written beside the live one.
    New {
        /// Its type.
        key_type: KeyType,
        /// The live kubeconfig, where the key lives in one: the new key goes into a copy of it.
        kubeconfig: Option<Zeroizing<String>>,
    },
    /// The live one, as PEM.
    Live(Zeroizing<String>),
    /// Somebody else made the request.
    Elsewhere(Box<Csr>),
}

impl Ask {
    /// The subject alternative names that are asked for.
    pub fn names(&self) -> Option<&SubjectAltNames> {
        self.extensions.subject_alt_names()
    }

    /// The type of the key, where it is known before the request is made.
    pub fn key_type(&self) -> Option<KeyType> {
        match &self.key {
            KeySource::New { key_type, .. } => Some(*key_type),
            KeySource::Live(_) => self.today.as_ref().map(|today| today.certificate.public_key().key_type()),
            KeySource::Elsewhere(csr) => Some(csr.public_key().key_type()),
        }
    }

    /// Where the private key was made.
    pub fn key_origin(&self) -> KeyOrigin {
        match self.key {
            KeySource::New { .. } | KeySource::Live(_) => KeyOrigin::Node,
            KeySource::Elsewhere(_) => KeyOrigin::Elsewhere,
        }
    }

    /// What the CA will have to say of it, as far as it can be known here.
    pub fn findings(&self, record: &Record) -> Vec<Finding> {
        finding::of(self, record)
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::New { key_type, .. } => write!(f, "New({key_type})"),
            Self::Live(_) => f.write_str("Live"),
            Self::Elsewhere(csr) => write!(f, "Elsewhere({csr:?})"),
        }
    }
}
