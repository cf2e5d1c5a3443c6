//! What must fit together in a plan before its bytes are looked at.

use std::collections::HashSet;

use super::PlanError;
use super::fields::{Denial, FORMAT, PlanFields, PlanOperation};
use super::order::{Kind, Order};
use crate::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use crate::exchange::csr_bundle::number::{MAX, Number};
use crate::exchange::roots::RootStatus;
use crate::exchange::statement::party::{Party, Role};
use crate::issuance::template::BACKDATING_S;

/// How long a plan may be approved and signed, in seconds (R06).
pub const LIFETIME_S: i64 = 86_400;

/// Checks everything but what the bytes say.
pub(super) fn check(fields: &PlanFields) -> Result<(), PlanError> {
    check_head(fields)?;
    check_operation(fields)?;
    check_lists(fields)?;
    check_orders(fields)?;
    check_denials(fields)?;
    check_requests(fields)?;
    check_alone(fields)
}

/// The first of some conditions that does not hold.
fn first(conditions: &[(bool, &'static str)]) -> Option<&'static str> {
    conditions.iter().find(|(holds, _)| !holds).map(|(_, what)| *what)
}

fn check_head(fields: &PlanFields) -> Result<(), PlanError> {
    let cluster = format!("cluster:{}", fields.cluster.name);
    let broken = first(&[
        (fields.format == FORMAT, "another format"),
        (fields.ca.role() == Role::Ca, "not of a CA host"),
        (cluster.parse::<Party>().is_ok(), "no name of a cluster"),
        (fields.expires == fields.created.plus(LIFETIME_S), "does not expire after a day"),
        (Ok(fields.clock.not_before_backdating_s) == u64::try_from(BACKDATING_S), "dated back by another time"),
        ((1..=fields.rule.of).contains(&fields.rule.officers), "a quorum of nobody, or of more than there are"),
        (fields.cluster.uid.is_some() == fields.cluster.enrolment_sha256.is_some(), "half an enrolment"),
    ]);
    broken.map_or(Ok(()), |what| Err(PlanError::Head(what)))
}

/// What belongs to an answer, and what to a ceremony of the CA's own.
fn check_operation(fields: &PlanFields) -> Result<(), PlanError> {
    let answers = fields.operation == PlanOperation::Issue;
    let nonce = fields.nonce.as_ref().map(|nonce| nonce.0.len());
    let nothing_leaves = fields.recipients.is_empty()
        && fields.roots.is_empty()
        && fields.carried.is_empty()
        && fields.trust_ops.is_empty()
        && fields.key_events.is_empty()
        && fields.denials.is_empty()
        && fields.prior_rejections.is_empty()
        && fields.closes.is_none();
    let of_the_ca = |kind| matches!(kind, Kind::Root | Kind::Cross | Kind::Crl);
    let broken = first(&[
        (fields.statement_sha256.is_some() == answers, "a statement where none belongs, or none where one does"),
        (fields.bundle_seq.is_some() == answers, "a sequence number where none belongs, or none where one does"),
        (nonce == answers.then_some(32), "no nonce of 32 bytes, or one where none belongs"),
        (!answers || fields.cluster.uid.is_some(), "an answer to a cluster that is not enrolled"),
        (!answers || !fields.recipients.is_empty(), "an answer that nobody can open"),
        (answers || nothing_leaves, "a ceremony of the CA's own that tells others something"),
        (answers || !fields.orders.is_empty(), "a ceremony that does nothing"),
        (answers || fields.orders.iter().all(|order| of_the_ca(order.kind)), "a ceremony that certifies others"),
        (!answers || fields.orders.iter().all(|order| order.kind != Kind::Root), "an answer that makes a root"),
    ]);
    broken.map_or(Ok(()), |what| Err(PlanError::Head(what)))
}

fn check_lists(fields: &PlanFields) -> Result<(), PlanError> {
    let recipients: Vec<_> = fields.recipients.iter().map(ToString::to_string).collect();
    let broken = first(&[
        (recipients.is_sorted_by(|a, b| a < b), "recipients out of order, or twice"),
        (fields.roots.is_sorted_by(|a, b| a < b), "roots out of order, or twice"),
        (fields.carried.is_sorted_by(|a, b| a < b), "carried things out of order, or twice"),
        (fields.prior_rejections.is_sorted_by(|a, b| a < b), "rejections out of order, or twice"),
    ]);
    broken.map_or(Ok(()), |what| Err(PlanError::Head(what)))
}

fn check_orders(fields: &PlanFields) -> Result<(), PlanError> {
    let orders = &fields.orders;
    let (mut serials, mut lists) = (HashSet::with_capacity(orders.len()), HashSet::new());
    let once = orders.iter().all(|order| match &order.serial {
        Some(serial) => serials.insert((order.issuer_spki_sha256, serial)),
        None => lists.insert(order.issuer_spki_sha256),
    });
    let from_a_request = |kind| matches!(kind, Kind::Leaf | Kind::Intermediate);
    let labelled = |order: &Order| from_a_request(order.kind) || (order.replaces.is_none() && !order.reuses_key);
    let broken = first(&[
        (orders.len() <= MAX as usize, "too many orders"),
        ((1..).zip(orders).all(|(n, order)| order.n == n), "orders are not numbered from 1"),
        (once, "a serial number twice, or two lists of one issuer"),
        (orders.iter().all(|order| order.expected_profile().is_some()), "kind, profile and request do not go together"),
        (orders.iter().all(labelled), "what answers no request replaces something"),
    ]);
    broken.map_or(Ok(()), |what| Err(PlanError::Orders(what)))
}

fn check_denials(fields: &PlanFields) -> Result<(), PlanError> {
    let denials = &fields.denials;
    let of_requests: Vec<Number> = denials.iter().filter_map(|denial| denial.request).collect();
    let of_revocations: Vec<_> = denials.iter().filter_map(|denial| denial.revocation.clone()).collect();
    let one_thing = |denial: &Denial| denial.request.is_some() != denial.revocation.is_some();
    let coded = |denial: &Denial| !denial.codes.is_empty() && denial.codes.is_sorted_by(|a, b| a < b);
    let requests_first = denials.is_sorted_by_key(|denial| denial.request.is_none());
    let broken = first(&[
        (denials.len() <= 2 * MAX as usize, "too many denials"),
        (denials.iter().all(one_thing), "a denial of nothing, or of two things"),
        (denials.iter().all(coded), "a denial without a code, or with codes out of order"),
        (requests_first && of_requests.is_sorted_by(|a, b| a < b), "denials out of order, or twice"),
        (of_revocations.is_sorted_by(|a, b| a < b), "denied revocations out of order, or twice"),
    ]);
    broken.map_or(Ok(()), |what| Err(PlanError::Orders(what)))
}

/// Every request of the bundle is answered exactly once: issued or denied (R22).
fn check_requests(fields: &PlanFields) -> Result<(), PlanError> {
    let issued = fields.orders.iter().filter_map(|order| order.request);
    let mut answered: Vec<_> = issued.chain(fields.denials.iter().filter_map(|denial| denial.request)).collect();
    answered.sort_unstable();
    let all = Number::list(answered.len()).is_some_and(|all| all.eq(answered.iter().copied()));
    if all { Ok(()) } else { Err(PlanError::Orders("a request is not answered exactly once")) }
}

/// Trust operations and new roots stand alone (R07): nothing else may hide behind them, nor they behind it.
fn check_alone(fields: &PlanFields) -> Result<(), PlanError> {
    let of_trust = |kind| matches!(kind, Kind::Root | Kind::Cross);
    let changes_trust = !fields.trust_ops.is_empty() || fields.orders.iter().any(|order| of_trust(order.kind));
    let only_trust = fields.denials.is_empty()
        && fields.key_events.is_empty()
        && fields.orders.iter().all(|order| of_trust(order.kind) || order.kind == Kind::Crl);
    if changes_trust && !only_trust {
        return Err(PlanError::NotAlone);
    }
    let carries = |domain, status| fields.roots.iter().any(|root| root.domain == domain && root.status == status);
    let fulfilled = |op: &TrustOp| match op.op {
        TrustChange::IntroduceRoot => carries(op.domain, RootStatus::Next),
        TrustChange::RetireRoot => carries(op.domain, RootStatus::Current),
    };
    if fields.trust_ops.iter().all(fulfilled) {
        Ok(())
    } else {
        Err(PlanError::Head("a trust operation without the root it is about"))
    }
}
