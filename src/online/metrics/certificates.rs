//! When each certificate ends, what is wrong with it, and what each place trusts.

use crate::cluster::embed::{Holding, Inventory};
use crate::cluster::scan::{Holds, Report};
use crate::report::exposition::{Exposition, Family, Kind};

/// Every holding with its value of the label.
const HOLDINGS: [(Holding, &str); 5] = [
    (Holding::OnlyOld, "only-old"),
    (Holding::Both, "both"),
    (Holding::OnlyNew, "only-new"),
    (Holding::Foreign, "foreign"),
    (Holding::Unreadable, "unreadable"),
];

pub(super) fn tell(all: &mut Exposition, report: &Report, inventory: Option<&Inventory>) {
    let mut ends = Family::new(
        "airlock_certificate_not_after_timestamp_seconds",
        Kind::Gauge,
        "When a certificate of a node ends.",
    );
    for found in report.found.iter().filter(|found| matches!(found.holds, Holds::Leaf | Holds::Ca)) {
        let Some(end) = found.certificate().map(|certificate| certificate.validity().not_after()) else { continue };
        let role = found.role.map_or_else(|| "ca".to_owned(), |role| role.to_string());
        ends.sample([("node", &found.node), ("role", &role), ("path", &found.path)], end.unix());
    }
    all.push(ends);
    let mut wrong = Family::new("airlock_scan_problems", Kind::Gauge, "What a scan finds wrong with a node.");
    for node in &report.nodes {
        let count = report.problems().filter(|(of, _, _)| *of == node.node).count();
        wrong.sample([("node", &node.node)], i64::try_from(count).unwrap_or(i64::MAX));
    }
    all.push(wrong);
    all.extend_places(report, inventory);
}

impl Exposition {
    fn extend_places(&mut self, report: &Report, inventory: Option<&Inventory>) {
        let Some(inventory) = inventory else { return };
        let mut places = Family::new(
            "airlock_trust_places",
            Kind::Gauge,
            "Places of a node that embed a CA, by what they hold of the old and of the new root.",
        );
        for node in &report.nodes {
            for (holding, label) in HOLDINGS {
                let of_node = inventory.places.iter().filter(|place| place.node.as_deref() == Some(&node.node));
                let count = of_node.filter(|place| place.holding == holding).count();
                places.sample([("node", &node.node), ("holds", label)], i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        self.push(places);
    }
}
