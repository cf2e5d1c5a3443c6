//! S2: only DNS names and addresses, each once, and no wildcard.

use super::violation::{Code, Violation};
use crate::cluster::record::names::NameFault;
use crate::issuance::request::{Context, Facts};
use crate::pki::san::SubjectAltNames;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let kinds = facts.name_faults.iter().filter_map(|fault| match fault {
        NameFault::Kind(name) => Some(name.to_string()),
        _ => None,
    });
    let twice = facts.csr.subject_alt_names().map(SubjectAltNames::duplicates).unwrap_or_default();
    let found: Vec<_> = kinds.chain(twice.into_iter().map(|name| format!("{name} twice"))).collect();
    let detail = || format!("{}: not plain DNS names and addresses, each once", found.join(", "));
    (!found.is_empty()).then(|| Violation::denies(Code::S2, &detail()))
}
