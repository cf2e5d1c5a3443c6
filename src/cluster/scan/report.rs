//! What a scan found. JSON shows these structures; text shows them as tables.

use serde::{Serialize, Serializer};

use super::problem::Problem;
use crate::cluster::role::{Domain, Role};
use crate::pki::certificate::Certificate;
use crate::pki::san::SubjectAltNames;
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Everything that was found in the trees of the nodes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The time by which validity was judged.
    pub time: Timestamp,
    /// The nodes, in the order in which they were given.
    pub nodes: Vec<NodeFound>,
    /// What was found: node by node, there the roles in the order of their table, the CAs, the service account keys, and
    /// what belongs to none of these.
    pub found: Vec<Found>,
}

/// A node.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeFound {
    /// Its name.
    pub node: String,
    /// What is wrong with it as a whole.
    pub problems: Vec<Problem>,
}

/// A certificate or a key, or the place where one should be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The node it is on.
    pub node: String,
    /// The file, relative to the root of the node; JSON escapes it.
    #[serde(serialize_with = "escaped")]
    pub path: String,
    /// What it is.
    pub holds: Holds,
    /// The role that lives in this place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The CA that should have issued it, or that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// The file that a kubeconfig names for its certificate; `None` where it is embedded, or where it is no kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "escaped_if_some")]
    pub by_path: Option<String>,
    /// What the certificate says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<Says>,
    /// How the private key stands to it.
    pub key: KeyState,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The certificate itself, and those that stand behind it in the file.
    #[serde(skip)]
    pub certificates: Vec<Certificate>,
}

/// What lies in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The certificate of a role.
    Leaf,
    /// What the node trusts.
    Ca,
    /// The key pair that signs service account tokens.
    ServiceAccountKey,
    /// A certificate or a key in a place of no role.
    Other,
}

/// How a private key stands to its certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It is the certificate's.
    Matches,
    /// It is another certificate's.
    Mismatch,
    /// There is none.
    Missing,
    /// It cannot be read.
    Unreadable,
    /// It is there, and there is no certificate to compare it with.
    Alone,
}

/// What a certificate says, escaped for showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Says {
    /// The subject.
    pub subject: String,
    /// The subject alternative names in their order, as `DNS:cp1` and `IP:10.0.0.1`.
    pub subject_alt_names: Vec<String>,
    /// The issuer.
    pub issuer: String,
    /// The serial number in hex.
    pub serial: String,
    /// The first second of its validity.
    pub not_before: Timestamp,
    /// The last second of its validity.
    pub not_after: Timestamp,
    /// The type and the length of its key.
    pub key_type: String,
    /// How it is signed.
    pub algorithm: String,
    /// SHA-256 of the DER.
    pub fingerprint: Digest,
    /// Whether the requests for it must be ticked one by one.
    pub privileged: bool,
}

impl Report {
    /// The certificates that roles live by.
    pub fn leaves(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.holds == Holds::Leaf)
    }

    /// Every problem with what it is about: the node, the path where there is one, the problem.
    pub fn problems(&self) -> impl Iterator<Item = (&str, Option<&str>, &Problem)> {
        let of_nodes = self.nodes.iter().flat_map(|n| n.problems.iter().map(|p| (n.node.as_str(), None, p)));
        let of_places =
            self.found.iter().flat_map(|f| f.problems.iter().map(|p| (f.node.as_str(), Some(f.path.as_str()), p)));
        of_nodes.chain(of_places)
    }
}

impl Found {
    /// Its certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificates.first()
    }
}

impl Says {
    pub(super) fn of(certificate: &Certificate, role: Option<Role>) -> Self {
        let names = certificate.subject_alt_names().map(SubjectAltNames::names).unwrap_or_default();
        Self {
            subject: certificate.subject().safe(),
            subject_alt_names: names.iter().map(ToString::to_string).collect(),
            issuer: certificate.issuer().safe(),
            serial: certificate.serial().to_string(),
            not_before: certificate.validity().not_before(),
            not_after: certificate.validity().not_after(),
            key_type: certificate.public_key().key_type().to_string(),
            algorithm: certificate.algorithm().to_string(),
            fingerprint: certificate.fingerprint(),
            privileged: role.is_some_and(|role| role.is_privileged(certificate.subject())),
        }
    }
}

fn escaped<S: Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text::escape(path))
}

fn escaped_if_some<S: Serializer>(path: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(text::escape).serialize(serializer)
}
