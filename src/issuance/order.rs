//! Orders for the HSM: batch after batch out of an approved plan, written down before they are carried out.
//!
//! What was announced and has no result is announced once more over the same bytes (R25); what has a result is never
//! asked for again. Before each batch the plan is held against what is in force now (R24).

use std::collections::{BTreeSet, VecDeque};

use thiserror::Error;

use crate::audit::detail::{OrderIntent, OrderResult, Replaced, Revocation, SignIntent, Signed};
use crate::audit::event::Event;
use crate::audit::log::{Batch, Record, Recorded};
use crate::exchange::approval::rule::{PolicyName, RosterName};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::{Kind, Order, Tbs};
use crate::issuance::quorum::ApprovedPlan;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

pub mod progress;

use progress::{Progress, ProgressError, State};

/// The most orders of one batch: so many signatures are lost at most to one entry of the log.
pub const MAX_BATCH: usize = 256;

/// One signature to be made: exact bytes, approved, by one issuer key.
///
/// Only [`Signing::next`] makes one, out of an approved plan, and it is not copied:
///
/// ```compile_fail,E0599
/// # use airlock::issuance::order::SigningOrder;
/// fn twice(order: SigningOrder) -> (SigningOrder, SigningOrder) {
///     (order.clone(), order)
/// }
/// ```
///
/// ```compile_fail,E0451
/// # use airlock::issuance::order::SigningOrder;
/// fn forged() -> SigningOrder {
///     SigningOrder { tbs: b"whatever I like".to_vec() }
/// }
/// ```
///
/// ```
/// # use airlock::audit::log::Recorded;
/// # use airlock::issuance::order::SigningOrder;
/// fn to_be_signed(order: &Recorded<SigningOrder>) -> &[u8] {
///     order.value().tbs()
/// }
/// ```
#[derive(Debug)]
pub struct SigningOrder {
    plan: Digest,
    tbs: Vec<u8>,
    intent: OrderIntent,
}

/// Up to [`MAX_BATCH`] orders for one issuer key, announced by one entry of the log. The plan comes before it: nothing
/// but an [`ApprovedPlan`] is signed.
///
/// ```compile_fail,E0308
/// # use airlock::issuance::order::progress::Progress;
/// # use airlock::issuance::order::Signing;
/// # use airlock::issuance::plan::Plan;
/// fn unapproved(plan: Plan, progress: &Progress) {
///     let _ = Signing::begin(plan, progress);
/// }
/// ```
///
/// ```
/// # use airlock::issuance::order::progress::Progress;
/// # use airlock::issuance::order::Signing;
/// # use airlock::issuance::quorum::ApprovedPlan;
/// fn approved(plan: ApprovedPlan, progress: &Progress) {
///     let _ = Signing::begin(plan, progress);
/// }
/// ```
#[derive(Debug)]
pub struct SigningBatch {
    plan: Digest,
    orders: Vec<SigningOrder>,
    again: bool,
}

/// The signing of one plan, from where it stands.
#[derive(Debug)]
pub struct Signing {
    plan: Plan,
    batches: VecDeque<(bool, Vec<u64>)>,
}

/// What is in force now (R24).
#[derive(Debug, Clone)]
pub struct Current {
    /// The time, by the attested clock.
    pub time: Timestamp,
    /// The policy.
    pub policy: PolicyName,
    /// The roster; who approved is unrevoked while it is the plan's.
    pub roster: RosterName,
    /// The enrolment of the cluster, where it is enrolled.
    pub enrolment_sha256: Option<Digest>,
}

/// Signatures that were made over a recorded batch, to be written down before any is released.
#[derive(Debug)]
pub struct SignedBatch {
    plan: Digest,
    results: Vec<OrderResult>,
}

/// Why nothing more is signed under a plan.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OrderError {
    /// The plan expired (R06).
    #[error("the plan expired at {0}; what is not signed is denied for now")]
    Expired(Timestamp),
    /// Something that the plan was judged by is no longer in force.
    #[error("the {0} has changed since the plan was approved; what is not signed is denied for now")]
    Changed(&'static str),
    /// An order was announced twice and has no result (R25).
    #[error("order {0} was announced twice without a result; it is denied for now")]
    Exhausted(u64),
    /// The log does not fit the plan.
    #[error(transparent)]
    Progress(#[from] ProgressError),
    /// A closing plan delivers what was signed before it.
    #[error("the plan ends another and signs nothing")]
    Closing,
    /// There are not as many signatures as orders.
    #[error("{found} signatures for {orders} orders")]
    Count {
        /// Orders.
        orders: usize,
        /// Signatures.
        found: usize,
    },
}

impl Signing {
    /// Begins, or resumes, where the log says that it stands.
    ///
    /// # Errors
    /// [`OrderError::Exhausted`], [`OrderError::Closing`] where a closing plan would have to sign, and
    /// [`OrderError::Progress`].
    pub fn begin(approved: ApprovedPlan, progress: &Progress) -> Result<Self, OrderError> {
        let plan = approved.into_plan();
        let (mut again, mut fresh) = (Lanes::default(), Lanes::default());
        for (order, _) in plan.orders() {
            match progress.state(order)? {
                State::Signed(_) => {}
                _ if plan.fields().closes.is_some() => return Err(OrderError::Closing),
                State::Announced(1) => again.push(order),
                State::Announced(_) => return Err(OrderError::Exhausted(order.n)),
                State::Waiting => fresh.push(order),
            }
        }
        let batches = again.batches().map(|batch| (true, batch)).chain(fresh.batches().map(|batch| (false, batch)));
        Ok(Self { batches: batches.collect(), plan })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many orders are still to be signed.
    pub fn remaining(&self) -> usize {
        self.batches.iter().map(|(_, batch)| batch.len()).sum()
    }

    /// The digests of the public keys of the issuers that are still to sign.
    pub fn issuers(&self) -> BTreeSet<Digest> {
        let first = self.batches.iter().filter_map(|(_, batch)| self.plan.order(*batch.first()?));
        first.map(|(order, _)| order.issuer_spki_sha256).collect()
    }

    /// The next batch, for one issuer key; none when all is signed. What was announced before comes first.
    ///
    /// # Errors
    /// [`OrderError::Expired`] and [`OrderError::Changed`]: then no batch is lost, and none is made.
    pub fn next(&mut self, current: &Current) -> Result<Option<SigningBatch>, OrderError> {
        self.still_holds(current)?;
        let Some((again, numbers)) = self.batches.pop_front() else { return Ok(None) };
        let plan = self.plan.sha256();
        let orders = numbers.iter().filter_map(|n| self.plan.order(*n));
        let orders = orders.map(|(order, der)| SigningOrder { plan, tbs: der.to_vec(), intent: intent(order, der) });
        Ok(Some(SigningBatch { plan, orders: orders.collect(), again }))
    }

    /// Demands that what the plan was judged by is in force, and its time has not run out (R24).
    ///
    /// # Errors
    /// [`OrderError::Expired`] and [`OrderError::Changed`].
    pub fn still_holds(&self, current: &Current) -> Result<(), OrderError> {
        let fields = self.plan.fields();
        let same = [
            ("policy", fields.policy == current.policy),
            ("roster", fields.roster == current.roster),
            ("enrolment", fields.cluster.enrolment_sha256 == current.enrolment_sha256),
        ];
        if current.time > fields.expires {
            return Err(OrderError::Expired(fields.expires));
        }
        same.into_iter().find(|(_, same)| !same).map_or(Ok(()), |(what, _)| Err(OrderError::Changed(what)))
    }
}

/// Order numbers by issuer, issuers in the order in which they first occur.
#[derive(Default)]
struct Lanes(Vec<(Digest, Vec<u64>)>);

impl Lanes {
    fn push(&mut self, order: &Order) {
        match self.0.iter_mut().find(|(issuer, _)| *issuer == order.issuer_spki_sha256) {
            Some((_, numbers)) => numbers.push(order.n),
            None => self.0.push((order.issuer_spki_sha256, vec![order.n])),
        }
    }

    fn batches(&self) -> impl Iterator<Item = Vec<u64>> {
        self.0.iter().flat_map(|(_, numbers)| numbers.chunks(MAX_BATCH)).map(<[u64]>::to_vec)
    }
}

/// What is written down of an order before it is carried out.
fn intent(order: &Order, der: &[u8]) -> OrderIntent {
    // Only a list revokes; certificates are read once more for nothing.
    let list = Some(der).filter(|_| order.kind == Kind::Crl).and_then(|der| Tbs::read(Kind::Crl, der));
    let revokes = match list {
        Some(Tbs::Crl(tbs)) => {
            let fields = tbs.fields();
            let anew = fields.revoked.iter().filter(|entry| entry.time >= fields.this_update);
            anew.map(|entry| Revocation {
                reason: u64::from(entry.reason.code()),
                serial: entry.serial.to_string(),
                time: entry.time,
            })
            .collect()
        }
        _ => Vec::new(),
    };
    let replaces = order.replaces.as_ref();
    OrderIntent {
        crl_number: order.crl_number,
        issuer: order.issuer_spki_sha256,
        n: order.n,
        replaces: replaces.map(|old| Replaced { issuer: old.issuer_spki_sha256, serial: old.serial.to_string() }),
        request: order.request.map(|request| request.to_string()),
        revokes,
        serial: order.serial.as_ref().map(ToString::to_string),
        spki: order.spki_sha256,
        tbs: order.tbs_sha256,
    }
}

impl SigningOrder {
    /// The exact bytes to be signed.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// Its number in the plan.
    pub fn n(&self) -> u64 {
        self.intent.n
    }

    /// The digest of the public key of the issuer that is to sign.
    pub fn issuer_spki_sha256(&self) -> Digest {
        self.intent.issuer
    }
}

impl SigningBatch {
    /// The digest of the public key of the issuer that is to sign all of it.
    pub fn issuer_spki_sha256(&self) -> Option<Digest> {
        self.orders.first().map(SigningOrder::issuer_spki_sha256)
    }

    /// How many signatures it is.
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether it is empty, which it never is.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }
}

impl Record for SigningBatch {
    fn event(&self) -> Event {
        let orders = self.orders.iter().map(|order| order.intent.clone()).collect();
        let intent = SignIntent { orders, plan: self.plan };
        if self.again { Event::SignRepeat(intent) } else { Event::SignIntent(intent) }
    }
}

impl Batch for SigningBatch {
    type Item = SigningOrder;

    fn into_items(self) -> Vec<SigningOrder> {
        self.orders
    }
}

impl SignedBatch {
    /// What became of a recorded batch: for each order in turn its signature, or none where the token stopped before
    /// it. Orders without one stay announced. None where there is no signature at all.
    ///
    /// # Errors
    /// [`OrderError::Count`].
    pub fn of(orders: &[Recorded<SigningOrder>], signatures: Vec<Option<Vec<u8>>>) -> Result<Option<Self>, OrderError> {
        if orders.len() != signatures.len() {
            return Err(OrderError::Count { orders: orders.len(), found: signatures.len() });
        }
        let result = |(order, signature): (&Recorded<SigningOrder>, Option<Vec<u8>>)| {
            let order = order.value();
            Some(OrderResult { n: order.n(), signature: Base64(signature?), tbs: order.intent.tbs })
        };
        let results: Vec<_> = orders.iter().zip(signatures).filter_map(result).collect();
        let plan = orders.first().map(|order| order.value().plan);
        Ok(plan.filter(|_| !results.is_empty()).map(|plan| Self { plan, results }))
    }
}

impl Record for SignedBatch {
    fn event(&self) -> Event {
        Event::Signed(Signed { plan: self.plan, results: self.results.clone() })
    }
}

impl Refusal for OrderError {
    fn reason(&self) -> Reason {
        const CLOSE: &str =
            "end it: airlock offline plan TRACE --end; what is signed is delivered, the rest is asked for again";
        match self {
            Self::Expired(_) => Reason::new(Class::Replay, "ORDER_EXPIRED", CLOSE),
            Self::Changed(_) => Reason::new(Class::Policy, "ORDER_CHANGED", CLOSE),
            Self::Exhausted(_) => Reason::new(Class::Hsm, "ORDER_EXHAUSTED", CLOSE),
            Self::Progress(error) => error.reason(),
            Self::Closing => Reason::new(Class::Inconsistent, "ORDER_CLOSING", "stop; call the auditor"),
            Self::Count { .. } => Reason::new(Class::Internal, "ORDER_COUNT", "report this to the maintainers"),
        }
    }
}

#[cfg(test)]
mod tests;
