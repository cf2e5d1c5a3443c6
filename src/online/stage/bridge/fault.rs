//! Why there is no bridge.

use thiserror::Error;

use crate::cluster::role::Domain;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Why there is no bridge from the old CA to the root that comes.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BridgeError {
    /// A bridge leads from one CA to one root.
    #[error(
        "{domain}: the nodes trust {old} old CAs, and the leaves are of {roots} roots; a bridge leads from one to one"
    )]
    Many {
        /// The world of trust.
        domain: Domain,
        /// How many old CAs.
        old: usize,
        /// How many roots.
        roots: usize,
    },
    /// The package brings no leaf of another root.
    #[error("the package brings no leaf for what these nodes trust")]
    Nothing,
    /// The old CA may not certify this root.
    #[error("the old CA of {domain} cannot certify the new root: {why}")]
    Limited {
        /// The world of trust.
        domain: Domain,
        /// Why.
        why: &'static str,
    },
    /// The old CA ends before a rotation could.
    #[error("the old CA of {domain} ends at {end}, and a bridge ends with it")]
    Ends {
        /// The world of trust.
        domain: Domain,
        /// When.
        end: Timestamp,
    },
    /// Its key is on none of the nodes.
    #[error("none of these nodes holds the key of the old CA of {0}")]
    NoKey(Domain),
    /// A cross-certificate that was handed over does not fit.
    #[error("the cross-certificate does not fit: {0}")]
    Cross(String),
    /// The bytes to be signed break a lint.
    #[error("the cross-certificate would break {0}")]
    Lint(String),
}

impl BridgeError {
    /// [`BridgeError::Cross`], safe to show.
    pub fn cross(why: &str) -> Self {
        Self::Cross(text::clip(why, 200))
    }
}

impl Refusal for BridgeError {
    fn reason(&self) -> Reason {
        const DUAL: &str = "stage without --bridge: dual trust needs nothing of the old CA";
        match self {
            Self::Many { .. } => Reason::new(Class::Policy, "BRIDGE_MANY", DUAL),
            Self::Nothing => Reason::new(Class::Policy, "BRIDGE_NOTHING", "name the nodes whose root changes"),
            Self::Limited { .. } => Reason::new(Class::Policy, "BRIDGE_LIMITED", DUAL),
            Self::Ends { .. } => Reason::new(Class::Policy, "BRIDGE_ENDS", DUAL),
            Self::NoKey(_) => Reason::new(
                Class::Usage,
                "BRIDGE_NO_KEY",
                "stage on the node that holds it first, and bring its cross-certificate here: --cross FILE",
            ),
            Self::Cross(_) => Reason::new(
                Class::Verification,
                "BRIDGE_CROSS",
                "take it from a node that signed it: etc/kubernetes.next/pki/ca-cross.crt and its like",
            ),
            Self::Lint(_) => Reason::new(Class::Internal, "BRIDGE_LINT", "report this to the maintainers"),
        }
    }
}
