//! What can be wrong with a certificate, its key or its place, each with a stable code.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::wire::time::Timestamp;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Works, and should be looked at.
    Warn,
    /// Does not work, or must not be relied on.
    Fail,
}

/// Something that is wrong. Its texts are escaped for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Its time is over.
    Expired(Timestamp),
    /// Its time is over soon.
    Expiring(Timestamp),
    /// Its time has not come.
    NotYetValid(Timestamp),
    /// There is no private key where it should be.
    KeyMissing(String),
    /// The private key is another certificate's.
    KeyMismatch(String),
    /// The private key cannot be read.
    KeyUnreadable(String),
    /// The file that holds the private key is open to others; its mode.
    KeyMode(String, u32),
    /// The file, or the certificate in it, cannot be read.
    Unreadable(String),
    /// No CA on disk issued it; its issuer.
    WrongIssuer(String),
    /// There is no CA on disk to compare with.
    CaMissing,
    /// The key is too short.
    WeakKey(String),
    /// The signature algorithm is broken.
    WeakAlgorithm(String),
    /// The subject is not that of the role which lives in this place.
    Subject(String),
    /// The extended key usages are not those of the role.
    Usages(String),
    /// The cluster record does not give this name to the role on this node.
    SanOutside(String),
    /// The cluster record demands this name.
    SanMissing(String),
    /// A name that is neither a DNS name nor an address, or a wildcard.
    SanKind(String),
    /// The kubelet made its serving certificate itself.
    SelfSigned,
    /// Another file wins over this one.
    Shadowed(String),
    /// The cluster record does not put this role on this node.
    Misplaced,
    /// More than one CA certificate in the file; how many.
    SeveralCas(usize),
    /// It stands in the place of a CA and is none.
    NotCa,
    /// The CA's private key lies on the node.
    CaKeyPresent(String),
    /// The CA is another one than on that node.
    CaDiffers(String),
    /// The kubeconfig trusts other CAs than the node does.
    TrustDiffers,
    /// The cluster record does not know the node.
    NodeUnknown,
}

impl Problem {
    /// The stable code and how bad it is.
    fn row(&self) -> (&'static str, Severity) {
        use Severity::{Fail, Warn};
        match self {
            Self::Expired(_) => ("EXPIRED", Fail),
            Self::Expiring(_) => ("EXPIRING", Warn),
            Self::NotYetValid(_) => ("NOT_YET_VALID", Fail),
            Self::KeyMissing(_) => ("KEY_MISSING", Fail),
            Self::KeyMismatch(_) => ("KEY_MISMATCH", Fail),
            Self::KeyUnreadable(_) => ("KEY_UNREADABLE", Fail),
            Self::KeyMode(..) => ("KEY_MODE", Warn),
            Self::Unreadable(_) => ("UNREADABLE", Fail),
            Self::WrongIssuer(_) => ("WRONG_ISSUER", Fail),
            Self::CaMissing => ("CA_MISSING", Warn),
            Self::WeakKey(_) => ("WEAK_KEY", Fail),
            Self::WeakAlgorithm(_) => ("WEAK_ALGORITHM", Fail),
            Self::Subject(_) => ("SUBJECT", Fail),
            Self::Usages(_) => ("USAGES", Fail),
            Self::SanOutside(_) => ("SAN_OUTSIDE", Warn),
            Self::SanMissing(_) => ("SAN_MISSING", Warn),
            Self::SanKind(_) => ("SAN_KIND", Warn),
            Self::SelfSigned => ("SELF_SIGNED", Warn),
            Self::Shadowed(_) => ("SHADOWED", Warn),
            Self::Misplaced => ("MISPLACED", Warn),
            Self::SeveralCas(_) => ("SEVERAL_CAS", Warn),
            Self::NotCa => ("NOT_CA", Fail),
            Self::CaKeyPresent(_) => ("CA_KEY_PRESENT", Warn),
            Self::CaDiffers(_) => ("CA_DIFFERS", Fail),
            Self::TrustDiffers => ("TRUST_DIFFERS", Warn),
            Self::NodeUnknown => ("NODE_UNKNOWN", Warn),
        }
    }

    /// The stable code, upper case.
    pub fn code(&self) -> &'static str {
        self.row().0
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.row().1
    }
}

impl fmt::Display for Problem {
    /// What is wrong, one line of ASCII in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(time) => write!(f, "expired at {time}"),
            Self::Expiring(time) => write!(f, "expires at {time}"),
            Self::NotYetValid(time) => write!(f, "not valid before {time}"),
            Self::KeyMissing(path) => write!(f, "no private key at {path}"),
            Self::KeyMismatch(path) => write!(f, "the private key at {path} is not that of the certificate"),
            Self::KeyUnreadable(why) => write!(f, "private key unreadable: {why}"),
            Self::KeyMode(path, mode) => write!(f, "{path} holds a private key and has mode {mode:04o}"),
            Self::Unreadable(why) => write!(f, "unreadable: {why}"),
            Self::WrongIssuer(issuer) => write!(f, "not issued by the CA on disk but by {issuer}"),
            Self::CaMissing => f.write_str("no CA on disk to compare the issuer with"),
            Self::WeakKey(what) | Self::WeakAlgorithm(what) => f.write_str(what),
            Self::Subject(subject) => write!(f, "the subject {subject} is not that of this role"),
            Self::Usages(usages) => write!(f, "the usages {usages} are not those of this role"),
            Self::SanOutside(name) => write!(f, "{name} is outside the cluster record"),
            Self::SanMissing(name) => write!(f, "{name} is missing"),
            Self::SanKind(name) => write!(f, "{name} is a wildcard or neither a DNS name nor an address"),
            Self::SelfSigned => f.write_str("the kubelet signed it itself"),
            Self::Shadowed(path) => write!(f, "not in use: {path} wins"),
            Self::Misplaced => f.write_str("the cluster record does not put this role on this node"),
            Self::SeveralCas(count) => write!(f, "{count} CA certificates in one file"),
            Self::NotCa => f.write_str("not a CA certificate"),
            Self::CaKeyPresent(path) => write!(f, "the CA's private key lies on the node at {path}"),
            Self::CaDiffers(node) => write!(f, "not the CA that {node} has"),
            Self::TrustDiffers => f.write_str("the kubeconfig trusts other CAs than the node"),
            Self::NodeUnknown => f.write_str("the node is not in the cluster record"),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Problem", 3)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("severity", &self.severity())?;
        object.serialize_field("text", &self.to_string())?;
        object.end()
    }
}
