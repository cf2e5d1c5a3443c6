//! Why nothing is staged.

use thiserror::Error;

use crate::cluster::kubeconfig::KubeconfigError;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;

/// Why nothing is staged.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StageError {
    /// No package was accepted under this trace.
    #[error("no package of the trace {0} was accepted here")]
    NotAccepted(Trace),
    /// The kept container is no longer one.
    #[error("the kept package of the trace {0} does not fit together")]
    Kept(Trace),
    /// Something else lies where a file is to go.
    #[error("{node}: {path} holds something that this host did not write")]
    Occupied {
        /// The node.
        node: String,
        /// The file of the next generation.
        path: String,
    },
    /// A live kubeconfig or what a node trusts cannot be read.
    #[error("{node}: {path}: {why}")]
    Unreadable {
        /// The node.
        node: String,
        /// The live file.
        path: String,
        /// Why, safe to show.
        why: String,
    },
    /// A kubeconfig cannot be written.
    #[error("{node}: {path}: {error}")]
    Kubeconfig {
        /// The node.
        node: String,
        /// The live file.
        path: String,
        /// Why.
        error: KubeconfigError,
    },
    /// The denied requests that were named are not those that were denied.
    #[error("request {0} was not denied")]
    NotDenied(Number),
    /// The list of what is staged cannot be written or read.
    #[error("the list of staged files: {0}")]
    List(JsonError),
    /// Nothing can be staged.
    #[error("nothing can be staged: {0}")]
    Nothing(String),
}

impl Refusal for StageError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotAccepted(_) => {
                Reason::new(Class::Replay, "STAGE_NOT_ACCEPTED", "verify the package first: airlock online verify")
            }
            Self::Kept(_) => Reason::new(Class::Inconsistent, "STAGE_KEPT", "stop; restore the state from a backup"),
            Self::Occupied { .. } => {
                Reason::new(Class::Storage, "STAGE_OCCUPIED", "find out what it is, and move it away")
            }
            Self::Unreadable { .. } => {
                Reason::new(Class::Storage, "STAGE_UNREADABLE", "look at that file; scan the node again")
            }
            Self::Kubeconfig { error, .. } => error.reason(),
            Self::NotDenied(_) => Reason::new(Class::Usage, "STAGE_NOT_DENIED", "name exactly the denied requests"),
            Self::List(_) => Reason::new(Class::Inconsistent, "STAGE_LIST", "report this to the maintainers"),
            Self::Nothing(_) => Reason::new(
                Class::Policy,
                "STAGE_NOTHING",
                "name the nodes, or give the missing keys: --node NAME=ROOT",
            ),
        }
    }
}
