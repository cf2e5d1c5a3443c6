//! The files and the processes of this node.

use std::collections::BTreeMap;

use crate::cluster::embed::{Holding, Roots};
use crate::cluster::role::{Domain, Role};
use crate::cluster::scan::{EXPIRING_WITHIN, Question, Report, survey};
use crate::cluster::tree::NodeTree;
use crate::devices::component::ComponentError;
use crate::devices::next_tree::NextTree;
use crate::devices::process::{Process, ProcessError};
use crate::online::inventory::Looked;
use crate::online::rotate::ground::Ground;
use crate::online::rotate::observe::{self, Issuers};
use crate::online::rotate::site::RUNNING;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::rotation::account::Account;
use crate::rotation::component::Component;
use crate::rotation::facts::{NodeFacts, Signer};
use crate::rotation::store::Source;
use crate::rotation::trust::Trust;
use crate::wire::time::Timestamp;

/// This node, as it is.
#[derive(Debug)]
pub struct Own {
    /// Its files and programs.
    pub looked: Looked,
    /// What a scan says of its certificates.
    pub report: Report,
    /// The certificates of both roots, and the CAs below the new ones.
    pub issuers: Issuers,
    /// The processes of its components; none for one that does not run.
    pub processes: BTreeMap<Component, Option<Process>>,
    /// What its disk tells.
    pub facts: NodeFacts,
}

impl Own {
    /// Looks at this node at `now`.
    ///
    /// # Errors
    /// What the disk says; a component of which more than one process could be meant.
    pub fn look(ground: &Ground, others: &BTreeMap<usize, Account>, now: Timestamp) -> Result<Self, Refused> {
        let node = &ground.site.node;
        let next = NextTree::of(&node.root);
        let below = below(ground, &next, others)?;
        let staged = Domain::ALL.into_iter().map(|domain| Ok((domain, next.read(domain.ca_certificate())?)));
        let staged = staged.collect::<Result<Vec<_>, Refused>>()?;
        let staged =
            staged.iter().flat_map(|(domain, bytes)| certificates(*domain, bytes.as_deref().map(Vec::as_slice)));
        let staged: Vec<_> = staged.collect();
        let mut issuers = Issuers::default();
        let names = vec![node.node.clone()];
        let looked = Looked::with(std::slice::from_ref(node), &ground.sources.objects, names, |trees| {
            issuers = sides(ground, trees, &staged, &below);
            let prints = |all: &[(Domain, Certificate)]| {
                all.iter().map(|(domain, one)| (*domain, one.fingerprint())).collect::<Vec<_>>()
            };
            Roots::new(prints(&issuers.old), prints(&issuers.new))
        })?;
        let question = Question { now, expiring_within: EXPIRING_WITHIN, record: None };
        let report = survey(&looked.trees, &question);
        let fleet = ground.plan.fleet();
        let all = observe::facts(fleet, &looked, &report.found, &issuers, |_| None);
        let mut facts = all.nodes.into_iter().nth(ground.site.place).unwrap_or_default();
        whole_bundles(&looked, &issuers, &mut facts);
        let processes = processes(ground)?;
        let manager = processes.get(&Component::ControllerManager).copied().flatten();
        let signer = signer(&looked, manager);
        Ok(Self { looked, report, issuers, processes, facts: NodeFacts { signer, ..facts } })
    }

    /// Its live files.
    pub fn tree(&self) -> Option<&NodeTree> {
        self.looked.trees.first()
    }

    /// Places of this node that hold the old root alone, or cannot be told.
    pub fn only_old(&self) -> Vec<String> {
        let mine = self.looked.inventory.in_the_way().filter(|place| place.node.is_some());
        mine.map(|place| format!("{} {}", place.kind.as_str(), place.name)).collect()
    }

    /// How many of its places hold anything of the old root, generations left out.
    pub fn still_old(&self) -> usize {
        let old = |holding| matches!(holding, Holding::OnlyOld | Holding::Both | Holding::Unreadable);
        let mine = self.looked.inventory.places.iter().filter(|place| place.node.is_some());
        let leaves = self.facts.files.values().filter(|leaf| !leaf.is_some_and(|leaf| leaf.is_new())).count();
        mine.filter(|place| old(place.holding)).count() + leaves
    }

    /// The CAs below the new roots that it knows.
    pub fn below<'s>(&'s self, ground: &'s Ground) -> impl Iterator<Item = &'s Certificate> {
        let new = self.issuers.new.iter().filter(|one| !ground.roots.contains(one));
        new.map(|(_, certificate)| certificate)
    }

    /// The process of `component`, where it runs.
    pub fn process(&self, component: Component) -> Option<Process> {
        self.processes.get(&component).copied().flatten()
    }
}

/// Which certificates are of the old and which of the new roots: what lies in the CA files of this node, live and beside,
/// is new where it is a root that comes or a CA below one, and old otherwise.
fn sides(
    ground: &Ground,
    trees: &[NodeTree],
    staged: &[(Domain, Certificate)],
    below: &[(Domain, Certificate)],
) -> Issuers {
    let live = trees.iter().flat_map(|tree| {
        Domain::ALL.into_iter().flat_map(|domain| {
            let text = tree.file(domain.ca_certificate()).and_then(|file| file.text().ok());
            certificates(domain, text.map(str::as_bytes))
        })
    });
    parted(&ground.roots, live.chain(staged.iter().cloned()).collect(), below)
}

/// The same of `all` of them, beside the `roots` that come and the CAs `below` these that are known otherwise.
fn parted(
    roots: &[(Domain, Certificate)],
    all: Vec<(Domain, Certificate)>,
    below: &[(Domain, Certificate)],
) -> Issuers {
    // A root that comes may have certified the old CA, for those who do not know that one: it is no new CA by that.
    let is_other = |ca: &&(Domain, Certificate)| !roots.contains(ca) && !is_below(roots, ca.0, &ca.1);
    let old: Vec<_> = all.iter().filter(is_other).cloned().collect();
    let is_old_key = |ca: &Certificate| old.iter().any(|(_, known)| known.public_key() == ca.public_key());
    let below: Vec<_> = below.iter().filter(|(_, ca)| !is_old_key(ca)).cloned().collect();
    let mut sides = Issuers { old: Vec::new(), new: [roots, &below].concat() };
    for ca in all {
        let is_new = roots.contains(&ca) || is_below(roots, ca.0, &ca.1) && !is_old_key(&ca.1);
        let side = if is_new { &mut sides.new } else { &mut sides.old };
        if !side.contains(&ca) {
            side.push(ca);
        }
    }
    sides
}

/// Whether `certificate` is a CA that a root which comes has certified.
fn is_below(roots: &[(Domain, Certificate)], domain: Domain, certificate: &Certificate) -> bool {
    let by = |(of, root): &(Domain, Certificate)| {
        *of == domain
            && certificate.issuer() == root.subject()
            && certificate.verify_signed_by(root.public_key()).is_ok()
    };
    certificate.is_ca() && roots.iter().any(by) && !roots.iter().any(|(_, root)| root == certificate)
}

/// The CAs below the new roots: those that lie beside the live files of this node, and those that other nodes told of. Who
/// shows a leaf of one of them shows that leaf alone, so each must stand in every bundle.
fn below(
    ground: &Ground,
    next: &NextTree,
    others: &BTreeMap<usize, Account>,
) -> Result<Vec<(Domain, Certificate)>, Refused> {
    let mut found = Vec::new();
    for role in Role::ALL.iter().filter(|role| role.identity().is_ca) {
        let mine = next.read(role.certificate_path())?;
        found.extend(certificates(role.domain(), mine.as_deref().map(Vec::as_slice)));
    }
    let told = others.values().flat_map(|account| &account.issuers);
    for certificate in told.filter_map(|der| Certificate::parse_der(&der.0).ok()) {
        found.extend(Domain::ALL.map(|domain| (domain, certificate.clone())));
    }
    found.retain(|(domain, certificate)| is_below(&ground.roots, *domain, certificate));
    let mut each = Vec::new();
    for one in found {
        if !each.contains(&one) {
            each.push(one);
        }
    }
    Ok(each)
}

/// A CA file that has learned a new root and lacks a CA below it has not learned all: what it holds counts as unknown.
fn whole_bundles(looked: &Looked, issuers: &Issuers, facts: &mut NodeFacts) {
    for (store, disk) in &mut facts.disk {
        let Source::File(path) = store.source() else { continue };
        let text = looked.trees.first().and_then(|tree| tree.file(path)).and_then(|file| file.text().ok());
        let held = certificates(store.domain(), text.map(str::as_bytes));
        let mut wanted = issuers.new.iter().filter(|(domain, _)| *domain == store.domain());
        if disk.is_some_and(|trust| trust != Trust::Old) && wanted.any(|one| !held.contains(one)) {
            *disk = None;
        }
    }
}

/// The certificates of a CA file; none where it cannot be read, which its inventory tells.
fn certificates(domain: Domain, bytes: Option<&[u8]>) -> Vec<(Domain, Certificate)> {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let all = text.and_then(|text| Certificate::parse_foreign_all(text).ok()).unwrap_or_default();
    all.into_iter().map(|certificate| (domain, certificate)).collect()
}

/// With what the controller manager signs: by the flags that its process was started with, where it runs, and by what lies in
/// the file that they name, which it reads again. A manifest that was changed and not loaded is not believed.
fn signer(looked: &Looked, running: Option<Process>) -> Option<Signer> {
    const FLAG: &str = "cluster-signing-cert-file";
    let manager = looked.programs_called("kube-controller-manager").next()?;
    let file = match running {
        None => manager.flag(FLAG).map(str::to_owned),
        Some(process) => flag_of(&process.arguments().ok()?, FLAG),
    };
    let Some(file) = file.filter(|file| !file.is_empty()) else {
        return Some(Signer::Off);
    };
    let path = file.strip_prefix('/')?;
    if path == Domain::Kubernetes.ca_certificate() {
        return Some(Signer::Shared);
    }
    let text = looked.trees.first()?.file(path)?.text().ok()?;
    let certificate = Certificate::parse_foreign(text).ok()?;
    let (of_new, of_old) =
        (looked.roots.is_new(certificate.fingerprint()), looked.roots.is_old(certificate.fingerprint()));
    match (path == Role::IntermediateKubernetes.certificate_path(), of_new, of_old) {
        (true, true, false) => Some(Signer::Intermediate),
        (true, false, true) => Some(Signer::Apart),
        _ => None,
    }
}

/// `--name=value` or `--name value`, of those that are given twice the last.
fn flag_of(arguments: &[String], name: &str) -> Option<String> {
    let (alone, start) = (format!("--{name}"), format!("--{name}="));
    let next = arguments.iter().skip(1).map(Some).chain([None]);
    let values = arguments.iter().zip(next).filter_map(|(argument, next)| match argument.strip_prefix(&start) {
        Some(value) => Some(value.to_owned()),
        None if *argument == alone => next.cloned(),
        None => None,
    });
    values.last()
}

fn processes(ground: &Ground) -> Result<BTreeMap<Component, Option<Process>>, Refused> {
    let member = ground.plan.fleet().member(ground.site.place);
    let mut found = BTreeMap::new();
    for which in RUNNING.into_iter().filter(|which| member.is_some_and(|member| member.runs(*which))) {
        let Some(component) = ground.site.component(which) else { continue };
        match component?.process() {
            Ok(process) => found.insert(which, Some(process)),
            Err(ComponentError::Process(ProcessError::None(_))) => found.insert(which, None),
            Err(error) => return Err(error.into()),
        };
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::Curve;
    use crate::pki::mint::{self, Key, now};

    #[test]
    fn the_old_ca_is_old_whoever_else_certified_it() {
        let ca = |certificate: &Certificate| (Domain::Kubernetes, certificate.clone());
        let root = |name| mint::Authority::root(name, Key::ec(Curve::P256));
        let (old, new) = (root("old"), root("new"));
        let middle = new.subordinate("intermediate", Key::ec(Curve::P256), |_| {});
        // The old CA once more, by the root that comes.
        let again = new.subordinate("old", Key::ec(Curve::P256), |fields| {
            fields.public_key = old.key.public();
        });
        assert!(again.certificate.validity().contains(now()));
        let roots = [ca(&new.certificate)];
        let all = || [&old, &new, &middle, &again].map(|one| ca(&one.certificate)).to_vec();
        for below in [&[][..], &[ca(&again.certificate)]] {
            let sides = parted(&roots, all(), below);
            assert_eq!(sides.new, [&new, &middle].map(|one| ca(&one.certificate)));
            assert_eq!(sides.old, [&old, &again].map(|one| ca(&one.certificate)));
        }
    }
}
