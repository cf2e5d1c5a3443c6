//! S1: every name that the cluster record demands is there.

use super::violation::{Code, Violation};
use crate::cluster::record::names::NameFault;
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let found = facts.name_faults.iter().filter_map(|fault| match fault {
        NameFault::Missing(name) => Some(name.to_string()),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty()).then(|| Violation::denies(Code::S1, &format!("{}: missing", found.join(", "))))
}
