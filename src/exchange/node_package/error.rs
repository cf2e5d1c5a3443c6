//! Why a node package was refused.

use thiserror::Error;

use crate::cluster::role::Domain;
use crate::exchange::container::ContainerError;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::enrolment::EnrolmentError;
use crate::exchange::seal::SealError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;

/// Why a node package was refused, or cannot be made.
#[derive(Debug, Error)]
pub enum NodePackageError {
    /// Not sealed to this node, or damaged.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Not a container that the pinned key of the cluster signed as a node package.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The manifest is not JSON of this form.
    #[error("the manifest is not of its form: {0}")]
    Manifest(#[from] JsonError),
    /// Another format or version.
    #[error("the manifest is not of the format airlock.node-package/1")]
    Format,
    /// Another suite of algorithms.
    #[error("the package is not of the suite intl-1")]
    Suite,
    /// Of another cluster.
    #[error("the package is of another cluster")]
    Cluster,
    /// For another node of the cluster.
    #[error("the package is for another node")]
    Node,
    /// Made for another recipient: somebody opened it and encrypted it again.
    #[error("the package was made for another recipient than this node's")]
    Recipient,
    /// Certificates, profiles or cross-certificates out of order or repeated.
    #[error("the certificates, the profiles or the cross-certificates are not in order, each once")]
    Order,
    /// A certificate of a profile that the package does not name.
    #[error("certificate {0} is of a profile that the manifest does not name")]
    Profile(Number),
    /// A certificate of another node.
    #[error("certificate {0} is of another node")]
    Stranger(Number),
    /// Files are missing, or there are others.
    #[error("the files of the package are not those of which its manifest speaks")]
    Files,
    /// A certificate is not what the manifest says.
    #[error("certificate {0} is not the one that the manifest names")]
    Certificate(Number),
    /// What stands as cross-certificates is none.
    #[error("the cross-certificates of {0} are not strict PEM blocks, or none")]
    Crosses(Domain),
    /// A private key is another's, or not in its one spelling.
    #[error("the private key of certificate {0} is not its own, or not one strict PEM block")]
    Key(Number),
    /// The record of the CA is none.
    #[error("the record of the CA: {0}")]
    Ca(#[source] EnrolmentError),
    /// The record is of another CA, or for another cluster.
    #[error("the record is not that of the CA of this package")]
    OtherCa,
}

impl Refusal for NodePackageError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "keep the file, and have the cluster's admin split the package again";
        const WHOSE: &str = "carry the file to the node it is for; this node takes only its own";
        let (code, hint) = match self {
            Self::Seal(error) => return error.reason(),
            Self::Container(error) => return error.reason(),
            Self::Ca(error) => return error.reason(),
            Self::Manifest(_) => ("NODE_PACKAGE_MANIFEST", AGAIN),
            Self::Format => ("NODE_PACKAGE_FORMAT", AGAIN),
            Self::Suite => ("NODE_PACKAGE_SUITE", AGAIN),
            Self::Cluster => ("NODE_PACKAGE_CLUSTER", WHOSE),
            Self::Node => ("NODE_PACKAGE_NODE", WHOSE),
            Self::Recipient => ("NODE_PACKAGE_RECIPIENT", WHOSE),
            Self::Order => ("NODE_PACKAGE_ORDER", AGAIN),
            Self::Profile(_) => ("NODE_PACKAGE_PROFILE", AGAIN),
            Self::Stranger(_) => ("NODE_PACKAGE_STRANGER", AGAIN),
            Self::Files => ("NODE_PACKAGE_FILES", AGAIN),
            Self::Certificate(_) => ("NODE_PACKAGE_CERTIFICATE", AGAIN),
            Self::Crosses(_) => ("NODE_PACKAGE_CROSSES", AGAIN),
            Self::Key(_) => ("NODE_PACKAGE_KEY", AGAIN),
            Self::OtherCa => ("NODE_PACKAGE_CA", AGAIN),
        };
        Reason::new(Class::Verification, code, hint)
    }
}
