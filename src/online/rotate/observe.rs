//! The facts that the files of the nodes and the objects of the API tell. What runs, what is loaded and what is served is
//! for probes to say, and stays unknown here.

use std::collections::BTreeMap;

use crate::cluster::embed::Kind;
use crate::cluster::role::{Domain, Role};
use crate::cluster::scan::{Found, Holds};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::roots::RootStatus;
use crate::online::inventory::Looked;
use crate::pki::certificate::Certificate;
use crate::rotation::facts::{ClusterFacts, Facts, NodeFacts};
use crate::rotation::fleet::{Fleet, Member};
use crate::rotation::store::{Source, Store};
use crate::rotation::trust::{Leaf, Trust};

/// The roots as certificates, for the question who issued a leaf.
#[derive(Debug, Default)]
pub struct Issuers {
    /// Of the old roots.
    pub old: Vec<(Domain, Certificate)>,
    /// Of the new roots.
    pub new: Vec<(Domain, Certificate)>,
}

impl Issuers {
    /// The roots of `ca` that are not retiring come; whatever else lies in the CA files of the nodes goes.
    pub fn of(ca: &EnrolmentRecord, found: &[Found]) -> Self {
        let stays = ca.roots().iter().filter(|root| root.status != RootStatus::Retiring);
        let new: Vec<_> = stays.map(|root| (root.domain, root.certificate.clone())).collect();
        let on_nodes = found.iter().filter(|found| found.holds == Holds::Ca);
        let on_nodes = on_nodes.flat_map(|found| {
            let domain = found.domain;
            found.certificates.iter().filter_map(move |certificate| Some((domain?, certificate.clone())))
        });
        let mut old: Vec<_> = on_nodes.filter(|root| !new.contains(root)).collect();
        old.dedup();
        Self { old, new }
    }
}

impl Issuers {
    /// Which root issued the first of `certificates`, those that come with it taken into account; `None` where it cannot
    /// be told.
    pub fn leaf(&self, domain: Domain, certificates: &[Certificate]) -> Option<Leaf> {
        let issued = |roots: &[(Domain, Certificate)]| {
            roots.iter().any(|(of, root)| *of == domain && certificates.iter().any(|one| is_signed_by(one, root)))
        };
        match (issued(&self.old), issued(&self.new)) {
            // Behind it stands the new root, signed by the old one.
            (true, true) => Some(Leaf::Bridged),
            (false, true) => Some(Leaf::New),
            (true, false) => Some(Leaf::Old),
            (false, false) => None,
        }
    }
}

/// What is known of the nodes of `fleet` from `looked` and the findings of a scan; `staged` tells of a node whether all
/// that is meant for it lies there.
pub fn facts(
    fleet: &Fleet,
    looked: &Looked,
    found: &[Found],
    issuers: &Issuers,
    staged: impl Fn(&str) -> Option<bool>,
) -> Facts {
    let nodes = fleet.members().iter().map(|member| match looked.trees.iter().any(|tree| tree.node() == member.name) {
        true => NodeFacts { staged: staged(&member.name), ..of_node(member, looked, found, issuers) },
        false => NodeFacts::default(),
    });
    let least = |kind| {
        let places = looked.inventory.places.iter().filter(move |place| place.kind == kind);
        places.map(|place| Trust::of(place.holding)).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min())
    };
    let in_the_way = looked.inventory.in_the_way();
    let cluster = ClusterFacts {
        published: least(Kind::ClusterInfo),
        root_ca_maps: least(Kind::RootCaMap),
        only_old: in_the_way.map(|place| format!("{} {}", place.kind.as_str(), place.name)).collect(),
        inventory_whole: looked.inventory.missing.is_empty(),
        ..ClusterFacts::default()
    };
    Facts { nodes: nodes.collect(), cluster, told: BTreeMap::new() }
}

fn of_node(member: &Member, looked: &Looked, found: &[Found], issuers: &Issuers) -> NodeFacts {
    let places: Vec<_> = looked.inventory.places.iter().filter(|p| p.node.as_deref() == Some(&member.name)).collect();
    let holding = |path: &str| places.iter().find(|place| place.name == path).map(|place| place.holding);
    let path = |store: Store| match store.source() {
        Source::File(path) => Some(path),
        Source::Kubeconfig(role) => Some(role.certificate_path()),
        Source::Object(_) => None,
    };
    let stores = Store::ALL.iter().filter(|store| member.runs(store.component()));
    let disk = stores.filter_map(|store| Some((*store, Trust::of(holding(path(*store)?)?)))).collect();
    let own = found.iter().filter(|found| found.node == member.name);
    let leaves = own.filter_map(|found| Some((found.role?, leaf(found, issuers)?)));
    NodeFacts { seen: true, disk, files: leaves.collect::<BTreeMap<Role, Option<Leaf>>>(), ..NodeFacts::default() }
}

/// Which root issued the leaf; none at all where a kubelet signed its own: that is no part of the rotation. `Some(None)`
/// where it cannot be told.
fn leaf(found: &Found, issuers: &Issuers) -> Option<Option<Leaf>> {
    let Some(certificate) = found.certificate() else { return Some(None) };
    match issuers.leaf(found.role?.domain(), &found.certificates) {
        None if is_own(found, certificate) => None,
        issued => Some(issued),
    }
}

fn is_own(found: &Found, certificate: &Certificate) -> bool {
    use crate::cluster::scan::Problem;
    certificate.is_self_signed() || found.problems.contains(&Problem::SelfSigned)
}

fn is_signed_by(certificate: &Certificate, root: &Certificate) -> bool {
    certificate.issuer() == root.subject() && certificate.verify_signed_by(root.public_key()).is_ok()
}
