//! S3: no name beyond those of the cluster record for this profile on this node.

use super::violation::{Code, Violation};
use crate::cluster::record::names::NameFault;
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let found = facts.name_faults.iter().filter_map(|fault| match fault {
        NameFault::Outside(name) => Some(name.to_string()),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty()).then(|| {
        Violation::denies(
            Code::S3,
            &format!("{}: not of this profile and node in the cluster record", found.join(", ")),
        )
    })
}
