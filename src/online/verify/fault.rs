//! Why a package is not accepted, beyond what the package says of itself, and at which check.

use thiserror::Error;

use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::pki::crl::CrlError;
use crate::pki::path::PathError;
use crate::refusal::{Class, Reason, Refusal};
use crate::report::checks::CheckId;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Why a package is not accepted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum VerifyError {
    /// Nothing was asked under this trace, or it was given up.
    #[error("the request {0} is not outstanding")]
    NotOutstanding(Trace),
    /// The bundle that was sent is no longer what it was.
    #[error("the kept bundle of the request {0} is damaged")]
    Kept(Trace),
    /// Too late.
    #[error("the package could be imported until {0}")]
    Expired(Timestamp),
    /// An older roster than one that was accepted before.
    #[error("the package goes by roster {found}, roster {known} was accepted before")]
    RosterOlder {
        /// Of the package.
        found: u64,
        /// The newest that was accepted.
        known: u64,
    },
    /// The plan is for another enrolment of this cluster.
    #[error("the plan was made for the enrolment {0}, which this host did not make")]
    Enrolment(Digest),
    /// The package holds what the plan does not, or lacks what it has.
    #[error("the package and the approved plan differ: {0}")]
    Effect(String),
    /// Approvals, announcement and expiry are out of order.
    #[error("the signatures were announced {0}")]
    Announced(&'static str),
    /// A certificate does not lead to a pinned root.
    #[error("certificate {id}: {error}")]
    Path {
        /// The request.
        id: Number,
        /// Why.
        error: PathError,
    },
    /// An issuer that came along is of nobody here.
    #[error("chain/all.pem holds {0}, which leads to no pinned root")]
    Chain(String),
    /// A certificate has another key than its request.
    #[error("certificate {0} is for another key than the one we sent")]
    Key(Number),
    /// A certificate is of another profile than asked.
    #[error("certificate {0} is of another profile than the one asked")]
    Profile(Number),
    /// A certificate names somebody else.
    #[error("certificate {0} names another subject than the one asked")]
    Subject(Number),
    /// A certificate bears names that were not asked for.
    #[error("certificate {id} bears {name}, which was not asked for")]
    Names {
        /// The request.
        id: Number,
        /// The name, safe to show.
        name: String,
    },
    /// A certificate has other usages than its profile.
    #[error("certificate {0} has other usages than its profile")]
    Usages(Number),
    /// A certificate is not valid now.
    #[error("certificate {id} is valid from {from}, this clock says {now}")]
    NotYet {
        /// The request.
        id: Number,
        /// Its first second.
        from: Timestamp,
        /// This clock.
        now: Timestamp,
    },
    /// A certificate has ended.
    #[error("certificate {id} ended at {end}")]
    Ended {
        /// The request.
        id: Number,
        /// Its last second.
        end: Timestamp,
    },
    /// A certificate lives longer than asked.
    #[error("certificate {0} is valid for longer than asked")]
    TooLong(Number),
    /// A CRL is not by the pinned root.
    #[error("the CRL of {domain}: {error}")]
    Crl {
        /// Its world of trust.
        domain: String,
        /// Why.
        error: CrlError,
    },
    /// A CRL of a domain of which no root is pinned.
    #[error("the CRL of {0} is by nobody who is pinned here")]
    CrlIssuer(String),
    /// A CRL is older than the one we have.
    #[error("the CRL of {domain} has the number {found}, we have {known}")]
    CrlOlder {
        /// Its world of trust.
        domain: String,
        /// Its number.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// A certificate is revoked by the CRL beside it.
    #[error("certificate {0} is revoked by the CRL in the same package")]
    Revoked(Number),
    /// A change of trust that nobody here asked for.
    #[error("the package brings {0}, which is not pinned here and was not asked for")]
    Trust(String),
}

impl VerifyError {
    /// The check that refuses.
    pub const fn check(&self) -> CheckId {
        match self {
            Self::NotOutstanding(_) | Self::Kept(_) | Self::Expired(_) => CheckId::W04,
            Self::RosterOlder { .. } | Self::Enrolment(_) | Self::Effect(_) | Self::Announced(_) => CheckId::W05,
            Self::Path { .. } | Self::Chain(_) => CheckId::W06,
            Self::Key(_) => CheckId::W07,
            Self::Profile(_) | Self::Subject(_) | Self::Names { .. } | Self::Usages(_) => CheckId::W08,
            Self::NotYet { .. } | Self::Ended { .. } | Self::TooLong(_) => CheckId::W10,
            Self::Crl { .. } | Self::CrlIssuer(_) | Self::CrlOlder { .. } | Self::Revoked(_) => CheckId::W11,
            Self::Trust(_) => CheckId::W13,
        }
    }
}

impl Refusal for VerifyError {
    fn reason(&self) -> Reason {
        const KEEP: &str = "keep the medium and call the CA on a number you already have";
        let verification = |code| Reason::new(Class::Verification, code, KEEP);
        match self {
            Self::NotOutstanding(_) => {
                Reason::new(Class::Replay, "VERIFY_NOT_OUTSTANDING", "look up what is outstanding: airlock resume")
            }
            Self::Kept(_) => Reason::new(Class::Inconsistent, "VERIFY_KEPT", "stop; restore the state from a backup"),
            Self::Expired(_) => {
                Reason::new(Class::Replay, "VERIFY_EXPIRED", "have the CA seal the package again: airlock offline seal")
            }
            Self::RosterOlder { .. } => Reason::new(Class::Quorum, "VERIFY_ROSTER_OLDER", KEEP),
            Self::Enrolment(_) => verification("VERIFY_ENROLMENT"),
            Self::Effect(_) => verification("VERIFY_EFFECT"),
            Self::Announced(_) => Reason::new(Class::Quorum, "VERIFY_ANNOUNCED", KEEP),
            Self::Path { error, .. } => error.reason(),
            Self::Chain(_) => verification("VERIFY_CHAIN"),
            Self::Key(_) => verification("VERIFY_KEY"),
            Self::Profile(_) => verification("VERIFY_PROFILE"),
            Self::Subject(_) => verification("VERIFY_SUBJECT"),
            Self::Names { .. } => verification("VERIFY_NAMES"),
            Self::Usages(_) => verification("VERIFY_USAGES"),
            Self::NotYet { .. } => verification("VERIFY_NOT_YET"),
            Self::Ended { .. } => verification("VERIFY_ENDED"),
            Self::TooLong(_) => verification("VERIFY_TOO_LONG"),
            Self::Crl { error, .. } => error.reason(),
            Self::CrlIssuer(_) => verification("VERIFY_CRL_ISSUER"),
            Self::CrlOlder { .. } => Reason::new(Class::Replay, "VERIFY_CRL_OLDER", KEEP),
            Self::Revoked(_) => verification("VERIFY_REVOKED"),
            Self::Trust(_) => Reason::new(
                Class::Policy,
                "VERIFY_TRUST",
                "new roots come by a new enrolment of the CA: airlock enrol import",
            ),
        }
    }
}
