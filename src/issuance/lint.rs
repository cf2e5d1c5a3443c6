//! What is wrong with the exact bytes, before anyone is asked to approve them.
//!
//! The lints read the bytes by themselves and compare them with the table of roles, the issuer, the cluster record and
//! RFC 5280, not with what the templates meant to write. Each has an id. Where a lint of our own bytes breaks, the fault
//! is in this program and the plan stops; where one of a received plan breaks, it is hostile.

use std::fmt;

use crate::cluster::record::Record;
use crate::issuance::authority::Authority;
use crate::issuance::policy::{DAY, Policy};
use crate::issuance::profile::Profile;
use crate::pki::certificate::TbsCertificate;
use crate::pki::chain;
use crate::pki::crl::TbsCrl;

mod anatomy;
mod crl;
mod extensions;
mod frame;
mod names;

use anatomy::Anatomy;

/// The longest time between two CRLs that any policy allows, in seconds.
const LONGEST_CRL_S: u64 = 400 * DAY;

/// One lint: its id, and whether it holds.
struct Lint {
    id: &'static str,
    holds: fn(&Anatomy<'_>, &Expected<'_>) -> bool,
}

/// What a certificate is expected to be.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The kind of certificate.
    pub profile: Profile,
    /// Who is to sign it; of a root, the root itself.
    pub issuer: &'a Authority,
    /// The root that a cross-certificate certifies.
    pub certified: Option<&'a TbsCertificate>,
    /// The record of the cluster, once that is enrolled.
    pub record: Option<&'a Record>,
    /// The policy, on the CA host; without it the limits of the profile hold, which are never narrower.
    pub policy: Option<&'a Policy>,
    /// Whether it gives full rights.
    pub privileged: bool,
}

/// The ids of the lints that break, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<&'static str>);

impl Findings {
    /// Of something that is not expected at all.
    pub(super) fn unexpected() -> Self {
        Self(vec!["anatomy"])
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids.
    pub fn ids(&self) -> &[&'static str] {
        &self.0
    }
}

/// How many bytes the DER element has that `bytes` begin with; none where they begin with none.
pub(super) fn element_length(bytes: &[u8]) -> Option<usize> {
    anatomy::split(bytes).map(|(element, _)| element.whole.len())
}

/// What is wrong with a certificate that is yet to be signed.
pub fn certificate(tbs: &TbsCertificate, expected: &Expected<'_>) -> Findings {
    let Some(anatomy) = Anatomy::of_read(tbs) else { return Findings(vec!["anatomy"]) };
    let all = frame::LINTS.iter().chain(extensions::LINTS).chain(names::LINTS);
    let mut findings: Vec<_> = all.filter(|lint| !(lint.holds)(&anatomy, expected)).map(|lint| lint.id).collect();
    if chain::may_issue(&expected.issuer.tbs, tbs).is_err() {
        findings.push("issuer-may-issue");
    }
    if expected.certified.is_some_and(|root| chain::cross_certifies(tbs, root).is_err()) {
        findings.push("cross-gives-no-more");
    }
    Findings(findings)
}

/// What is wrong with a revocation list that is yet to be signed.
pub fn crl(tbs: &TbsCrl, issuer: &Authority, policy: Option<&Policy>) -> Findings {
    crl::findings(tbs, issuer, policy.map_or(LONGEST_CRL_S, Policy::crl_lifetime_s))
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

#[cfg(test)]
mod tests;
