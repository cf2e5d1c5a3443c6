//! Why a ceremony of the CA's own does not begin or end.

use thiserror::Error;

use crate::cluster::role::Domain;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::key::KeyType;
use crate::pki::serial::Serial;
use crate::refusal::{Class, Reason, Refusal};

/// Why there is no plan, or nothing to install.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CaError {
    /// Not the name of a cluster.
    #[error("{0} is not a cluster")]
    NoCluster(Party),
    /// No domain is named, or one twice.
    #[error("name each domain once")]
    Domains,
    /// The domain has a root.
    #[error("the cluster has a {0} root already")]
    Exists(Domain),
    /// The domain has no root that another one could follow.
    #[error("the cluster has no {0} root yet")]
    None(Domain),
    /// The domain has a next root.
    #[error("the cluster has a next {0} root already")]
    NextExists(Domain),
    /// The domain has no next root.
    #[error("the cluster has no next {0} root to certify and be certified by")]
    NoNext(Domain),
    /// Another root bears the name.
    #[error("a {0} root of this generation exists already")]
    SameName(Domain),
    /// The generation cannot stand in a name.
    #[error("a generation is 1 to 32 of a-z, 0-9 and -, such as 2026-1")]
    Generation,
    /// The policy does not take such keys.
    #[error("policy takes no {0} keys for roots")]
    KeyType(KeyType),
    /// The policy does not let it live so long.
    #[error("policy lets it live for {most} days, not for {asked}")]
    Days {
        /// What was asked for.
        asked: u64,
        /// What the policy allows.
        most: u64,
    },
    /// The two roots are never valid at the same time.
    #[error("the {0} roots share no time in which one could certify the other")]
    NoOverlap(Domain),
    /// Another plan of the CA's own for this cluster is open.
    #[error("the plan {0} of this cluster is still open")]
    PlanOpen(Trace),
    /// No plan of the CA's own has this trace.
    #[error("no plan of the CA's own has the trace {0}")]
    Unknown(Trace),
    /// The stored plan is not what the log says.
    #[error("the stored plan {0} cannot be read")]
    Damaged(Trace),
    /// Everything of it is installed.
    #[error("all of the plan {0} is installed")]
    Installed(Trace),
    /// No CA of this cluster issued it.
    #[error("no CA of this cluster issued a certificate with the serial number {0}")]
    UnknownSerial(Serial),
    /// More than one CA of this cluster did.
    #[error("more than one CA of this cluster issued the serial number {0}: name the domain")]
    AmbiguousSerial(Serial),
    /// It is on the list, or named twice.
    #[error("the serial number {0} is revoked already, or named twice")]
    Revoked(Serial),
}

impl Refusal for CaError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        let policy = |code, hint| Reason::new(Class::Policy, code, hint);
        match self {
            Self::NoCluster(_) => usage("CA_NO_CLUSTER", "name the cluster, as cluster:prod-1"),
            Self::Domains => usage("CA_DOMAINS", "name kubernetes, etcd or front-proxy, each once"),
            Self::Exists(_) => policy("CA_EXISTS", "make the root that follows it: airlock offline ca next"),
            Self::None(_) => policy("CA_NONE", "make the first roots: airlock offline ca init"),
            Self::NextExists(_) => policy("CA_NEXT_EXISTS", "finish the rotation to it first"),
            Self::NoNext(_) => policy("CA_NO_NEXT", "make the next root first: airlock offline ca next"),
            Self::SameName(_) => usage("CA_SAME_NAME", "name another --generation"),
            Self::Generation => usage("CA_GENERATION", "name another --generation"),
            Self::KeyType(_) => policy("CA_KEY_TYPE", "choose a key type of the policy: airlock policy show"),
            Self::Days { .. } => policy("CA_DAYS", "ask for fewer days, or have the policy changed"),
            Self::NoOverlap(_) => policy("CA_NO_OVERLAP", "the older root has ended; nothing needs the cross any more"),
            Self::PlanOpen(_) => {
                Reason::new(Class::Replay, "CA_PLAN_OPEN", "finish it, have an officer reject it, or wait a day")
            }
            Self::Unknown(_) => Reason::new(Class::Replay, "CA_UNKNOWN", "look up the trace: airlock offline ca show"),
            Self::Damaged(_) => Reason::new(Class::Inconsistent, "CA_DAMAGED", "stop; call the auditor"),
            Self::Installed(_) => Reason::new(Class::Replay, "CA_INSTALLED", "nothing is left to do for this plan"),
            Self::UnknownSerial(_) => usage("CA_UNKNOWN_SERIAL", "read the serial number off the certificate"),
            Self::AmbiguousSerial(_) => usage("CA_AMBIGUOUS_SERIAL", "name the domain with --domain"),
            Self::Revoked(_) => usage("CA_REVOKED", "leave it out"),
        }
    }
}
