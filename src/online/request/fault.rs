//! Why there is no request.

use thiserror::Error;

use crate::cluster::kubeconfig::KubeconfigError;
use crate::cluster::role::{Domain, Role};
use crate::exchange::trace::Trace;
use crate::online::private_key::PrivateKeyError;
use crate::pki::csr::CsrError;
use crate::pki::extension::ExtensionError;
use crate::pki::name::NameError;
use crate::pki::san::SanError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Why there is no request. Names are escaped for showing.
#[derive(Debug, Error)]
pub enum RequestError {
    /// Nothing was found that was chosen.
    #[error("there is nothing to ask for: no certificate was found that was chosen")]
    Nothing,
    /// More than a bundle carries.
    #[error("{0} certificates are too many for one bundle")]
    TooMany(usize),
    /// A node was chosen that was not scanned.
    #[error("the node {0} was not scanned")]
    NotScanned(String),
    /// A node is not in the cluster record.
    #[error("the node {0} is not in the cluster record")]
    NotInRecord(String),
    /// Two requests for one place.
    #[error("a certificate of the profile {1} for {0} is asked for twice")]
    Twice(String, Role),
    /// Two changes of one domain.
    #[error("the roots of {0} are to change twice in one bundle")]
    TrustTwice(Domain),
    /// The CA was enrolled without a next root.
    #[error("no next root of {0} is enrolled here")]
    NoNextRoot(Domain),
    /// Two requests with one key.
    #[error("one key stands in two requests: {0} and {1}")]
    KeyTwice(String, String),
    /// A kubeconfig that is to carry a new key is not there.
    #[error("{0} has no kubeconfig of the profile {1} that could carry a new key")]
    NoKubeconfig(String, Role),
    /// A live key cannot be used again.
    #[error("the key of {1} on {0} cannot be used again: {2}")]
    NoKey(String, Role, String),
    /// A request that was made elsewhere.
    #[error("{0}: {1}")]
    Foreign(String, #[source] CsrError),
    /// The validity asked for.
    #[error("a validity of {0} days cannot be asked for")]
    Validity(u32),
    /// The life of the bundle.
    #[error("a bundle cannot stay valid for {0} days")]
    Life(u32),
    /// A key or a request failed.
    #[error("{node}, {role}: {error}")]
    Key {
        /// The node.
        node: String,
        /// The profile.
        role: Role,
        /// What failed.
        error: PrivateKeyError,
    },
    /// The live kubeconfig cannot carry a new key.
    #[error("{node}, {role}: {error}")]
    Kubeconfig {
        /// The node.
        node: String,
        /// The profile.
        role: Role,
        /// What is wrong with it.
        error: KubeconfigError,
    },
    /// Something else lies where a new key must go.
    #[error("on {0}, {1} lies where a new key must go, and no request of this host put it there")]
    Occupied(String, String),
    /// An earlier request has not been answered.
    #[error("the request {0} is outstanding")]
    Outstanding(Trace),
    /// An earlier request is ready and has not left.
    #[error("the request {0} is ready and was not written to a medium")]
    Unsent(Trace),
    /// What is to be voided, or to leave, is not outstanding.
    #[error("the request {0} is not outstanding")]
    NotOutstanding(Trace),
    /// Its keys are not all on the nodes.
    #[error("the request {0} was interrupted before all its keys were written")]
    NotPlaced(Trace),
    /// Its bundle may not be received any more.
    #[error("the bundle of the request {0} expired at {1}")]
    Expired(Trace, Timestamp),
    /// Nobody is named who makes the request.
    #[error("nobody is named who makes the request")]
    NoOperator,
    /// The kept bundle of an earlier request cannot be read.
    #[error("the kept bundle of the request {0} cannot be read")]
    Kept(Trace),
    /// The statement of a package of which the log speaks is not there.
    #[error("the statement {0} that the log speaks of is not in the state")]
    Receipt(Digest),
    /// A name could not be carried over.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Names could not be carried over.
    #[error(transparent)]
    Names(#[from] SanError),
    /// Extensions could not be carried over.
    #[error(transparent)]
    Extensions(#[from] ExtensionError),
    /// A thread of this program died.
    #[error("a worker stopped while it made the keys")]
    Worker,
}

impl Refusal for RequestError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        let inconsistent =
            |code| Reason::new(Class::Inconsistent, code, "stop; call the auditor; restore the state from a backup");
        let replay = |code, hint| Reason::new(Class::Replay, code, hint);
        match self {
            Self::Nothing => usage("REQUEST_NOTHING", "see what there is with airlock online scan"),
            Self::TooMany(_) => usage("REQUEST_TOO_MANY", "choose some nodes with --only, and make several bundles"),
            Self::NotScanned(_) => usage("REQUEST_NOT_SCANNED", "name its tree with --node NAME=ROOT"),
            Self::NotInRecord(_) => {
                Reason::new(Class::Policy, "NODE_NOT_IN_RECORD", "add it to the cluster record and enrol again")
            }
            Self::Twice(..) => usage("REQUEST_TWICE", "ask for it once"),
            Self::TrustTwice(_) => {
                usage("REQUEST_TRUST_TWICE", "bring the next root in first, and retire the old one in a later bundle")
            }
            Self::NoNextRoot(_) => usage(
                "REQUEST_NO_NEXT_ROOT",
                "have the CA make it with airlock offline ca next, then enrol the CA again",
            ),
            Self::KeyTwice(..) => {
                Reason::new(Class::Policy, "REQUEST_KEY_TWICE", "make a key of its own for each certificate")
            }
            Self::NoKubeconfig(..) => usage("REQUEST_NO_KUBECONFIG", "have kubeadm write that kubeconfig first"),
            Self::NoKey(..) => usage("REQUEST_NO_KEY", "make a new key for it instead of reusing it"),
            Self::Foreign(_, error) => error.reason(),
            Self::Validity(_) => usage("REQUEST_VALIDITY", "ask for 1 to 3660 days"),
            Self::Life(_) => usage("REQUEST_LIFE", "choose 1 to 14 days"),
            Self::Key { error, .. } => error.reason(),
            Self::Kubeconfig { error, .. } => error.reason(),
            Self::Occupied(..) => Reason::new(
                Class::Storage,
                "NEXT_OCCUPIED",
                "nothing is overwritten: find out whose it is; a staged generation is rotated or removed first",
            ),
            Self::Outstanding(_) => replay(
                "REQUEST_OUTSTANDING",
                "print its sheet where none was (airlock sheet print TRACE), wait for its package, or void it with --void and its trace",
            ),
            Self::Unsent(_) => replay(
                "REQUEST_UNSENT",
                "write it to a medium with --again and its trace, or void it with --void and its trace",
            ),
            Self::NotPlaced(_) => replay("REQUEST_NOT_PLACED", "make a new request, which voids it"),
            Self::Expired(..) => replay("REQUEST_EXPIRED", "void it with --void and its trace"),
            Self::NoOperator => usage("REQUEST_NO_OPERATOR", "name the requester with --person and a key file"),
            Self::Kept(_) => inconsistent("REQUEST_KEPT"),
            Self::Receipt(_) => inconsistent("REQUEST_RECEIPT"),
            Self::NotOutstanding(_) => replay("REQUEST_NOT_OUTSTANDING", "look up what is outstanding: airlock resume"),
            Self::Name(error) => error.reason(),
            Self::Names(error) => error.reason(),
            Self::Extensions(error) => error.reason(),
            Self::Worker => Reason::new(Class::Internal, "REQUEST_WORKER", "report this to the maintainers"),
        }
    }
}
