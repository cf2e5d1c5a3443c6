//! A revocation list before it is signed.

use super::Findings;
use crate::issuance::authority::Authority;
use crate::pki::crl::TbsCrl;
use crate::pki::extension::KeyUsage;

/// The lints that a list breaks. Its form was checked when it was read; these are about who issues it and when.
pub(super) fn findings(tbs: &TbsCrl, issuer: &Authority, longest_s: u64) -> Findings {
    let fields = tbs.fields();
    let usage = issuer.tbs.extensions().key_usage();
    let lifetime = fields.next_update.since(fields.this_update);
    let outer = issuer.tbs.validity();
    let lints = [
        ("crl-algorithm-is-the-issuers", fields.algorithm == issuer.algorithm()),
        ("crl-issuer-is-the-issuers-subject", fields.issuer == *issuer.tbs.subject()),
        ("crl-authority-key-id", fields.issuer_key_id == issuer.key_id() && !issuer.key_id().is_empty()),
        ("crl-issuer-may-sign-lists", usage.is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGN))),
        ("crl-within-the-longest", u64::try_from(lifetime).is_ok_and(|lifetime| lifetime <= longest_s)),
        ("crl-within-the-issuers", outer.contains(fields.this_update)),
        ("crl-revokes-nothing-in-the-future", fields.revoked.iter().all(|entry| entry.time <= fields.this_update)),
        ("crl-number", fields.number > 0),
    ];
    Findings(lints.into_iter().filter_map(|(id, holds)| (!holds).then_some(id)).collect())
}
