//! What was signed, put together from the bytes of the plan and the signatures of the log.

use crate::audit::checkpoint::Vouched;
use crate::audit::entry::Entry;
use crate::cores::on_all_cores;
use crate::issuance::authority::Authorities;
use crate::issuance::order::progress::{Issued, Progress, ProgressError};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Order;
use crate::offline::sign::keys::IssuerKeyError;
use crate::pki::key::Verifier;
use crate::refusal::Refused;

/// What was signed for one order, to be delivered.
#[derive(Debug)]
pub enum Delivered {
    /// The DER of a certificate that answers a request; the order tells what it says.
    Answer(Vec<u8>),
    /// What answers none.
    Own(Issued),
}

/// Every certificate and list of a plan whose orders are all signed, in their order. Each signature is verified again
/// under the key of the CA that the plan names, unless its entry is vouched for.
///
/// # Errors
/// Any [`ProgressError`]; [`IssuerKeyError::Authority`] for a CA that is not among `authorities`.
pub fn issued(
    plan: &Plan,
    entries: &[Entry],
    authorities: &Authorities,
    vouched: Vouched,
) -> Result<Vec<Issued>, Refused> {
    let progress = Progress::of(plan, entries);
    let one = |order: &Order, tbs: &[u8], issuer: &Verifier| progress.issued(order, tbs, issuer, vouched);
    each(plan, plan.orders().collect(), authorities, one)
}

/// As [`issued`], where certificates that answer requests are not read again.
///
/// # Errors
/// As [`issued`].
pub fn delivered(
    plan: &Plan,
    entries: &[Entry],
    authorities: &Authorities,
    vouched: Vouched,
) -> Result<Vec<Delivered>, Refused> {
    let progress = Progress::of(plan, entries);
    let one = |order: &Order, tbs: &[u8], issuer: &Verifier| match order.request {
        Some(_) => progress.certificate(order, tbs, issuer, vouched).map(Delivered::Answer),
        None => progress.issued(order, tbs, issuer, vouched).map(Delivered::Own),
    };
    each(plan, plan.orders().collect(), authorities, one)
}

/// Demands that what the log holds of a plan already was signed by the CAs that the plan names: before a head that is
/// signed vouches for it.
///
/// # Errors
/// As [`issued`].
pub fn verify_recorded(
    plan: &Plan,
    entries: &[Entry],
    authorities: &Authorities,
    vouched: Vouched,
) -> Result<(), Refused> {
    let progress = Progress::of(plan, entries);
    let signed = progress.signed(plan)?;
    let orders = plan.orders().filter(|(order, _)| signed.contains(&order.n)).collect();
    let one = |order: &Order, tbs: &[u8], issuer: &Verifier| progress.signature(order, tbs, issuer, vouched).map(drop);
    each(plan, orders, authorities, one).map(drop)
}

/// Does `one` with each order, its bytes and the key of its CA, on all cores.
fn each<T: Send>(
    plan: &Plan,
    orders: Vec<(&Order, &[u8])>,
    authorities: &Authorities,
    one: impl Fn(&Order, &[u8], &Verifier) -> Result<T, ProgressError> + Sync,
) -> Result<Vec<T>, Refused> {
    let authorities = plan.authorities(authorities);
    let verifiers = authorities.all().iter().map(|authority| {
        let broken = |_| IssuerKeyError::Authority(authority.spki_sha256());
        let verifier = Verifier::new(authority.tbs.public_key(), authority.algorithm()).map_err(broken)?;
        Ok((authority.spki_sha256(), verifier))
    });
    let verifiers = verifiers.collect::<Result<Vec<_>, IssuerKeyError>>()?;
    let one = |(order, tbs): &(&Order, &[u8])| -> Result<T, Refused> {
        let issuer = order.issuer_spki_sha256;
        let named = verifiers.iter().find(|(spki, _)| *spki == issuer);
        let (_, verifier) = named.ok_or(IssuerKeyError::Authority(issuer))?;
        Ok(one(order, tbs, verifier)?)
    };
    on_all_cores(&orders, one).into_iter().collect()
}
