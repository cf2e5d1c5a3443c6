//! Why a plan was refused.

use thiserror::Error;

use crate::issuance::lint::Findings;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;

/// Why something is no plan.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// One of its two files is too long.
    #[error("the plan has {0} bytes, too many")]
    Size(usize),
    /// Not JSON of this form.
    #[error("the plan is not of its form: {0}")]
    Json(#[from] JsonError),
    /// What it says of itself does not fit together.
    #[error("the plan does not fit together: {0}")]
    Head(&'static str),
    /// Its orders and denials do not fit together.
    #[error("the orders and denials of the plan do not fit together: {0}")]
    Orders(&'static str),
    /// Trust operations or new roots with something else.
    #[error("the plan changes trust and does something else as well")]
    NotAlone,
    /// The file of bytes to be signed does not hold one structure for each order.
    #[error("the bytes to be signed are not one structure for each order")]
    Bytes,
    /// An order's bytes are not of its kind.
    #[error("the bytes of order {0} are not what it says they are")]
    Kind(u64),
    /// An order says something else than its bytes.
    #[error("order {n} does not say the same as its bytes: {key} differs")]
    Restated {
        /// Which order.
        n: u64,
        /// Which of its keys.
        key: &'static str,
    },
    /// An order is to be signed by a CA that is not known here.
    #[error("order {0} is to be signed by a CA that is not one of this cluster")]
    Authority(u64),
    /// The bytes of an order break lints.
    #[error("the bytes of order {n} break lints: {findings}")]
    Lint {
        /// Which order.
        n: u64,
        /// Which lints.
        findings: Findings,
    },
    /// Its files are not those that the log says were closed.
    #[error("the files of the plan are not those that the log says were closed")]
    Closed,
    /// The quorum rule is not the one that its effects need.
    #[error("the plan names a weaker or another rule than its effects need")]
    Rule,
}

impl Refusal for PlanError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "do not approve it; have the plan made again, and call the auditor";
        let code = match self {
            Self::Size(_) => "PLAN_SIZE",
            Self::Json(_) => "PLAN_FORM",
            Self::Head(_) => "PLAN_HEAD",
            Self::Orders(_) => "PLAN_ORDERS",
            Self::NotAlone => "PLAN_NOT_ALONE",
            Self::Bytes => "PLAN_BYTES",
            Self::Closed => "PLAN_CLOSED",
            Self::Kind(_) => "PLAN_KIND",
            Self::Restated { .. } => "PLAN_RESTATED",
            Self::Authority(_) => "PLAN_AUTHORITY",
            Self::Lint { .. } => "PLAN_LINT",
            Self::Rule => "PLAN_RULE",
        };
        Reason::new(Class::Verification, code, AGAIN)
    }
}
