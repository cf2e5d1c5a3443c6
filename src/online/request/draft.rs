//! A request that nothing has been done for yet: it can be shown, changed and thrown away.

use serde::Serialize;

use super::ask::Ask;
use super::change::{self, Change};
use super::choice::{Choice, Chosen, LeftOut};
use super::fault::RequestError;
use super::stock::Stock;
use crate::cluster::record::Record;
use crate::config::online::MAX_VALIDITY_DAYS;
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::roots::RootStatus;
use crate::online::scan::Scan;

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// A request that nothing has been done for yet.
#[derive(Debug)]
pub struct Draft {
    pub(super) asks: Vec<Ask>,
    pub(super) validity_days: u32,
    pub(super) trust_ops: Vec<TrustOp>,
    facts: Review,
}

/// What a person reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Each request, by number.
    pub requests: Vec<Change>,
    /// What was chosen and is not asked for.
    pub left_out: Vec<LeftOut>,
    /// What is to become of roots; no certificate is asked for beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust_ops: Vec<TrustOp>,
}

impl Draft {
    /// What `choice` makes of `scan`, with one validity for all.
    ///
    /// # Errors
    /// [`RequestError`] where it makes no request.
    pub fn new(scan: &Scan, record: &Record, choice: Choice, validity_days: u32) -> Result<Self, RequestError> {
        let Chosen { asks, left_out } = choice.from(&Stock::new(&scan.trees, &scan.report, record))?;
        Self::of(asks, left_out, record, validity_days)
    }

    /// A request of certificates that were chosen otherwise.
    ///
    /// # Errors
    /// [`RequestError::Validity`], [`RequestError::TooMany`].
    pub fn of(
        asks: Vec<Ask>,
        left_out: Vec<LeftOut>,
        record: &Record,
        validity_days: u32,
    ) -> Result<Self, RequestError> {
        if !(1..=MAX_VALIDITY_DAYS).contains(&validity_days) {
            return Err(RequestError::Validity(validity_days));
        }
        let requests = change::of(&asks, record, validity_days)?;
        Ok(Self {
            asks,
            validity_days,
            trust_ops: Vec::new(),
            facts: Review { requests, left_out, trust_ops: Vec::new() },
        })
    }

    /// A request that changes which roots of `ca` this cluster trusts, and asks for nothing else (R07).
    ///
    /// # Errors
    /// [`RequestError::NoNextRoot`] where the CA was enrolled without the root that is to come;
    /// [`RequestError::TrustTwice`], for each change waits for the one before it.
    pub fn trust(trust_ops: Vec<TrustOp>, ca: &EnrolmentRecord) -> Result<Self, RequestError> {
        for (at, op) in trust_ops.iter().enumerate() {
            if trust_ops.iter().take(at).any(|other| other.domain == op.domain) {
                return Err(RequestError::TrustTwice(op.domain));
            }
            if !ca.roots().iter().any(|root| root.domain == op.domain && root.status == RootStatus::Next) {
                return Err(RequestError::NoNextRoot(op.domain));
            }
        }
        let facts = Review { requests: Vec::new(), left_out: Vec::new(), trust_ops: trust_ops.clone() };
        Ok(Self { asks: Vec::new(), validity_days: 0, trust_ops, facts })
    }

    /// What a person reviews.
    pub fn review(&self) -> &Review {
        &self.facts
    }
}
