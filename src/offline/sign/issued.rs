//! What was signed, put together from the bytes of the plan and the signatures of the log.

use crate::audit::checkpoint::Vouched;
use crate::audit::entry::Entry;
use crate::cores::on_all_cores;
use crate::issuance::authority::Authorities;
use crate::issuance::order::progress::{Issued, Progress};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Order;
use crate::offline::sign::keys::IssuerKeyError;
use crate::pki::key::Verifier;
use crate::refusal::Refused;

/// Every certificate and list of a plan whose orders are all signed, in their order. Each signature is verified again
/// under the key of the CA that the plan names, unless its entry is vouched for.
///
/// # Errors
/// Any [`ProgressError`](crate::issuance::order::progress::ProgressError); [`IssuerKeyError::Authority`] for a CA that is not among `authorities`.
pub fn issued(
    plan: &Plan,
    entries: &[Entry],
    authorities: &Authorities,
    vouched: Vouched,
) -> Result<Vec<Issued>, Refused> {
    let progress = Progress::of(plan, entries);
    read(plan, &progress, plan.orders().collect(), authorities, vouched)
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
    read(plan, &progress, orders, authorities, vouched).map(drop)
}

fn read(
    plan: &Plan,
    progress: &Progress,
    orders: Vec<(&Order, &[u8])>,
    authorities: &Authorities,
    vouched: Vouched,
) -> Result<Vec<Issued>, Refused> {
    let authorities = plan.authorities(authorities);
    let verifiers = authorities.all().iter().map(|authority| {
        let broken = |_| IssuerKeyError::Authority(authority.spki_sha256());
        let verifier = Verifier::new(authority.tbs.public_key(), authority.algorithm()).map_err(broken)?;
        Ok((authority.spki_sha256(), verifier))
    });
    let verifiers = verifiers.collect::<Result<Vec<_>, IssuerKeyError>>()?;
    let one = |(order, tbs): &(&Order, &[u8])| -> Result<Issued, Refused> {
        let issuer = order.issuer_spki_sha256;
        let named = verifiers.iter().find(|(spki, _)| *spki == issuer);
        let (_, verifier) = named.ok_or(IssuerKeyError::Authority(issuer))?;
        Ok(progress.issued(order, tbs, verifier, vouched)?)
    };
    on_all_cores(&orders, one).into_iter().collect()
}
