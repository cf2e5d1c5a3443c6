//! What was signed, put together from the bytes of the plan and the signatures of the log.

use crate::audit::checkpoint::Vouched;
use crate::audit::entry::Entry;
use crate::issuance::authority::Authorities;
use crate::issuance::judge::on_all_cores;
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
    let (progress, authorities) = (Progress::of(plan, entries), plan.authorities(authorities));
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
    let orders: Vec<_> = plan.orders().collect();
    on_all_cores(&orders, one).into_iter().collect()
}
