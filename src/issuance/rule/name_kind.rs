//! S2: only DNS names and addresses, and no wildcard.

use super::violation::{Code, Violation};
use crate::cluster::record::names::NameFault;
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let found = facts.name_faults.iter().filter_map(|fault| match fault {
        NameFault::Kind(name) => Some(name.to_string()),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty())
        .then(|| Violation::denies(Code::S2, &format!("{}: not a plain DNS name or address", found.join(", "))))
}
